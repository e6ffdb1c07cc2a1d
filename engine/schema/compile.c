#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/schema/build.h"

/* ---- errors and memory ---- */

bool build_fail_memory(build *c)
{
    return error_set(c->error, ERROR_LIMIT, 0, "the schema needs more memory than its bound");
}

static bool fail_at(build *c, const place *where, error_code code, const char *format, va_list arguments)
{
    char sentence[ERROR_MESSAGE_SIZE];
    vsnprintf(sentence, sizeof sentence, format, arguments);
    buffer pointer;
    buffer_init(&pointer, &c->scratch, ERROR_MESSAGE_SIZE / 2);
    place_write(&pointer, where);
    return error_set(c->error, code, 0, "%.*s: %s", (int)pointer.size, pointer.size == 0 ? "" : pointer.bytes,
                     sentence);
}

bool build_fail_at(build *c, const place *where, error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_at(c, where, code, format, arguments);
    va_end(arguments);
    return false;
}

bool build_fail(build *c, const subschema *s, const char *keyword_name, error_code code, const char *format,
                ...)
{
    place where = {.parent = s->node->place, .keyword = keyword_name, .index = PLACE_NO_INDEX};
    va_list arguments;
    va_start(arguments, format);
    fail_at(c, &where, code, format, arguments);
    va_end(arguments);
    return false;
}

bool build_count(build *c, uint32_t count)
{
    if (count > LIMIT_SCHEMA_KEYWORDS - c->keyword_count)
        return error_set(c->error, ERROR_LIMIT, 0, "the schema has more than %d keywords",
                         LIMIT_SCHEMA_KEYWORDS);
    c->keyword_count += count;
    return true;
}

bool build_reserve(build *c, void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t wider = *capacity == 0 ? 16 : *capacity * 2;
    void *moved = arena_grow(&c->scratch, *items, *capacity * size, wider * size);
    if (moved == NULL)
        return false;
    *items = moved;
    *capacity = wider;
    return true;
}

/* ---- nodes ---- */

instruction *build_emit(build *c, opcode op)
{
    if (!build_reserve(c, (void **)&c->code, c->code_count, &c->code_capacity, sizeof *c->code)) {
        build_fail_memory(c);
        return NULL;
    }
    instruction *i = &c->code[c->code_count++];
    *i = (instruction){.op = (uint8_t)op};
    return i;
}

const node *build_node(const build *c, const value *document)
{
    return outline_find(c, document)->node;
}

static group group_of(uint8_t op)
{
    static const uint8_t groups[] = {
#define X(op, keyword, group, operand) group,
        SCHEMA_OPS(X)
#undef X
    };
    return groups[op];
}

/* Moves what was emitted into the node: ops are numbered in the order of their groups. */
static bool finish_code(build *c, node *n)
{
    instruction *code = arena_alloc(c->arena, c->code_count * sizeof *code);
    if (code == NULL)
        return build_fail_memory(c);
    uint16_t count = 0;
    int next_group = 0;
    for (uint8_t op = 0; op <= OP_UNEVALUATED_PROPERTIES; op++) {
        while (next_group <= (int)group_of(op))
            n->begin[next_group++] = count;
        for (uint32_t i = 0; i < c->code_count; i++)
            if (c->code[i].op == op)
                code[count++] = c->code[i];
    }
    n->end = count;
    n->code = code;
    c->code_count = 0;
    return true;
}

static_assert(LIMIT_SCHEMA_KEYWORDS < UINT16_MAX, "a node's instructions are counted in 16 bits");

static bool type_of_name(const value *name, uint16_t *types)
{
    static const struct {
        const char *name;
        uint16_t types;
    } known[] = {
        {"null", TYPE_NULL},     {"boolean", TYPE_BOOLEAN},
        {"string", TYPE_STRING}, {"integer", TYPE_INT | TYPE_INTEGRAL},
        {"array", TYPE_ARRAY},   {"number", TYPE_INT | TYPE_FLOAT},
        {"object", TYPE_OBJECT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (value_is_text(name, known[i].name)) {
            *types |= known[i].types;
            return true;
        }
    }
    return false;
}

static bool compile_type(build *c, const subschema *s)
{
    node *n = s->node;
    const value *type = value_field(s->document, "type");
    n->types = TYPE_ANY;
    if (type == NULL)
        return true;
    const value *names = type->kind == VALUE_LIST ? type->items : type;
    uint32_t count = type->kind == VALUE_LIST ? type->count : 1;
    n->types = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!type_of_name(&names[i], &n->types))
            count = 0;
    return count > 0 || build_fail(c, s, "type", ERROR_INVALID_SCHEMA, "must name types of JSON");
}

