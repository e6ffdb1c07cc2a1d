#include "engine/value/copy.h"

static bool copy_text(arena *a, const value *v, value *out)
{
    const char *text = arena_copy(a, v->text, v->count);
    *out = *v;
    out->text = text;
    return text != NULL;
}

static bool copy_list(arena *a, const value *v, value *out)
{
    list_builder items;
    list_builder_init(&items, a);
    if (!list_builder_reserve(&items, v->count))
        return false;
    for (uint32_t i = 0; i < v->count; i++) {
        value item;
        if (!value_copy(a, &v->items[i], &item) || !list_builder_add(&items, item))
            return false;
    }
    *out = list_builder_finish(&items);
    return true;
}

static bool copy_map(arena *a, const value *v, value *out)
{
    map_builder members;
    map_builder_init(&members, a);
    if (!map_builder_reserve(&members, v->count))
        return false;
    for (uint32_t i = 0; i < v->count; i++) {
        value key, member;
        if (!value_copy(a, &v->members[i].key, &key) || !value_copy(a, &v->members[i].value, &member) ||
            !map_builder_put(&members, key, member))
            return false;
    }
    *out = map_builder_finish(&members);
    return true;
}

bool value_copy(arena *a, const value *v, value *out)
{
    switch (v->kind) {
    case VALUE_STRING:
        return copy_text(a, v, out);
    case VALUE_LIST:
        return copy_list(a, v, out);
    case VALUE_MAP:
        return copy_map(a, v, out);
    default:
        assert(v->kind < VALUE_STRING);
        *out = *v;
        return true;
    }
}
