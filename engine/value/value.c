#include "engine/value/value.h"

#include <math.h>

#include "engine/limits.h"

enum {
    CAPACITY_FIRST = 8,
    /* Below this many members a scan is faster than a hash, and the index costs nothing. */
    INDEX_THRESHOLD = 12,
};

/* Stands right before the members of a map that is VALUE_INDEXED. A slot holds a member's number + 1, 0 where
 * free. */
typedef struct map_index {
    const uint32_t *slots;
    uint32_t slot_mask;
    uint32_t seed;
} map_index;

static_assert(sizeof(map_index) == 16, "members must stay aligned behind their index");

const char *value_kind_name(value_kind kind)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number", "string",   "array",
                                        "object", "tuple",   "set",     "range",  "callable", "iterator"};
    return names[kind];
}

/* ---- numbers ---- */

static int compare_int_float(int64_t i, double d)
{
    if (isnan(d))
        return 2;
    /* 2^63 is exact as a double; beyond it every int is smaller (or greater below -2^63). */
    if (d >= 9223372036854775808.0)
        return -1;
    if (d < -9223372036854775808.0)
        return 1;
    int64_t other = (int64_t)d;
    if (i != other)
        return i < other ? -1 : 1;
    double whole = (double)other; /* exact: what d has beyond 2^53 are no fractions */
    return d > whole ? -1 : d < whole ? 1 : 0;
}

int value_compare_numbers(const value *a, const value *b)
{
    if (a->kind != VALUE_FLOAT && b->kind != VALUE_FLOAT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->kind == VALUE_FLOAT && b->kind == VALUE_FLOAT) {
        if (isnan(a->number) || isnan(b->number))
            return 2;
        return (a->number > b->number) - (a->number < b->number);
    }
    if (a->kind == VALUE_FLOAT) {
        int reversed = compare_int_float(b->integer, a->number);
        return reversed == 2 ? 2 : -reversed;
    }
    return compare_int_float(a->integer, b->number);
}

/* ---- equality ---- */

static bool is_json_number(const value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static bool is_python_number(const value *v)
{
    return is_json_number(v) || v->kind == VALUE_BOOL;
}

static bool maps_equal(const value *a, const value *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const value *other = value_get_key(b, &a->members[i].key);
        if (other == NULL || !value_equal(&a->members[i].value, other))
            return false;
    }
    return true;
}

bool value_equal(const value *a, const value *b)
{
    if (is_json_number(a) && is_json_number(b))
        return value_compare_numbers(a, b) == 0;
    if (a->kind != b->kind)
        return false;
    switch ((value_kind)a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->integer == b->integer;
    case VALUE_STRING:
        return value_same_text(a, b);
    case VALUE_LIST:
    case VALUE_TUPLE:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++)
            if (!value_equal(&a->items[i], &b->items[i]))
                return false;
        return true;
    case VALUE_MAP:
        return maps_equal(a, b);
    default:
        return a->object == b->object;
    }
}

bool value_same_key(const value *a, const value *b)
{
    if (a->kind == VALUE_STRING)
        return b->kind == VALUE_STRING && value_same_text(a, b);
    if (is_python_number(a) && is_python_number(b))
        return value_compare_numbers(a, b) == 0;
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_TUPLE) {
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++)
            if (!value_same_key(&a->items[i], &b->items[i]))
                return false;
        return true;
    }
    if (a->kind == VALUE_RANGE)
        return memcmp(a->object, b->object, VALUE_RANGE_KEY_COUNT * sizeof(int64_t)) == 0;
    return value_equal(a, b);
}

/* ---- hashing ---- */

/* Two rounds of a 64x64 -> 128 bit multiplication, folded: mixes every input bit into every output bit. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD6E8FEB86659FD93u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(const char *bytes, size_t size, uint64_t seed)
{
    uint64_t hash = mix(seed, size);
    while (size >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = mix(hash ^ word, seed + 1);
        bytes += 8;
        size -= 8;
    }
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return mix(hash ^ word, seed + 2);
}

uint32_t value_hash(const value *v, uint32_t seed)
{
    switch ((value_kind)v->kind) {
    case VALUE_STRING:
        return (uint32_t)hash_bytes(v->text, v->count, seed);
    case VALUE_FLOAT:
        if (v->number >= -9223372036854775808.0 && v->number < 9223372036854775808.0 &&
            v->number == trunc(v->number))
            return (uint32_t)mix((uint64_t)(int64_t)v->number, seed);
        return (uint32_t)mix((uint64_t)v->integer, seed); /* the double's bits */
    case VALUE_BOOL:
    case VALUE_INT:
        return (uint32_t)mix((uint64_t)v->integer, seed);
    case VALUE_TUPLE: {
        uint32_t hash = seed ^ v->count;
        for (uint32_t i = 0; i < v->count; i++)
            hash = (uint32_t)mix(value_hash(&v->items[i], seed), hash);
        return hash;
    }
    default:
        return (uint32_t)mix(v->kind, seed);
    }
}

/* The capacity for `more` beyond `count`, at least twice the old one; false past LIMIT_VALUE_COUNT. */
static bool widen(uint32_t *capacity, uint32_t count, size_t more)
{
    if (more > LIMIT_VALUE_COUNT || count > LIMIT_VALUE_COUNT - more)
        return false;
    uint32_t needed = count + (uint32_t)more;
    *capacity = needed < *capacity * 2 ? *capacity * 2 : needed;
    return true;
}

