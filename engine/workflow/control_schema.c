#include "engine/workflow/control_schema.h"

#include "engine/limits.h"
#include "engine/value/copy.h"
#include "engine/workflow/compiler.h"

/* How far a property is looked for through references and combinations. */
enum { SEARCH_DEPTH_MAX = 16, POINTER_SIZE_MAX = 256 };

/* ---- which properties are declared ---- */

static const value *referred(const value *root, const value *at)
{
    const value *reference = value_field(at, "$ref");
    if (reference == NULL || reference->kind != VALUE_STRING || reference->count == 0 ||
        reference->text[0] != '#')
        return NULL;
    return document_follow(root, reference->text + 1, reference->count - 1);
}

/* The subschema of a property: of `key`, or of any where key is NULL. */
static const value *find_property(const value *root, const value *at, const value *key, unsigned depth)
{
    static const char *const combinations[] = {"allOf", "anyOf", "oneOf"};
    if (at == NULL || at->kind != VALUE_MAP || depth == SEARCH_DEPTH_MAX)
        return NULL;
    const value *properties = value_field(at, "properties");
    const value *found = properties;
    if (properties != NULL && key != NULL)
        found = value_get(properties, key->text, key->count);
    if (found == NULL)
        found = find_property(root, referred(root, at), key, depth + 1);
    for (size_t i = 0; found == NULL && i < sizeof combinations / sizeof combinations[0]; i++) {
        const value *list = value_field(at, combinations[i]);
        for (uint32_t j = 0; found == NULL && list != NULL && list->kind == VALUE_LIST && j < list->count;
             j++)
            found = find_property(root, &list->items[j], key, depth + 1);
    }
    return found;
}

/* The first member of `v` that its schema does not declare, though it declares some: its pointer is left in
 * `b`. */
static bool find_undeclared(const value *root, const value *at, const value *v, buffer *b)
{
    size_t size = b->size;
    for (uint32_t i = 0; v->kind == VALUE_LIST && at != NULL && i < v->count; i++) {
        buffer_format(b, "/%u", i);
        if (find_undeclared(root, value_field(at, "items"), &v->items[i], b))
            return true;
        b->size = size;
    }
    bool closed = find_property(root, at, NULL, 0) != NULL;
    for (uint32_t i = 0; v->kind == VALUE_MAP && closed && i < v->count; i++) {
        const value *property = find_property(root, at, &v->members[i].key, 0);
        buffer_add_byte(b, '/');
        buffer_add(b, v->members[i].key.text, v->members[i].key.count);
        if (property == NULL || find_undeclared(root, property, &v->members[i].value, b))
            return true;
        b->size = size;
    }
    return false;
}

/* ---- compiling ---- */

static bool check_texts(compiler *c, const value *v)
{
    static const char *const keys[] = {"schema_id", "description"};
    bool right = true;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const value *text = value_field(v, keys[i]);
        if (text == NULL || text->kind == VALUE_STRING)
            continue;
        workflow_findings_add(c->findings, c->document, text, RULE_CONTROL_SCHEMA, "\"%s\" must be a string",
                              keys[i]);
        right = false;
    }
    return right;
}

static bool check_shape(compiler *c, const value *v)
{
    const value *type = value_field(v, "type");
    const value *properties = value_field(v, "properties");
    if (type != NULL && !value_is_text(type, "object"))
        workflow_findings_add(c->findings, c->document, type, RULE_CONTROL_SCHEMA,
                              "a control schema describes an object: its \"type\" must be \"object\"");
    else if (properties == NULL || properties->kind != VALUE_MAP)
        workflow_findings_add(c->findings, c->document, v, RULE_CONTROL_SCHEMA,
                              "a control schema needs \"properties\": they are the controls");
    else
        return true;
    return false;
}

/* The schema as it speaks about stored values: nothing has to be there. */
static bool without_required(arena *a, const value *v, value *out)
{
    map_builder b;
    map_builder_init(&b, a);
    for (uint32_t i = 0; i < v->count; i++)
        if (!value_is_text(&v->members[i].key, "required") &&
            !map_builder_put(&b, v->members[i].key, v->members[i].value))
            return false;
    *out = map_builder_finish(&b);
    return true;
}

static void check_defaults(compiler *c, const value *v, const control_schema *s)
{
    error e = {0};
    validator *one_use = validator_new();
    if (one_use == NULL)
        compiler_add_memory(c);
    else if (!control_schema_check(s, one_use, &s->defaults, c->arena, &e))
        workflow_findings_add(c->findings, c->document, v, RULE_CONTROL_DEFAULT,
                              "the defaults do not match their own schema: %s", e.message);
    validator_free(one_use);
}

const control_schema *control_schema_compile(compiler *c, const value *v)
{
    if (v == NULL || !check_shape(c, v) || !check_texts(c, v))
        return NULL;
    control_schema *s = arena_calloc(c->arena, 1, sizeof *s);
    value relaxed;
    if (s == NULL || !value_copy(c->arena, v, &s->document) ||
        !without_required(c->arena, &s->document, &relaxed)) {
        compiler_add_memory(c);
        return NULL;
    }
    s->schema = compiler_schema(c, v, &relaxed, RULE_CONTROL_SCHEMA);
    if (s->schema == NULL)
        return NULL;
    error e = {0};
    s->defaults = (value){.kind = VALUE_MAP};
    if (!control_schema_fill(s, c->arena, &s->defaults, &e)) {
        compiler_add_memory(c);
        return NULL;
    }
    check_defaults(c, v, s);
    return s;
}

/* ---- values ---- */

bool control_schema_check(const control_schema *s, validator *v, const value *values, arena *scratch,
                          error *e)
{
    buffer pointer;
    buffer_init(&pointer, scratch, POINTER_SIZE_MAX);
    if (find_undeclared(&s->document, &s->document, values, &pointer)) {
        if (pointer.failed)
            return error_set(e, ERROR_CONTROL, 0, "a control is not declared");
        return error_set(e, ERROR_CONTROL, 0, "%.*s: the control schema declares no such property",
                         (int)pointer.size, pointer.bytes);
    }
    value filled = *values;
    error reason = {0};
    if (!control_schema_fill(s, scratch, &filled, e))
        return false;
    if (schema_validate(s->schema, v, &filled, &reason))
        return true;
    return error_set(e, reason.code == ERROR_INVALID_PAYLOAD ? ERROR_CONTROL : reason.code, 0, "%s",
                     reason.message);
}

bool control_schema_fill(const control_schema *s, arena *a, value *values, error *e)
{
    return schema_fill_defaults(s->schema, a, values, e);
}

const value *control_schema_missing(const control_schema *s, const value *filled)
{
    const value *required = value_field(&s->document, "required");
    for (uint32_t i = 0; required != NULL && required->kind == VALUE_LIST && i < required->count; i++) {
        const value *name = &required->items[i];
        if (name->kind == VALUE_STRING && value_get(filled, name->text, name->count) == NULL)
            return name;
    }
    return NULL;
}
