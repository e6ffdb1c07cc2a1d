#include "engine/workflow/controls.h"

#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/compiler.h"

enum { POINTER_DEPTH_MAX = 16 };

static const value empty_map = {.kind = VALUE_MAP};

static bool fail_memory(error *e)
{
    return error_set(e, ERROR_LIMIT, 0, "the controls need more memory than their bound");
}

/* ---- the stored map ---- */

static const value *map_or_empty(const value *v)
{
    return v != NULL && v->kind == VALUE_MAP ? v : &empty_map;
}

/* What was set of the workflow's own controls, or of a step's. */
static const value *values_of(const value *stored, const value *step_id)
{
    if (stored == NULL)
        return &empty_map;
    if (step_id->kind == VALUE_NULL)
        return map_or_empty(value_field(stored, "workflow"));
    return map_or_empty(value_get(map_or_empty(value_field(stored, "steps")), step_id->text, step_id->count));
}

/* A copy of the map with one member set, or without it where v is NULL or an empty map. */
static bool with_member(arena *a, const value *map, const value *key, const value *v, value *out)
{
    bool removed = v == NULL || (v->kind == VALUE_MAP && v->count == 0);
    map_builder b;
    map_builder_init(&b, a);
    for (uint32_t i = 0; i < map->count; i++)
        if (!(removed && value_same_text(&map->members[i].key, key)) &&
            !map_builder_put(&b, map->members[i].key, map->members[i].value))
            return false;
    if (!removed && !map_builder_put(&b, *key, *v))
        return false;
    *out = map_builder_finish(&b);
    return true;
}

static bool with_values(arena *a, const value *stored, const value *step_id, const value *values, value *out)
{
    const value workflow_key = value_cstring("workflow");
    const value steps_key = value_cstring("steps");
    value steps;
    if (step_id->kind == VALUE_NULL)
        return with_member(a, stored, &workflow_key, values, out);
    return with_member(a, map_or_empty(value_field(stored, "steps")), step_id, values, &steps) &&
           with_member(a, stored, &steps_key, &steps, out);
}

/* ---- one change ---- */

typedef struct edit {
    arena *arena;
    const value *after;
    const value *before;
    error *error;
} edit;

/* The token between two slashes, ~0 and ~1 undone. */
static bool read_token(edit *t, const char *start, size_t size, value *token)
{
    char *text = arena_alloc(t->arena, size);
    if (text == NULL)
        return fail_memory(t->error);
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        char c = start[i];
        if (c == '~' && i + 1 < size && (start[i + 1] == '0' || start[i + 1] == '1'))
            c = start[++i] == '0' ? '~' : '/';
        text[count++] = c;
    }
    *token = value_string(text, count);
    return true;
}

static bool set_at(edit *t, const value *map, const char *pointer, unsigned depth, value *out)
{
    size_t size = strcspn(pointer + 1, "/");
    const char *rest = pointer + 1 + size;
    value token, inner;
    if (depth == POINTER_DEPTH_MAX)
        return error_set(t->error, ERROR_LIMIT, 0, "the path has more than %d parts", POINTER_DEPTH_MAX);
    if (!read_token(t, pointer + 1, size, &token))
        return false;
    const value *child = value_get(map, token.text, token.count);
    if (*rest == '\0') {
        t->before = child;
        return with_member(t->arena, map, &token, t->after, out) || fail_memory(t->error);
    }
    if (child != NULL && child->kind != VALUE_MAP)
        return error_set(t->error, ERROR_CONTROL, 0, "the path leads through a value that is no object");
    return set_at(t, map_or_empty(child), rest, depth + 1, &inner) &&
           (with_member(t->arena, map, &token, &inner, out) || fail_memory(t->error));
}

static bool find_schema(const workflow *w, const value *step_id, const control_schema **s, error *e)
{
    if (step_id->kind == VALUE_NULL) {
        *s = w->control_schema;
        return *s != NULL || error_set(e, ERROR_CONTROL, 0, "the workflow has no control schema");
    }
    const step *found = workflow_step(w, step_id->text, step_id->count);
    if (found == NULL)
        return error_set(e, ERROR_CONTROL, 0, "the workflow has no step \"%.*s\"", compiler_shown(step_id),
                         step_id->text);
    *s = found->control_schema;
    return *s != NULL || error_set(e, ERROR_CONTROL, 0, "step %s has no control schema", found->id.text);
}

/* What is stored must be readable again: its size and depth are checked by writing and reading it. */
static bool store_form(arena *a, const value *v, value *out, error *e)
{
    buffer b;
    buffer_init(&b, a, LIMIT_CONTROLS_BYTES);
    json_write(&b, v);
    if (b.failed || !json_read(a, b.bytes, b.size, out, NULL))
        return error_set(e, ERROR_LIMIT, 0,
                         "control values of one workflow have at most %d bytes and %d levels",
                         LIMIT_CONTROLS_BYTES, LIMIT_VALUE_DEPTH);
    return true;
}

