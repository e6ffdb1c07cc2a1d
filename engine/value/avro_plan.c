/* Compiles a schema's JSON text to the graph of nodes that the reader walks.
 *
 * One recursive descent over the JSON values, bounded in depth and in the number of types. A named type joins
 * the list of names before its fields are compiled, so that they can refer to it. avro-c has the last word on
 * the text, but the graph is ours: avro-c 1.11 drops logical types, and trusts lengths. */
#include "engine/value/avro_plan.h"

#include <avro.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/json.h"

typedef struct compiler {
    arena *arena;     /* the plan's */
    avro_node *named; /* newest first */
    uint32_t node_count;
    uint32_t depth;
    bool located; /* the error names its field already */
    error *error;
} compiler;

static const avro_node primitives[] = {
    {.type = AVRO_TYPE_NULL, .size_min = 0},  {.type = AVRO_TYPE_BOOLEAN, .size_min = 1},
    {.type = AVRO_TYPE_INT, .size_min = 1},   {.type = AVRO_TYPE_LONG, .size_min = 1},
    {.type = AVRO_TYPE_FLOAT, .size_min = 4}, {.type = AVRO_TYPE_DOUBLE, .size_min = 8},
    {.type = AVRO_TYPE_BYTES, .size_min = 1}, {.type = AVRO_TYPE_STRING, .size_min = 1},
};

const char *avro_type_name(avro_type type)
{
    static const char *const names[] = {"null",   "boolean", "int", "long",  "float",  "double", "bytes",
                                        "string", "array",   "map", "union", "record", "enum",   "fixed"};
    return names[type];
}

static bool compile_type(compiler *c, const value *type, value space, const avro_node **out);

static bool invalid(compiler *c, const char *what)
{
    return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s", what);
}

static bool no_memory(compiler *c)
{
    return error_set(c->error, arena_failure(c->arena), 0, "the schema needs more memory than there is");
}

static avro_node *new_node(compiler *c, avro_type type)
{
    avro_node *n = arena_calloc(c->arena, 1, sizeof *n);
    if (n == NULL)
        (void)no_memory(c);
    else
        n->type = (uint8_t)type;
    return n;
}

/* A lower bound may be cut; it must not wrap around. */
static uint32_t add_sizes(uint32_t a, uint32_t b)
{
    return a > LIMIT_VALUE_COUNT - b ? LIMIT_VALUE_COUNT : a + b;
}

/* ---- names ---- */

static bool is_word(const char *text, size_t size)
{
    if (size == 0 || (text[0] >= '0' && text[0] <= '9'))
        return false;
    for (size_t i = 0; i < size; i++) {
        char ch = text[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_'))
            return false;
    }
    return true;
}

/* Words with dots between them. */
static bool is_dotted_name(const value *name)
{
    size_t start = 0;
    for (size_t i = 0; i <= name->count; i++)
        if (i == name->count || name->text[i] == '.') {
            if (!is_word(name->text + start, i - start))
                return false;
            start = i + 1;
        }
    return true;
}

/* Where the last word begins. */
static size_t last_word(const value *name)
{
    size_t start = name->count;
    while (start > 0 && name->text[start - 1] != '.')
        start--;
    return start;
}

/* What stands before the last dot; empty without one. */
static value space_of(const value *full_name)
{
    size_t start = last_word(full_name);
    return value_string(full_name->text, start == 0 ? 0 : start - 1);
}

static const avro_node *find_primitive(const value *name)
{
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
        if (value_is_text(name, avro_type_name(primitives[i].type)))
            return &primitives[i];
    return NULL;
}

static bool copy_name(compiler *c, const value *name, value *out)
{
    char *text = arena_copy(c->arena, name->text, name->count);
    if (text == NULL)
        return no_memory(c);
    *out = value_string(text, name->count);
    out->flags = VALUE_ASCII;
    return true;
}

/* `space` and `name`, joined; a name with dots is full already. */
static bool qualify(compiler *c, value space, const value *name, value *out)
{
    if (space.count == 0 || last_word(name) != 0)
        return copy_name(c, name, out);
    size_t size = (size_t)space.count + 1 + name->count;
    char *text = arena_alloc(c->arena, size + 1);
    if (text == NULL)
        return no_memory(c);
    memcpy(text, space.text, space.count);
    text[space.count] = '.';
    memcpy(text + space.count + 1, name->text, name->count);
    text[size] = '\0';
    *out = value_string(text, size);
    out->flags = VALUE_ASCII;
    return true;
}

static const avro_node *find_named(const compiler *c, const value *full_name)
{
    const avro_node *n = c->named;
    while (n != NULL && !value_same_text(&n->name, full_name))
        n = n->next_named;
    return n;
}

/* Gives a new named type its full name and makes it known. */
static bool define_name(compiler *c, const value *type, value space, avro_node *n)
{
    const value *name = value_field(type, "name");
    if (name == NULL || name->kind != VALUE_STRING || !is_dotted_name(name))
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "a %s has no valid name",
                         avro_type_name(n->type));
    const value *own_space = value_field(type, "namespace");
    if (own_space != NULL && own_space->kind == VALUE_STRING) {
        if (own_space->count > 0 && !is_dotted_name(own_space))
            return invalid(c, "a namespace is not valid");
        space = *own_space;
    }
    if (!qualify(c, space, name, &n->name))
        return false;
    size_t start = last_word(&n->name);
    value word = value_string(n->name.text + start, n->name.count - start);
    if (find_primitive(&word) != NULL)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s: the name is a primitive type's",
                         n->name.text);
    if (find_named(c, &n->name) != NULL)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s is defined twice", n->name.text);
    n->number = c->named == NULL ? 0 : c->named->number + 1;
    n->next_named = c->named;
    c->named = n;
    return true;
}

