#include "engine/workflow/positions.h"

#include <stdlib.h>

void positions_init(positions *p, arena *a)
{
    *p = (positions){.arena = a};
}

bool positions_add(positions *p, const value *node, uint32_t line, uint32_t column)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 64 : p->capacity * 2;
        position *items =
            arena_grow(p->arena, p->items, p->capacity * sizeof *items, capacity * sizeof *items);
        if (items == NULL)
            return false;
        p->items = items;
        p->capacity = capacity;
    }
    p->items[p->count++] = (position){.node = node, .line = line, .column = column};
    return true;
}

static int compare_nodes(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const position *)a)->node;
    uintptr_t right = (uintptr_t)((const position *)b)->node;
    return (left > right) - (left < right);
}

void positions_freeze(positions *p)
{
    if (p->count > 1)
        qsort(p->items, p->count, sizeof *p->items, compare_nodes);
}

const position *positions_find(const positions *p, const value *node)
{
    const position key = {.node = node};
    return p->count == 0 ? NULL : bsearch(&key, p->items, p->count, sizeof key, compare_nodes);
}
