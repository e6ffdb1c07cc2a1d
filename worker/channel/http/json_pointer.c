#include "worker/channel/http/json_pointer.h"

#include <stdlib.h>

bool json_pointer_is_valid(const char *pointer)
{
    if (*pointer != '\0' && *pointer != '/')
        return false;
    for (const char *c = strchr(pointer, '~'); c != NULL; c = strchr(c + 1, '~')) {
        if (c[1] != '0' && c[1] != '1')
            return false;
    }
    return true;
}

/* True where the part, unescaped, is the key. */
static bool is_key(const char *part, size_t size, const value *key)
{
    size_t at = 0;
    for (size_t i = 0; i < size; i++, at++) {
        char c = part[i];
        if (c == '~')
            c = part[++i] == '0' ? '~' : '/';
        if (at >= key->count || key->text[at] != c)
            return false;
    }
    return at == key->count;
}

static const value *find_member(const value *map, const char *part, size_t size)
{
    for (uint32_t i = 0; i < map->count; i++) {
        if (is_key(part, size, &map->members[i].key))
            return &map->members[i].value;
    }
    return NULL;
}

/* An index has no sign and no leading zero; nine digits are more than any answer's items. */
static const value *find_item(const value *list, const char *part, size_t size)
{
    if (size == 0 || size > 9 || strspn(part, "0123456789") < size || (part[0] == '0' && size > 1))
        return NULL;
    size_t index = strtoul(part, NULL, 10);
    return index < list->count ? &list->items[index] : NULL;
}

const value *json_pointer_find(const value *document, const char *pointer)
{
    const value *at = document;
    while (at != NULL && *pointer == '/') {
        const char *part = pointer + 1;
        size_t size = strcspn(part, "/");
        if (at->kind == VALUE_MAP)
            at = find_member(at, part, size);
        else
            at = at->kind == VALUE_LIST ? find_item(at, part, size) : NULL;
        pointer = part + size;
    }
    return at;
}
