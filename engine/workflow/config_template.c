#include "engine/workflow/config_template.h"

#include "engine/limits.h"
#include "engine/value/copy.h"

typedef enum config_kind {
    CONFIG_CONSTANT,
    CONFIG_TEXT,
    CONFIG_LIST,
    CONFIG_MAP,
} config_kind;

struct config_template {
    config_kind kind;
    uint32_t count; /* of items */
    value constant; /* of a map: its keys, without values */
    union {
        const template *text;
        const config_template *items;
    };
};

typedef struct compiler {
    arena *arena;
    template_kind kind;
    const expression_scope *scope;
    config_template_error *error;
} compiler;

static bool compile(compiler *c, const value *v, config_template *out);

static bool fail_memory(compiler *c)
{
    c->error->node = NULL;
    return false;
}

/* Text without expressions is rendered here, once, so that what is wrong with it shows at once. */
static bool fold_constant(compiler *c, const template *t, config_template *out)
{
    buffer b;
    buffer_init(&b, c->arena, LIMIT_RENDERED_BYTES);
    if (!template_render(t, NULL, c->arena, &b, &c->error->exception))
        return false;
    *out = (config_template){.kind = CONFIG_CONSTANT, .constant = buffer_string(&b)};
    return true;
}

static bool compile_text(compiler *c, const value *v, config_template *out)
{
    c->error->node = v;
    const template *t =
        template_compile(c->arena, v->text, v->count, c->kind, c->scope, &c->error->exception);
    if (t == NULL)
        return false;
    if (template_is_constant(t))
        return fold_constant(c, t, out);
    *out = (config_template){.kind = CONFIG_TEXT, .text = t};
    return true;
}

static bool compile_list(compiler *c, const value *v, config_template *out)
{
    config_template *items = arena_calloc(c->arena, v->count, sizeof *items);
    if (items == NULL)
        return fail_memory(c);
    for (uint32_t i = 0; i < v->count; i++)
        if (!compile(c, &v->items[i], &items[i]))
            return false;
    *out = (config_template){.kind = CONFIG_LIST, .count = v->count, .items = items};
    return true;
}

static bool compile_map(compiler *c, const value *v, config_template *out)
{
    config_template *items = arena_calloc(c->arena, v->count, sizeof *items);
    map_builder keys;
    map_builder_init(&keys, c->arena);
    if (items == NULL || !map_builder_reserve(&keys, v->count))
        return fail_memory(c);
    for (uint32_t i = 0; i < v->count; i++) {
        value key;
        if (!value_copy(c->arena, &v->members[i].key, &key) || !map_builder_put(&keys, key, value_null()))
            return fail_memory(c);
        if (!compile(c, &v->members[i].value, &items[i]))
            return false;
    }
    *out = (config_template){
        .kind = CONFIG_MAP, .count = v->count, .constant = map_builder_finish(&keys), .items = items};
    return true;
}

static bool compile(compiler *c, const value *v, config_template *out)
{
    switch (v->kind) {
    case VALUE_STRING:
        return compile_text(c, v, out);
    case VALUE_LIST:
        return compile_list(c, v, out);
    case VALUE_MAP:
        return compile_map(c, v, out);
    default:
        *out = (config_template){.kind = CONFIG_CONSTANT, .constant = *v};
        return true;
    }
}

const config_template *config_template_compile(arena *a, const value *v, template_kind kind,
                                               const expression_scope *scope, config_template_error *e)
{
    compiler c = {.arena = a, .kind = kind, .scope = scope, .error = e};
    config_template *t = arena_alloc(a, sizeof *t);
    if (t == NULL) {
        (void)fail_memory(&c);
        return NULL;
    }
    return compile(&c, v, t) ? t : NULL;
}

/* ---- rendering ---- */

static bool fail_rendering(exception *x)
{
    *x = (exception){.type = EXCEPTION_RESOURCE,
                     .message = "the rendered message needs more memory than its bound"};
    return false;
}

static bool render_text(const config_template *t, const value *values, arena *a, value *out, exception *x)
{
    buffer b;
    buffer_init(&b, a, LIMIT_RENDERED_BYTES);
    if (!template_render(t->text, values, a, &b, x))
        return false;
    buffer_trim(&b);
    *out = buffer_string(&b);
    return true;
}

static bool render_list(const config_template *t, const value *values, arena *a, value *out, exception *x)
{
    value *items = arena_alloc(a, t->count * sizeof *items);
    if (items == NULL)
        return fail_rendering(x);
    for (uint32_t i = 0; i < t->count; i++)
        if (!config_template_render(&t->items[i], values, a, &items[i], x))
            return false;
    *out = value_list(items, t->count);
    return true;
}

static bool render_map(const config_template *t, const value *values, arena *a, value *out, exception *x)
{
    value_member *members = map_like(&t->constant, a, out);
    if (members == NULL)
        return fail_rendering(x);
    for (uint32_t i = 0; i < t->count; i++) {
        members[i].key = t->constant.members[i].key;
        if (!config_template_render(&t->items[i], values, a, &members[i].value, x))
            return false;
    }
    return true;
}

bool config_template_render(const config_template *t, const value *values, arena *a, value *out, exception *x)
{
    switch (t->kind) {
    case CONFIG_TEXT:
        return render_text(t, values, a, out, x);
    case CONFIG_LIST:
        return render_list(t, values, a, out, x);
    case CONFIG_MAP:
        return render_map(t, values, a, out, x);
    default:
        *out = t->constant;
        return true;
    }
}