static bool compile_reference(compiler *c, const value *name, value space, const avro_node **out)
{
    *out = find_primitive(name);
    if (*out != NULL)
        return true;
    value full_name;
    if (!is_dotted_name(name))
        return invalid(c, "a type's name is not valid");
    if (!qualify(c, space, name, &full_name))
        return false;
    *out = find_named(c, &full_name);
    if (*out == NULL)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s is no type that is known here",
                         full_name.text);
    return true;
}

/* ---- complex types ---- */

/* A field's name, or a symbol; NULL where there is none that is valid. */
static const value *name_of(const value *item)
{
    const value *name = item->kind == VALUE_MAP ? value_field(item, "name") : item;
    return name != NULL && name->kind == VALUE_STRING && is_word(name->text, name->count) ? name : NULL;
}

/* A map with the names of a list of fields, or symbols, as its keys. */
static bool compile_names(compiler *c, const value *list, value_kind item_kind, value *out)
{
    map_builder names;
    map_builder_init(&names, c->arena);
    for (uint32_t i = 0; i < list->count; i++) {
        const value *name = list->items[i].kind == item_kind ? name_of(&list->items[i]) : NULL;
        value copy;
        if (name == NULL)
            return invalid(c, "a field or symbol has no valid name");
        if (map_builder_has(&names, name))
            return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "the name %.*s stands twice",
                             (int)name->count, name->text);
        if (!copy_name(c, name, &copy))
            return false;
        if (!map_builder_put(&names, copy, value_null()))
            return no_memory(c);
    }
    *out = map_builder_finish(&names);
    return true;
}

static const value *required_list(compiler *c, const value *type, const char *key, const avro_node *n)
{
    const value *list = value_field(type, key);
    if (list != NULL && list->kind == VALUE_LIST)
        return list;
    (void)error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s has no list of %s", n->name.text, key);
    return NULL;
}

static bool compile_field(compiler *c, const avro_node *record, uint32_t i, const value *field,
                          const avro_node **out)
{
    const value *type = value_field(field, "type");
    bool ok =
        type != NULL ? compile_type(c, type, space_of(&record->name), out) : invalid(c, "it has no type");
    if (!ok && !c->located) {
        c->located = true;
        (void)error_prefix(c->error, "%s.%s", record->name.text, record->prototype.members[i].key.text);
    }
    return ok;
}

static bool compile_record(compiler *c, const value *type, value space, const avro_node **out)
{
    avro_node *n = new_node(c, AVRO_TYPE_RECORD);
    if (n == NULL || !define_name(c, type, space, n))
        return false;
    *out = n;
    const value *fields = required_list(c, type, "fields", n);
    if (fields == NULL || !compile_names(c, fields, VALUE_MAP, &n->prototype))
        return false;
    const avro_node **children = arena_calloc(c->arena, fields->count, sizeof(const avro_node *));
    if (children == NULL)
        return no_memory(c);
    uint32_t size_min = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        if (!compile_field(c, n, i, &fields->items[i], &children[i]))
            return false;
        size_min = add_sizes(size_min, children[i]->size_min);
    }
    n->children = children;
    n->count = fields->count;
    n->size_min = size_min;
    return true;
}

