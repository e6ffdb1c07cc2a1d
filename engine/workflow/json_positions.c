/* Text and values are walked side by side. Below a key that is repeated later they differ, since json_read
 * kept the last one: a node that is not where the text says has no position, and the repeated key is the
 * error in the end. */
#include "engine/workflow/json_positions.h"

#include "engine/value/json.h"

typedef struct walker {
    const char *at;
    const char *end;
    const char *line_start;
    uint32_t line;
    positions *positions;
    error *error;
} walker;

static bool walk_value(walker *w, const value *v);

static void skip_space(walker *w)
{
    for (; w->at < w->end && (*w->at == ' ' || *w->at == '\n' || *w->at == '\t' || *w->at == '\r'); w->at++) {
        if (*w->at == '\n') {
            w->line++;
            w->line_start = w->at + 1;
        }
    }
}

/* From the opening quote to behind the closing one. */
static void skip_string(walker *w)
{
    for (w->at++; *w->at != '"'; w->at++)
        if (*w->at == '\\')
            w->at++;
    w->at++;
}

static void skip_word(walker *w)
{
    while (w->at < w->end && strchr(",]} \n\t\r", *w->at) == NULL)
        w->at++;
}

static bool fail_memory(walker *w)
{
    return error_set(w->error, ERROR_LIMIT, w->line, "the document needs more memory than its bound");
}

static bool add_position(walker *w, const value *v)
{
    return v == NULL || positions_add(w->positions, v, w->line, (uint32_t)(w->at - w->line_start) + 1) ||
           fail_memory(w);
}

static bool walk_list(walker *w, const value *list)
{
    w->at++;
    skip_space(w);
    for (uint32_t i = 0; *w->at != ']'; i++) {
        const value *item =
            list != NULL && list->kind == VALUE_LIST && i < list->count ? &list->items[i] : NULL;
        skip_space(w);
        if (!add_position(w, item) || !walk_value(w, item))
            return false;
        skip_space(w);
        w->at += *w->at == ',';
    }
    w->at++;
    return true;
}

static bool read_key(walker *w, map_builder *keys, value *key)
{
    const char *start = w->at;
    skip_string(w);
    if (!json_read(keys->arena, start, (size_t)(w->at - start), key, NULL))
        return fail_memory(w);
    if (map_builder_has(keys, key))
        return error_set(w->error, ERROR_SYNTAX, w->line, "the key \"%.*s\" is there twice",
                         key->count > 100 ? 100 : (int)key->count, key->text);
    return map_builder_put(keys, *key, value_null()) || fail_memory(w);
}

static bool walk_map(walker *w, const value *map)
{
    map_builder keys;
    map_builder_init(&keys, w->positions->arena);
    w->at++;
    skip_space(w);
    while (*w->at != '}') {
        value key;
        skip_space(w);
        uint32_t line = w->line;
        uint32_t column = (uint32_t)(w->at - w->line_start) + 1;
        if (!read_key(w, &keys, &key))
            return false;
        const value *member = map != NULL ? value_get(map, key.text, key.count) : NULL;
        if (member != NULL && !positions_add(w->positions, member, line, column))
            return fail_memory(w);
        skip_space(w);
        w->at++; /* the colon */
        skip_space(w);
        if (!walk_value(w, member))
            return false;
        skip_space(w);
        w->at += *w->at == ',';
    }
    w->at++;
    return true;
}

static bool walk_value(walker *w, const value *v)
{
    switch (*w->at) {
    case '{':
        return walk_map(w, v);
    case '[':
        return walk_list(w, v);
    case '"':
        skip_string(w);
        return true;
    default:
        skip_word(w);
        return true;
    }
}

bool json_positions_read(positions *p, const char *text, size_t size, const value *root, error *e)
{
    walker w = {.at = text, .end = text + size, .line_start = text, .line = 1, .positions = p, .error = e};
    skip_space(&w);
    return add_position(&w, root) && walk_value(&w, root);
}
