#include "engine/schema/validator.h"

enum { PAIRWISE_MAX = 12 };

static uint32_t hash_json(const value *v, unsigned depth);

/* Members may come in any order, so their hashes are summed. */
static uint32_t hash_map(const value *map, unsigned depth)
{
    uint32_t hash = map->count;
    for (uint32_t i = 0; i < map->count; i++) {
        const value_member *m = &map->members[i];
        hash += value_hash(&m->key, hash_json(&m->value, depth));
    }
    return hash;
}

static uint32_t hash_list(const value *list, unsigned depth)
{
    uint32_t hash = list->count;
    for (uint32_t i = 0; i < list->count; i++)
        hash = hash * 0x9E3779B1u + hash_json(&list->items[i], depth);
    return hash;
}

/* Agrees with value_equal. Too deep is all the same: that is slow, never wrong. */
static uint32_t hash_json(const value *v, unsigned depth)
{
    if (depth == 0)
        return 0;
    if (v->kind == VALUE_MAP)
        return hash_map(v, depth - 1);
    if (v->kind == VALUE_LIST)
        return hash_list(v, depth - 1);
    return value_hash(v, 1u + (v->kind == VALUE_BOOL));
}

static bool pairwise_unique(const value *list, uint32_t *first, uint32_t *second)
{
    for (*second = 1; *second < list->count; ++*second)
        for (*first = 0; *first < *second; ++*first)
            if (value_equal(&list->items[*first], &list->items[*second]))
                return false;
    return true;
}

typedef struct item_slot {
    uint32_t number; /* + 1; 0 where free */
    uint32_t hash;
} item_slot;

/* Items whose hashes collide on purpose are stopped by the budget of steps. */
static bool hashed_unique(validator *v, const value *list, item_slot *slots, uint32_t mask, uint32_t *first,
                          uint32_t *second)
{
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t hash = hash_json(&list->items[i], LIMIT_VALUE_DEPTH);
        uint32_t slot = hash & mask;
        for (; slots[slot].number != 0; slot = (slot + 1) & mask) {
            if (!validator_spend(v, 1))
                return false;
            *first = slots[slot].number - 1;
            *second = i;
            if (slots[slot].hash == hash && value_equal(&list->items[*first], &list->items[i]))
                return false;
        }
        slots[slot] = (item_slot){.number = i + 1, .hash = hash};
    }
    return true;
}

bool items_unique(validator *v, const value *list, uint32_t *first, uint32_t *second)
{
    if (list->count <= PAIRWISE_MAX)
        return pairwise_unique(list, first, second);
    uint32_t slot_count = 64;
    while (slot_count < list->count * 2)
        slot_count *= 2;
    arena_mark mark = arena_get_mark(&v->scratch);
    item_slot *slots = arena_calloc(&v->scratch, slot_count, sizeof *slots);
    bool unique = slots != NULL ? hashed_unique(v, list, slots, slot_count - 1, first, second)
                                : validator_fault(v, "uniqueItems needs too much memory");
    arena_rewind(&v->scratch, mark);
    return unique;
}