static bool compile_enum(compiler *c, const value *type, value space, const avro_node **out)
{
    avro_node *n = new_node(c, AVRO_TYPE_ENUM);
    value names;
    if (n == NULL || !define_name(c, type, space, n))
        return false;
    const value *list = required_list(c, type, "symbols", n);
    if (list == NULL || !compile_names(c, list, VALUE_STRING, &names))
        return false;
    if (names.count == 0)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s has no symbols", n->name.text);
    value *symbols = arena_calloc(c->arena, names.count, sizeof *symbols);
    if (symbols == NULL)
        return no_memory(c);
    for (uint32_t i = 0; i < names.count; i++)
        symbols[i] = names.members[i].key;
    n->symbols = symbols;
    n->count = names.count;
    n->size_min = 1;
    *out = n;
    return true;
}

static bool compile_fixed(compiler *c, const value *type, value space, const avro_node **out)
{
    avro_node *n = new_node(c, AVRO_TYPE_FIXED);
    if (n == NULL || !define_name(c, type, space, n))
        return false;
    const value *size = value_field(type, "size");
    if (size == NULL || size->kind != VALUE_INT || size->integer < 0 || size->integer > LIMIT_VALUE_COUNT)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "%s has no valid size", n->name.text);
    n->count = n->size_min = (uint32_t)size->integer;
    *out = n;
    return true;
}

static bool compile_items(compiler *c, const value *type, value space, avro_type kind, const avro_node **out)
{
    const char *key = kind == AVRO_TYPE_ARRAY ? "items" : "values";
    const value *items = value_field(type, key);
    if (items == NULL)
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "a type has no %s", key);
    avro_node *n = new_node(c, kind);
    if (n == NULL || !compile_type(c, items, space, &n->items))
        return false;
    n->size_min = 1;
    *out = n;
    return true;
}

/* A union's branches differ in type, or in name. */
static bool same_branch(const avro_node *a, const avro_node *b)
{
    return a->type == b->type && (a->type < AVRO_TYPE_RECORD || value_same_text(&a->name, &b->name));
}

static bool compile_branch(compiler *c, const value *type, value space, const avro_node **branches,
                           uint32_t i)
{
    if (!compile_type(c, type, space, &branches[i]))
        return false;
    if (branches[i]->type == AVRO_TYPE_UNION)
        return invalid(c, "a union stands right inside a union");
    for (uint32_t j = 0; j < i; j++)
        if (same_branch(branches[i], branches[j]))
            return invalid(c, "a union has two branches of one type");
    return true;
}

static bool compile_union(compiler *c, const value *list, value space, const avro_node **out)
{
    avro_node *n = new_node(c, AVRO_TYPE_UNION);
    if (n == NULL)
        return false;
    if (list->count == 0)
        return invalid(c, "a union has no branches");
    const avro_node **branches = arena_calloc(c->arena, list->count, sizeof(const avro_node *));
    if (branches == NULL)
        return no_memory(c);
    uint32_t size_min = LIMIT_VALUE_COUNT;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!compile_branch(c, &list->items[i], space, branches, i))
            return false;
        if (branches[i]->size_min < size_min)
            size_min = branches[i]->size_min;
    }
    n->children = branches;
    n->count = list->count;
    n->size_min = add_sizes(1, size_min);
    *out = n;
    return true;
}

/* ---- types in general ---- */

static bool compile_primitive(compiler *c, const value *type, const avro_node *primitive,
                              const avro_node **out)
{
    uint32_t scale = 0;
    avro_logical logical = avro_logical_of(type, primitive, &scale);
    *out = primitive;
    if (logical == AVRO_PLAIN)
        return true;
    avro_node *n = new_node(c, primitive->type);
    if (n == NULL)
        return false;
    *n = *primitive;
    n->logical = (uint8_t)logical;
    n->scale = scale;
    *out = n;
    return true;
}

static bool compile_logical_fixed(compiler *c, const value *type, value space, const avro_node **out)
{
    if (!compile_fixed(c, type, space, out))
        return false;
    avro_node *n = c->named; /* it was defined just now */
    n->logical = (uint8_t)avro_logical_of(type, n, &n->scale);
    return true;
}

