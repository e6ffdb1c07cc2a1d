/* Of each name there is a JSON Schema: the payload's is the author's own, those of workflow and execution are
 * fixed, those of steps and controls name what is there at the step, and nothing else. */
#include "engine/workflow/static_check.h"

#include <stdio.h>

#include "engine/expression/template_check.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"

static const char text_schema[] = "{\"type\":\"string\"}";
static const char map_schema[] = "{\"type\":\"object\"}";
static const char workflow_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"workflow_id\":{\"type\":"
    "\"string\"},"
    "\"name\":{\"type\":\"string\"},\"version\":{\"type\":\"integer\"},\"metadata\":{\"type\":\"object\"}}}";
static const char execution_schema[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"id\":{\"type\":\"string\"},"
    "\"run\":{\"type\":\"integer\"},\"started_at\":{\"type\":\"string\"}}}";

typedef struct checker {
    compiler *compiler;
    const workflow *workflow;
    value schemas[WORKFLOW_NAME_COUNT];
} checker;

static bool read_schema(checker *k, workflow_name name, const char *json, size_t size)
{
    return json_read(k->compiler->arena, json, size, &k->schemas[name], NULL);
}

static bool read_fixed(checker *k)
{
    return read_schema(k, WORKFLOW_NAME_RECIPIENT, text_schema, sizeof text_schema - 1) &&
           read_schema(k, WORKFLOW_NAME_METADATA, map_schema, sizeof map_schema - 1) &&
           read_schema(k, WORKFLOW_NAME_WORKFLOW, workflow_schema, sizeof workflow_schema - 1) &&
           read_schema(k, WORKFLOW_NAME_EXECUTION, execution_schema, sizeof execution_schema - 1) &&
           read_schema(k, WORKFLOW_NAME_NOW, text_schema, sizeof text_schema - 1);
}

/* ---- closed objects ---- */

static void begin_closed(buffer *b, arena *a)
{
    buffer_init(b, a, LIMIT_SCHEMA_BYTES);
    buffer_add_text(b, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
}

static void add_property(buffer *b, const value *name, const char *schema_json)
{
    if (b->bytes[b->size - 1] != '{')
        buffer_add_byte(b, ',');
    json_write_string(b, name->text, name->count);
    buffer_add_byte(b, ':');
    buffer_add_text(b, schema_json);
}

static bool end_closed(checker *k, buffer *b, workflow_name name)
{
    buffer_add_text(b, "}}");
    return !b->failed && read_schema(k, name, b->bytes, b->size);
}

static void add_controls(buffer *b, const control_schema *s)
{
    const value *properties = s != NULL ? value_field(&s->document, "properties") : NULL;
    for (uint32_t i = 0; properties != NULL && i < properties->count && !b->failed; i++)
        add_property(b, &properties->members[i].key, "{}");
}

static bool describe_step(checker *k, size_t index)
{
    const workflow *w = k->workflow;
    buffer steps, controls;
    begin_closed(&steps, k->compiler->arena);
    for (size_t i = 0; i < index && !steps.failed; i++)
        add_property(&steps, &w->steps[i].id, map_schema);
    if (!end_closed(k, &steps, WORKFLOW_NAME_STEPS))
        return false;
    begin_closed(&controls, k->compiler->arena);
    if (!controls.failed)
        add_controls(&controls, w->control_schema);
    if (!controls.failed)
        add_controls(&controls, w->steps[index].control_schema);
    return end_closed(k, &controls, WORKFLOW_NAME_CONTROLS);
}

/* ---- programs ---- */

/* check_expression, check_delay or template_check. */
typedef bool (*check_function)(arena *a, const char *source, size_t size, const expression_scope *scope,
                               const value *const *schemas, check_findings *findings, exception *x);

static bool check_delay(arena *a, const char *source, size_t size, const expression_scope *scope,
                        const value *const *schemas, check_findings *findings, exception *x)
{
    char kinds[SHAPE_TEXT_SIZE];
    shape result;
    if (!check_expression_shape(a, source, size, scope, schemas, findings, &result, x))
        return false;
    if ((result.kinds & (SHAPE_INT | SHAPE_FLOAT | SHAPE_STRING)) == 0 && findings->count == 0) {
        check_finding *finding = &findings->items[findings->count++];
        finding->position = 0;
        snprintf(finding->message, sizeof finding->message,
                 "a delay is a number of seconds or an RFC 3339 time, not %s",
                 shape_text(result.kinds, kinds));
    }
    return true;
}

static void check_text(checker *k, check_function check, const value *text, workflow_rule rule)
{
    compiler *c = k->compiler;
    const value *schemas[WORKFLOW_NAME_COUNT];
    check_findings found;
    exception x;
    for (int i = 0; i < WORKFLOW_NAME_COUNT; i++)
        schemas[i] = &k->schemas[i];
    schemas[WORKFLOW_NAME_PAYLOAD] = value_field(c->document->root, "payload_schema");
    arena_mark mark = arena_get_mark(c->arena);
    bool ok = check(c->arena, text->text, text->count, &workflow_scope, schemas, &found, &x);
    arena_rewind(c->arena, mark);
    if (!ok) {
        compiler_add_exception(c, text, rule, &x);
        return;
    }
    for (size_t i = 0; i < found.count; i++)
        compiler_add_at(c, text, rule, found.items[i].position, NULL, found.items[i].message);
}

/* What depends on no name can be tried at once. At the end of time, no instant is too far ahead. */
static void try_delay(checker *k, const step *s, const value *text)
{
    compiler *c = k->compiler;
    arena_mark mark = arena_get_mark(c->arena);
    int64_t due_ms;
    error e;
    if (expression_is_constant(s->delay) && !step_delay(s, NULL, c->arena, TIMESTAMP_MAX / 1000, &due_ms, &e))
        workflow_findings_add(c->findings, c->document, text, RULE_DELAY, "%s", e.message);
    arena_rewind(c->arena, mark);
}

static void check_step_delay(checker *k, const step *s, const value *text)
{
    size_t before = workflow_findings_total(k->compiler->findings);
    check_text(k, check_delay, text, RULE_DELAY);
    if (workflow_findings_total(k->compiler->findings) == before)
        try_delay(k, s, text);
}

/* Every string in v is a template; v is as deep as a document may be. */
static void check_templates(checker *k, const value *v)
{
    if (v->kind == VALUE_STRING)
        check_text(k, template_check, v, RULE_TEMPLATE);
    else if (v->kind == VALUE_LIST)
        for (uint32_t i = 0; i < v->count; i++)
            check_templates(k, &v->items[i]);
    else if (v->kind == VALUE_MAP)
        for (uint32_t i = 0; i < v->count; i++)
            check_templates(k, &v->members[i].value);
}

static bool check_step(checker *k, size_t index)
{
    const step *s = &k->workflow->steps[index];
    const value *written = &value_field(k->compiler->document->root, "steps")->items[index];
    arena_mark mark = arena_get_mark(k->compiler->arena);
    bool described = describe_step(k, index);
    if (described) {
        const value *condition = compiler_get(written, "skip_condition", VALUE_STRING);
        if (condition != NULL)
            check_text(k, check_expression, condition, RULE_SKIP_CONDITION);
        if (s->delay != NULL)
            check_step_delay(k, s, value_field(written, "delay"));
        size_t field_count;
        const step_field *fields = step_type_fields(s->type, &field_count);
        for (size_t i = 0; i < field_count; i++) {
            const value *field = value_field(value_field(written, "config"), fields[i].name);
            if (field != NULL)
                check_templates(k, field);
        }
    }
    arena_rewind(k->compiler->arena, mark);
    return described;
}

void static_check(compiler *c, const workflow *w)
{
    checker k = {.compiler = c, .workflow = w};
    arena_mark mark = arena_get_mark(c->arena);
    bool described = read_fixed(&k);
    for (size_t i = 0; described && i < w->step_count; i++)
        described = check_step(&k, i);
    if (!described)
        compiler_add_memory(c);
    arena_rewind(c->arena, mark);
}