/* ---- maps ---- */

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t find_slot(const uint32_t *slots, uint32_t mask, uint32_t seed, const value_member *members,
                          const value *key)
{
    uint32_t slot = value_hash(key, seed) & mask;
    while (slots[slot] != 0 && !value_same_key(&members[slots[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

/* The number of the member with this key, or count. */
static inline uint32_t scan(const value_member *members, uint32_t count, const value *key)
{
    if (key->kind == VALUE_STRING)
        return value_scan(members, count, key);
    uint32_t i = 0;
    while (i < count && !value_same_key(&members[i].key, key))
        i++;
    return i;
}

const value *value_get_key(const value *map, const value *key)
{
    if (map->kind != VALUE_MAP)
        return NULL;
    const value_member *members = map->members;
    if (map->flags & VALUE_INDEXED) {
        const map_index *index = (const map_index *)(const void *)members - 1;
        uint32_t slot = index->slots[find_slot(index->slots, index->slot_mask, index->seed, members, key)];
        return slot == 0 ? NULL : &members[slot - 1].value;
    }
    uint32_t i = scan(members, map->count, key);
    return i == map->count ? NULL : &members[i].value;
}

const value *value_get(const value *map, const char *key, size_t key_size)
{
    if (key_size > LIMIT_VALUE_COUNT)
        return NULL;
    value wanted = value_string(key, key_size);
    return value_get_key(map, &wanted);
}

static value_member *builder_members(const map_builder *b)
{
    return (value_member *)(void *)(b->block + sizeof(map_index));
}

void map_builder_init(map_builder *b, arena *a)
{
    *b = (map_builder){.arena = a};
}

/* The number of the member with this key, or count. */
static uint32_t find_member(const map_builder *b, const value *key)
{
    if (b->count == 0)
        return 0;
    value_member *members = builder_members(b);
    if (b->slots != NULL) {
        uint32_t slot = b->slots[find_slot(b->slots, b->slot_mask, b->arena->hash_seed, members, key)];
        return slot == 0 ? b->count : slot - 1;
    }
    return scan(members, b->count, key);
}

/* Keeps the table at most half full. */
static bool rebuild_index(map_builder *b)
{
    uint32_t slot_count = 1; /* a power of two: the mask needs it */
    while (slot_count < b->capacity * 2)
        slot_count *= 2;
    uint32_t *slots = arena_calloc(b->arena, slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    b->slots = slots;
    b->slot_mask = slot_count - 1;
    value_member *members = builder_members(b);
    for (uint32_t i = 0; i < b->count; i++)
        slots[find_slot(slots, b->slot_mask, b->arena->hash_seed, members, &members[i].key)] = i + 1;
    return true;
}

static bool resize(map_builder *b, uint32_t capacity)
{
    size_t old_size = b->capacity == 0 ? 0 : sizeof(map_index) + b->capacity * sizeof(value_member);
    char *block =
        arena_grow(b->arena, b->block, old_size, sizeof(map_index) + capacity * sizeof(value_member));
    if (block == NULL)
        return false;
    b->block = block;
    b->capacity = capacity;
    return capacity <= INDEX_THRESHOLD || rebuild_index(b);
}

bool map_builder_reserve(map_builder *b, size_t count)
{
    if (count <= b->capacity - b->count)
        return true;
    uint32_t capacity = b->capacity;
    return widen(&capacity, b->count, count) && resize(b, capacity);
}

bool map_builder_put(map_builder *b, value key, value v)
{
    uint32_t i = find_member(b, &key);
    if (i < b->count) {
        builder_members(b)[i].value = v;
        return true;
    }
    if (b->count == b->capacity && !map_builder_reserve(b, b->capacity == 0 ? CAPACITY_FIRST : 1))
        return false;
    value_member *members = builder_members(b);
    members[b->count++] = (value_member){.key = key, .value = v};
    if (b->slots != NULL)
        b->slots[find_slot(b->slots, b->slot_mask, b->arena->hash_seed, members, &key)] = b->count;
    return true;
}

bool map_builder_has(const map_builder *b, const value *key)
{
    return find_member(b, key) < b->count;
}

value map_builder_finish(const map_builder *b)
{
    value map = {.kind = VALUE_MAP, .count = b->count};
    if (b->count == 0)
        return map;
    map.members = builder_members(b);
    if (b->slots != NULL) {
        map_index *index = (map_index *)(void *)b->block;
        *index = (map_index){.slots = b->slots, .slot_mask = b->slot_mask, .seed = b->arena->hash_seed};
        map.flags |= VALUE_INDEXED;
    }
    return map;
}

value_member *map_like(const value *map, arena *a, value *out)
{
    *out = *map;
    bool indexed = map->flags & VALUE_INDEXED;
    size_t index_size = indexed ? sizeof(map_index) : 0;
    size_t members_size = map->count * sizeof(value_member);
    char *block = arena_alloc(a, index_size + members_size);
    if (block == NULL)
        return NULL;
    if (indexed)
        memcpy(block, (const char *)map->members - index_size, index_size);
    value_member *members = (value_member *)(void *)(block + index_size);
    out->members = members;
    return members;
}

/* ---- lists ---- */

void list_builder_init(list_builder *b, arena *a)
{
    *b = (list_builder){.arena = a};
}

bool list_builder_reserve(list_builder *b, size_t count)
{
    if (count <= b->capacity - b->count)
        return true;
    uint32_t capacity = b->capacity;
    if (!widen(&capacity, b->count, count))
        return false;
    value *items = arena_grow(b->arena, b->items, b->capacity * sizeof *items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    b->items = items;
    b->capacity = capacity;
    return true;
}

bool list_builder_add(list_builder *b, value item)
{
    if (b->count == b->capacity && !list_builder_reserve(b, b->capacity == 0 ? CAPACITY_FIRST : 1))
        return false;
    b->items[b->count++] = item;
    return true;
}

value list_builder_finish(const list_builder *b)
{
    return value_list(b->items, b->count);
}