static bool compile_object(compiler *c, const value *type, value space, const avro_node **out)
{
    const value *name = value_field(type, "type");
    if (name == NULL || name->kind != VALUE_STRING)
        return invalid(c, "a type has no name");
    const avro_node *primitive = find_primitive(name);
    if (primitive != NULL)
        return compile_primitive(c, type, primitive, out);
    if (value_is_text(name, "record"))
        return compile_record(c, type, space, out);
    if (value_is_text(name, "enum"))
        return compile_enum(c, type, space, out);
    if (value_is_text(name, "fixed"))
        return compile_logical_fixed(c, type, space, out);
    if (value_is_text(name, "array"))
        return compile_items(c, type, space, AVRO_TYPE_ARRAY, out);
    if (value_is_text(name, "map"))
        return compile_items(c, type, space, AVRO_TYPE_MAP, out);
    return compile_reference(c, name, space, out);
}

static bool compile_nested(compiler *c, const value *type, value space, const avro_node **out)
{
    switch ((value_kind)type->kind) {
    case VALUE_STRING:
        return compile_reference(c, type, space, out);
    case VALUE_LIST:
        return compile_union(c, type, space, out);
    case VALUE_MAP:
        return compile_object(c, type, space, out);
    default:
        return invalid(c, "a type is neither a name, an object nor a list");
    }
}

static bool compile_type(compiler *c, const value *type, value space, const avro_node **out)
{
    if (c->depth == LIMIT_AVRO_SCHEMA_DEPTH)
        return error_set(c->error, ERROR_LIMIT, 0, "the schema is nested too deeply");
    if (c->node_count == LIMIT_AVRO_SCHEMA_NODES)
        return error_set(c->error, ERROR_LIMIT, 0, "the schema has too many types");
    c->depth++;
    c->node_count++;
    bool ok = compile_nested(c, type, space, out);
    c->depth--;
    return ok;
}

/* ---- the plan ---- */

static bool avro_c_accepts(const char *text, size_t size, error *e)
{
    avro_schema_t schema = NULL;
    if (avro_schema_from_json_length(text, size, &schema) != 0)
        return error_set(e, ERROR_INVALID_SCHEMA, 0, "avro-c does not accept the schema");
    avro_schema_decref(schema);
    return true;
}

static bool read_schema(avro_plan *plan, arena *scratch, const char *text, size_t size, error *e)
{
    value json;
    if (size > LIMIT_AVRO_SCHEMA_BYTES)
        return error_set(e, ERROR_LIMIT, 0, "the schema's text is too long");
    if (!json_read(scratch, text, size, &json, e)) {
        if (e != NULL && e->code == ERROR_SYNTAX)
            e->code = ERROR_INVALID_SCHEMA;
        return false;
    }
    compiler c = {.arena = &plan->arena, .error = e};
    if (!compile_type(&c, &json, value_string("", 0), &plan->root))
        return false;
    return avro_c_accepts(text, size, e);
}

static bool make_canonical(avro_plan *plan, error *e)
{
    buffer b;
    buffer_init(&b, &plan->arena, LIMIT_AVRO_PLAN_BYTES);
    avro_canonical_write(&b, plan->root);
    buffer_add_byte(&b, '\0');
    if (b.failed)
        return error_set(e, arena_failure(&plan->arena), 0, "the schema needs more memory than there is");
    plan->canonical = b.bytes;
    plan->fingerprint = avro_fingerprint(b.bytes, b.size - 1);
    return true;
}

avro_plan *avro_plan_new(const char *text, size_t size, error *e)
{
    avro_plan *plan = malloc(sizeof *plan);
    if (plan == NULL) {
        (void)error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a schema");
        return NULL;
    }
    *plan = (avro_plan){0};
    arena scratch;
    arena_init(&plan->arena, 4096, LIMIT_AVRO_PLAN_BYTES);
    arena_init(&scratch, 4096, LIMIT_AVRO_PLAN_BYTES);
    bool ok = read_schema(plan, &scratch, text, size, e) && make_canonical(plan, e);
    arena_free(&scratch);
    if (!ok) {
        avro_plan_free(plan);
        return NULL;
    }
    return plan;
}

void avro_plan_free(avro_plan *plan)
{
    if (plan == NULL)
        return;
    arena_free(&plan->arena);
    free(plan);
}

uint64_t avro_plan_fingerprint(const avro_plan *plan)
{
    return plan->fingerprint;
}

const char *avro_plan_canonical(const avro_plan *plan)
{
    return plan->canonical;
}
