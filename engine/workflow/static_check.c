/* Of each name there is a JSON Schema: the payload's is the author's own, those of workflow and execution are
 * fixed, those of steps and controls name what is there at the step, and nothing else. */
#include "engine/workflow/static_check.h"

#include "engine/expression/check.h"
#include "engine/limits.h"
#include "engine/value/json.h"

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

/* ---- conditions ---- */

static void check_condition(checker *k, const value *condition, const value *payload_schema)
{
    compiler *c = k->compiler;
    const value *schemas[WORKFLOW_NAME_COUNT];
    check_findings found;
    exception x;
    for (int i = 0; i < WORKFLOW_NAME_COUNT; i++)
        schemas[i] = &k->schemas[i];
    schemas[WORKFLOW_NAME_PAYLOAD] = payload_schema;
    if (!check_expression(c->arena, condition->text, condition->count, &workflow_scope, schemas, &found,
                          &x)) {
        compiler_add_exception(c, condition, RULE_SKIP_CONDITION, &x);
        return;
    }
    for (size_t i = 0; i < found.count; i++)
        compiler_add_at(c, condition, RULE_SKIP_CONDITION, found.items[i].position, NULL,
                        found.items[i].message);
}

void static_check(compiler *c, const workflow *w)
{
    checker k = {.compiler = c, .workflow = w};
    const value *root = c->document->root;
    const value *steps = value_field(root, "steps");
    arena_mark mark = arena_get_mark(c->arena);
    bool described = read_fixed(&k);
    for (size_t i = 0; described && i < w->step_count; i++) {
        const value *condition = compiler_get(&steps->items[i], "skip_condition", VALUE_STRING);
        if (condition == NULL)
            continue;
        described = describe_step(&k, i);
        if (described)
            check_condition(&k, condition, value_field(root, "payload_schema"));
    }
    if (!described)
        compiler_add_memory(c);
    arena_rewind(c->arena, mark);
}
