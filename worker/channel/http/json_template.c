#include "worker/channel/http/json_template.h"

#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"

typedef enum node_kind { NODE_CONSTANT, NODE_BLANK, NODE_LIST, NODE_MAP } node_kind;

struct json_template {
    node_kind kind;
    uint32_t count; /* of items */
    union {
        value constant;
        blank blank;
        struct {
            const json_template *items;
            const value_member *members; /* of a map: for their keys */
        };
    };
};

enum { PLACE_SIZE = 256 };

typedef struct compiler {
    arena *arena;
    const secrets *known;
    bool masked;
    const expression_scope *scope;
    error *error;
    char place[PLACE_SIZE]; /* JSON pointer of the node; cut where it is longer */
} compiler;

static bool compile(compiler *c, const value *v, json_template *out);

static bool out_of_memory(compiler *c)
{
    return error_set(c->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

static bool blame(compiler *c)
{
    return error_prefix(c->error, "%s", c->place[0] == '\0' ? "the text" : c->place);
}

/* Goes down by one step; returns what ascend needs to come back. */
static size_t descend(compiler *c, const char *step, size_t size)
{
    size_t before = strlen(c->place);
    snprintf(c->place + before, PLACE_SIZE - before, "/%.*s", (int)size, step);
    return before;
}

static bool compile_string(compiler *c, const value *v, json_template *out)
{
    buffer source;
    exception x;
    buffer_init(&source, c->arena, LIMIT_TEMPLATE_BYTES);
    if (!secret_expand(&source, v->text, v->count, c->known, c->masked, c->error))
        return blame(c);
    out->kind = NODE_BLANK;
    if (blank_compile(&out->blank, c->arena, source.bytes, source.size, TEMPLATE_TEXT, c->scope, &x))
        return true;
    error_set(c->error, ERROR_CONFIG, 0, "%s: byte %zu: %s", exception_name(x.type), x.position, x.message);
    return blame(c);
}

static bool compile_list(compiler *c, const value *v, json_template *out)
{
    json_template *items = arena_calloc(c->arena, v->count, sizeof *items);
    if (items == NULL)
        return out_of_memory(c);
    for (uint32_t i = 0; i < v->count; i++) {
        char index[16];
        size_t before = descend(c, index, (size_t)snprintf(index, sizeof index, "%u", i));
        if (!compile(c, &v->items[i], &items[i]))
            return false;
        c->place[before] = '\0';
    }
    *out = (json_template){.kind = NODE_LIST, .count = v->count, .items = items};
    return true;
}

static bool compile_map(compiler *c, const value *v, json_template *out)
{
    json_template *items = arena_calloc(c->arena, v->count, sizeof *items);
    if (items == NULL)
        return out_of_memory(c);
    for (uint32_t i = 0; i < v->count; i++) {
        size_t before = descend(c, v->members[i].key.text, v->members[i].key.count);
        if (!compile(c, &v->members[i].value, &items[i]))
            return false;
        c->place[before] = '\0';
    }
    *out = (json_template){.kind = NODE_MAP, .count = v->count, .items = items, .members = v->members};
    return true;
}

/* As deep as json_read lets a document be. */
static bool compile(compiler *c, const value *v, json_template *out)
{
    switch (v->kind) {
    case VALUE_STRING:
        return compile_string(c, v, out);
    case VALUE_LIST:
        return compile_list(c, v, out);
    case VALUE_MAP:
        return compile_map(c, v, out);
    default:
        *out = (json_template){.kind = NODE_CONSTANT, .constant = *v};
        return true;
    }
}

const json_template *json_template_compile(arena *a, const char *text, const secrets *known, bool masked,
                                           const expression_scope *scope, error *e)
{
    compiler c = {.arena = a, .known = known, .masked = masked, .scope = scope, .error = e};
    json_template *t = arena_alloc(a, sizeof *t);
    const char *copy = arena_copy(a, text, strlen(text)); /* keys and strings stay in it */
    value v;
    if (t == NULL || copy == NULL) {
        (void)out_of_memory(&c);
        return NULL;
    }
    if (!json_read(a, copy, strlen(copy), &v, e)) {
        error_prefix(e, "is no JSON, byte %zu", e->position);
        e->code = ERROR_CONFIG;
        return NULL;
    }
    return compile(&c, &v, t) ? t : NULL;
}

/* ---- writing ---- */

static bool write_node(const json_template *t, const value *values, arena *a, buffer *out, bool *absent,
                       exception *x);

/* Each item goes behind a comma; where it is left out, so are its comma and key. */
static bool write_items(const json_template *t, const value *values, arena *a, buffer *out, exception *x)
{
    bool first = true;
    for (uint32_t i = 0; i < t->count; i++) {
        size_t before = out->size;
        bool absent;
        if (!first)
            buffer_add_byte(out, ',');
        if (t->kind == NODE_MAP) {
            json_write(out, &t->members[i].key);
            buffer_add_byte(out, ':');
        }
        if (!write_node(&t->items[i], values, a, out, &absent, x))
            return false;
        if (absent)
            out->size = before;
        first = first && absent;
    }
    return true;
}

static bool write_node(const json_template *t, const value *values, arena *a, buffer *out, bool *absent,
                       exception *x)
{
    value v = t->constant;
    *absent = false;
    if (t->kind == NODE_LIST || t->kind == NODE_MAP) {
        buffer_add_byte(out, t->kind == NODE_MAP ? '{' : '[');
        bool written = write_items(t, values, a, out, x);
        buffer_add_byte(out, t->kind == NODE_MAP ? '}' : ']');
        return written;
    }
    if (t->kind == NODE_BLANK && !blank_value(&t->blank, values, a, &v, absent, x))
        return false;
    if (!*absent)
        json_write(out, &v);
    return true;
}

bool json_template_write(const json_template *t, const value *values, arena *a, buffer *out, exception *x)
{
    bool absent;
    if (!write_node(t, values, a, out, &absent, x))
        return false;
    if (!out->failed)
        return true;
    *x = (exception){.type = EXCEPTION_VALUE,
                     .message = "a value has no JSON form, or the document is larger than its bound"};
    return false;
}