static bool compile_keywords(build *c, const subschema *s, dialect d)
{
    for (uint32_t i = 0; i < s->document->count; i++) {
        const value_member *member = &s->document->members[i];
        const keyword *k = keyword_find(&member->key, d);
        if (k != NULL && k->compile != NULL && !k->compile(c, s, k, &member->value))
            return false;
    }
    return keywords_compile_members(c, s) && keywords_compile_items(c, s) &&
           keywords_compile_contains(c, s) && keywords_compile_condition(c, s);
}

static bool compile_subschema(build *c, const subschema *s)
{
    if (s->document->kind == VALUE_BOOL) {
        s->node->types = s->document->boolean ? TYPE_ANY : 0;
        return finish_code(c, s->node);
    }
    dialect d = outline_dialect(c, s);
    const value *ref = d == DIALECT_7 ? value_field(s->document, "$ref") : NULL;
    if (ref != NULL) { /* in draft-07 nothing beside it counts */
        value name = value_cstring("$ref");
        const keyword *k = keyword_find(&name, d);
        s->node->types = TYPE_ANY;
        return k->compile(c, s, k, ref) && finish_code(c, s->node);
    }
    return compile_type(c, s) && compile_keywords(c, s, d) && finish_code(c, s->node);
}

/* ---- the whole ---- */

static int compare_dynamic_anchors(const void *a, const void *b)
{
    const dynamic_anchor *x = a;
    const dynamic_anchor *y = b;
    if (x->resource != y->resource)
        return x->resource < y->resource ? -1 : 1;
    return (x->anchor > y->anchor) - (x->anchor < y->anchor);
}

uint32_t build_anchor_number(const build *c, const value *name)
{
    uint32_t i = 0;
    while (!c->anchors[i].dynamic || !value_same_text(&c->anchors[i].name, name))
        i++;
    return i;
}

static bool collect_dynamic_anchors(build *c)
{
    dynamic_anchor *found = arena_alloc(c->arena, c->anchor_count * sizeof *found);
    if (found == NULL)
        return build_fail_memory(c);
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->anchor_count; i++) {
        const anchor *a = &c->anchors[i];
        if (a->dynamic)
            found[count++] = (dynamic_anchor){
                .resource = a->node->resource,
                .anchor = build_anchor_number(c, &a->name),
                .node = a->node,
            };
    }
    qsort(found, count, sizeof *found, compare_dynamic_anchors);
    c->schema->dynamic_anchors = found;
    c->schema->dynamic_anchor_count = count;
    return true;
}

static bool compile_document(build *c, const value *document)
{
    value *copy = arena_alloc(c->sources, sizeof *copy);
    value no_uri = value_cstring("");
    place whole = {.index = PLACE_NO_INDEX};
    if (copy == NULL)
        return build_fail_memory(c);
    if (!outline_copy(c, document, 0, copy) || !outline_index_root(c, copy, &no_uri, &whole))
        return false;
    for (uint32_t i = 0; i < c->subschema_count; i++) {
        subschema s = c->subschemas[i]; /* records move when one is added */
        if (!compile_subschema(c, &s))
            return false;
    }
    if (!collect_dynamic_anchors(c))
        return false;
    c->schema->root = c->subschemas[0].node;
    return shortcuts_find(c);
}

enum { CHUNK_BYTES = 4096, SOURCES_CHUNK_BYTES = 2048 };

schema *schema_new(const value *document, error *e)
{
    schema *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a schema");
        return NULL;
    }
    arena_init_steady(&s->arena, CHUNK_BYTES, LIMIT_SCHEMA_MEMORY);
    arena_init_steady(&s->sources, SOURCES_CHUNK_BYTES, LIMIT_SCHEMA_MEMORY);
    build c = {.schema = s, .arena = &s->arena, .sources = &s->sources, .error = e};
    arena_init(&c.scratch, CHUNK_BYTES, LIMIT_SCHEMA_MEMORY);
    bool ok = compile_document(&c, document);
    arena_free(&c.scratch);
    if (ok)
        return s;
    schema_free(s);
    return NULL;
}

size_t schema_spans(const schema *s, arena_span *spans, size_t most)
{
    if (most == 0)
        return 0;
    spans[0] = (arena_span){.bytes = (const char *)s, .size = sizeof *s};
    return 1 + arena_spans(&s->arena, spans + 1, most - 1);
}

void schema_free(schema *s)
{
    if (s == NULL)
        return;
    pattern_free(s->patterns);
    arena_free(&s->arena);
    arena_free(&s->sources);
    free(s);
}
