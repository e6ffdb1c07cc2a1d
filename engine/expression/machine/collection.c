#include "engine/expression/machine/collection.h"

#include "engine/expression/machine/iteration.h"
#include "engine/limits.h"

enum {
    CAPACITY_FIRST = 8,
    /* Up to this many items a scan is as fast as a hash. */
    SET_SCAN_MAX = 8,
    /* A member, and its share of the index. */
    MEMBER_BYTES = sizeof(value_member) + 2 * sizeof(uint32_t),
};

/* Stands right before the items of a set that is VALUE_INDEXED. A slot holds an item's number + 1, 0 where
 * free. */
typedef struct set_index {
    const uint32_t *slots;
    uint32_t slot_mask;
    uint32_t seed;
} set_index;

static_assert(sizeof(set_index) % sizeof(value) == 0, "items must stay aligned behind their index");

static bool raise_no_memory(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
}

static bool finish_depth(evaluation *ev, unsigned depth_below, value *result)
{
    if (depth_below >= LIMIT_VALUE_DEPTH)
        return evaluation_raise(ev, EXCEPTION_RESOURCE, "a value is nested deeper than %d levels",
                                LIMIT_VALUE_DEPTH);
    result->extra = (uint16_t)(depth_below + 1);
    return true;
}

static unsigned deepest(const value *items, size_t count)
{
    unsigned depth = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned item_depth = value_built_depth(&items[i]);
        if (item_depth > depth)
            depth = item_depth;
    }
    return depth;
}

static bool finish_items(evaluation *ev, value_kind kind, const value *items, uint32_t count, value *result)
{
    *result = (value){.kind = (uint8_t)kind, .count = count, .items = items};
    return finish_depth(ev, deepest(items, count), result);
}

/* Room for more items in *block, which has `header` bytes before them. */
static bool grow(evaluation *ev, char **block, size_t header, uint32_t *capacity)
{
    uint32_t bigger = *capacity == 0 ? CAPACITY_FIRST : *capacity * 2;
    size_t old_size = *capacity == 0 ? 0 : header + *capacity * sizeof(value);
    size_t new_size = header + bigger * sizeof(value);
    if (!evaluation_charge(ev, new_size - old_size))
        return false;
    char *grown = arena_grow(ev->arena, *block, old_size, new_size);
    if (grown == NULL)
        return raise_no_memory(ev);
    *block = grown;
    *capacity = bigger;
    return true;
}

/* ---- lists and tuples ---- */

void sequence_builder_init(sequence_builder *b, evaluation *ev)
{
    *b = (sequence_builder){.ev = ev};
}

bool sequence_builder_add(sequence_builder *b, value item)
{
    if (b->count == b->capacity) {
        char *block = (char *)b->items;
        if (!grow(b->ev, &block, 0, &b->capacity))
            return false;
        b->items = (value *)(void *)block;
    }
    b->items[b->count++] = item;
    return true;
}

bool sequence_builder_finish(sequence_builder *b, value_kind kind, value *result)
{
    return finish_items(b->ev, kind, b->items, b->count, result);
}

bool sequence_copy(evaluation *ev, value_kind kind, const value *items, size_t count, value *result)
{
    value *copy = evaluation_alloc(ev, count * sizeof *copy);
    if (copy == NULL)
        return false;
    if (count > 0)
        memcpy(copy, items, count * sizeof *copy);
    return finish_items(ev, kind, copy, (uint32_t)count, result);
}

/* Values never change, so lists, tuples and sets may share their items. */
static bool has_items(const value *v)
{
    return v->kind == VALUE_LIST || v->kind == VALUE_TUPLE || v->kind == VALUE_SET;
}