bool controls_change(const workflow *w, const value *stored, const control_path *path, const value *after,
                     validator *v, arena *a, value *changed, const value **before, error *e)
{
    const control_schema *s;
    edit t = {.arena = a, .after = after, .error = e};
    value values, whole;
    if (!find_schema(w, &path->step_id, &s, e))
        return false;
    if (path->pointer[0] != '/')
        return error_set(e, ERROR_CONTROL, 0, "the path of a control begins with /");
    if (!set_at(&t, values_of(stored, &path->step_id), path->pointer, 0, &values))
        return false;
    if (after == NULL && t.before == NULL)
        return error_set(e, ERROR_CONTROL, 0, "%s has no value of its own", path->pointer);
    if (!control_schema_check(s, v, &values, a, e))
        return false;
    *before = t.before;
    if (!with_values(a, stored, &path->step_id, &values, &whole))
        return fail_memory(e);
    return store_form(a, &whole, changed, e);
}

/* ---- the whole ---- */

static bool check_scope(const control_schema *s, const value *values, const char *whose, validator *v,
                        arena *scratch, error *e)
{
    if (values->count == 0)
        return true;
    if (s == NULL)
        return error_set(e, ERROR_CONTROL, 0, "%s: there are values, but no control schema any more", whose);
    return control_schema_check(s, v, values, scratch, e) || error_prefix(e, "%s", whose);
}

bool controls_check(const workflow *w, const value *stored, validator *v, arena *scratch, error *e)
{
    const value own = value_null();
    const value *steps = map_or_empty(value_field(stored, "steps"));
    if (!check_scope(w->control_schema, values_of(stored, &own), "the workflow's controls", v, scratch, e))
        return false;
    for (uint32_t i = 0; i < steps->count; i++) {
        const value *id = &steps->members[i].key;
        const step *found = workflow_step(w, id->text, id->count);
        char whose[LIMIT_IDENTIFIER_BYTES + 32];
        snprintf(whose, sizeof whose, "the controls of step %.*s", compiler_shown(id), id->text);
        if (!check_scope(found != NULL ? found->control_schema : NULL, values_of(stored, id), whose, v,
                         scratch, e))
            return false;
    }
    return true;
}

static bool check_complete(const control_schema *s, const value *values, const char *whose, arena *scratch,
                           error *e)
{
    value filled = *values;
    if (s == NULL)
        return true;
    if (!control_schema_fill(s, scratch, &filled, e))
        return false;
    const value *missing = control_schema_missing(s, &filled);
    if (missing == NULL)
        return true;
    return error_set(e, ERROR_CONTROL, 0, "%s: \"%.*s\" needs a value: it is required and has no default",
                     whose, compiler_shown(missing), missing->text);
}

bool controls_complete(const workflow *w, const value *stored, arena *scratch, error *e)
{
    const value own = value_null();
    if (!check_complete(w->control_schema, values_of(stored, &own), "the workflow's controls", scratch, e))
        return false;
    for (size_t i = 0; i < w->step_count; i++) {
        const step *s = &w->steps[i];
        char whose[LIMIT_IDENTIFIER_BYTES + 32];
        snprintf(whose, sizeof whose, "the controls of step %s", s->id.text);
        if (!check_complete(s->control_schema, values_of(stored, &s->id), whose, scratch, e))
            return false;
    }
    return true;
}

static bool fill(const control_schema *s, const value *values, arena *a, value *out, error *e)
{
    *out = s == NULL ? empty_map : *values;
    return s == NULL || control_schema_fill(s, a, out, e);
}

bool controls_resolve(const control_schema *workflow_schema, const control_schema *step_schema,
                      const value *stored, const value *step_id, arena *a, value *out, error *e)
{
    const value own = value_null();
    value under, over;
    if (!fill(workflow_schema, values_of(stored, &own), a, &under, e) ||
        !fill(step_schema, values_of(stored, step_id), a, &over, e))
        return false;
    map_builder b;
    map_builder_init(&b, a);
    if (!map_builder_reserve(&b, (size_t)under.count + over.count))
        return fail_memory(e);
    for (uint32_t i = 0; i < under.count; i++)
        if (!map_builder_put(&b, under.members[i].key, under.members[i].value))
            return fail_memory(e);
    for (uint32_t i = 0; i < over.count; i++)
        if (!map_builder_put(&b, over.members[i].key, over.members[i].value))
            return fail_memory(e);
    *out = map_builder_finish(&b);
    return true;
}