bool sequence_from(evaluation *ev, value_kind kind, const value *iterable, value *result)
{
    if (has_items(iterable)) {
        *result = *iterable;
        result->kind = (uint8_t)kind;
        result->flags = 0;
        return evaluation_spend(ev, iterable->count / 8);
    }
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    sequence_builder items;
    sequence_builder_init(&items, ev);
    iteration_step step;
    value item;
    while ((step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        if (!sequence_builder_add(&items, item))
            return false;
    return step == ITERATION_END && sequence_builder_finish(&items, kind, result);
}

/* ---- keys ---- */

bool collection_check_hashable(evaluation *ev, const value *v)
{
    if (v->kind == VALUE_TUPLE) {
        for (uint32_t i = 0; i < v->count; i++)
            if (!collection_check_hashable(ev, &v->items[i]))
                return false;
        return true;
    }
    bool keys_or_members = value_is_view(v) && value_iterator_kind(v) != ITERATOR_VALUES;
    if (v->kind == VALUE_LIST || v->kind == VALUE_MAP || v->kind == VALUE_SET || keys_or_members)
        return evaluation_raise(ev, EXCEPTION_TYPE, "unhashable type: '%s'", object_type_name(v));
    return true;
}

/* ---- sets ---- */

void set_builder_init(set_builder *b, evaluation *ev)
{
    *b = (set_builder){.ev = ev};
}

static value *builder_items(const set_builder *b)
{
    return (value *)(void *)(b->block + sizeof(set_index));
}

/* The slot that holds the item, or the free one where it belongs. */
static uint32_t find_slot(const uint32_t *slots, uint32_t mask, uint32_t seed, const value *items,
                          const value *item)
{
    uint32_t slot = value_hash(item, seed) & mask;
    while (slots[slot] != 0 && !value_same_key(&items[slots[slot] - 1], item))
        slot = (slot + 1) & mask;
    return slot;
}

static bool scan(const value *items, uint32_t count, const value *item)
{
    for (uint32_t i = 0; i < count; i++)
        if (value_same_key(&items[i], item))
            return true;
    return false;
}

/* Keeps the table at most half full. */
static bool rebuild_index(set_builder *b)
{
    uint32_t slot_count = b->capacity * 2;
    if (!evaluation_charge(b->ev, slot_count * sizeof *b->slots))
        return false;
    b->slots = arena_calloc(b->ev->arena, slot_count, sizeof *b->slots);
    if (b->slots == NULL)
        return raise_no_memory(b->ev);
    b->slot_mask = slot_count - 1;
    const value *items = builder_items(b);
    for (uint32_t i = 0; i < b->count; i++)
        b->slots[find_slot(b->slots, b->slot_mask, b->ev->arena->hash_seed, items, &items[i])] = i + 1;
    return true;
}

static bool builder_has(const set_builder *b, const value *item)
{
    if (b->count == 0)
        return false;
    const value *items = builder_items(b);
    if (b->slots == NULL)
        return scan(items, b->count, item);
    return b->slots[find_slot(b->slots, b->slot_mask, b->ev->arena->hash_seed, items, item)] != 0;
}

bool set_builder_add(set_builder *b, value item)
{
    if (!collection_check_hashable(b->ev, &item))
        return false;
    if (builder_has(b, &item))
        return true;
    if (b->count == b->capacity) {
        if (!grow(b->ev, &b->block, sizeof(set_index), &b->capacity))
            return false;
        if (b->capacity > SET_SCAN_MAX && !rebuild_index(b))
            return false;
    }
    value *items = builder_items(b);
    items[b->count++] = item;
    if (b->slots != NULL)
        b->slots[find_slot(b->slots, b->slot_mask, b->ev->arena->hash_seed, items, &item)] = b->count;
    return true;
}

bool set_builder_finish(set_builder *b, value *result)
{
    if (b->count == 0) {
        *result = (value){.kind = VALUE_SET};
        return true;
    }
    if (!finish_items(b->ev, VALUE_SET, builder_items(b), b->count, result))
        return false;
    if (b->slots != NULL) {
        *(set_index *)(void *)b->block =
            (set_index){.slots = b->slots, .slot_mask = b->slot_mask, .seed = b->ev->arena->hash_seed};
        result->flags |= VALUE_INDEXED;
    }
    return true;
}

bool set_from(evaluation *ev, const value *iterable, value *result)
{
    if (iterable->kind == VALUE_SET) {
        *result = *iterable;
        return true;
    }
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    set_builder items;
    set_builder_init(&items, ev);
    iteration_step step;
    value item;
    while ((step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        if (!set_builder_add(&items, item))
            return false;
    return step == ITERATION_END && set_builder_finish(&items, result);
}

bool set_contains(const value *set, const value *item)
{
    if (!(set->flags & VALUE_INDEXED))
        return scan(set->items, set->count, item);
    const set_index *index = (const set_index *)(const void *)set->items - 1;
    return index->slots[find_slot(index->slots, index->slot_mask, index->seed, set->items, item)] != 0;
}

/* ---- dicts ---- */

void dict_builder_init(dict_builder *b, evaluation *ev)
{
    b->ev = ev;
    map_builder_init(&b->map, ev->arena);
}

bool dict_builder_put(dict_builder *b, value key, value v)
{
    if (!collection_check_hashable(b->ev, &key) || !evaluation_charge(b->ev, MEMBER_BYTES))
        return false;
    return map_builder_put(&b->map, key, v) || raise_no_memory(b->ev);
}

bool dict_builder_add_all(dict_builder *b, const value *map)
{
    if (!evaluation_spend(b->ev, map->count))
        return false;
    for (uint32_t i = 0; i < map->count; i++)
        if (!dict_builder_put(b, map->members[i].key, map->members[i].value))
            return false;
    return true;
}

bool dict_builder_finish(dict_builder *b, value *result)
{
    *result = map_builder_finish(&b->map);
    unsigned depth = 0;
    for (uint32_t i = 0; i < result->count; i++) {
        unsigned of_key = value_built_depth(&result->members[i].key);
        unsigned of_value = value_built_depth(&result->members[i].value);
        depth = of_key > depth ? of_key : depth;
        depth = of_value > depth ? of_value : depth;
    }
    return finish_depth(b->ev, depth, result);
}
