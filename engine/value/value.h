/* value: a piece of data as JSON knows it, plus the kinds that only live inside expressions.
 *
 * Values are 16 bytes, passed by value, immutable once built, and shared freely: text, items and members are
 * borrowed from the arena (or input) that they were built in and live as long as it does. Text is UTF-8,
 * valid, not NUL-terminated. Integers are 64-bit and stay integers; a JSON number with a fraction, an
 * exponent or more than 64 bits is a float. */
#ifndef ENGINE_VALUE_VALUE_H
#define ENGINE_VALUE_VALUE_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "engine/value/arena.h"

typedef enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
    /* From here on: expressions only, never in a payload, a record or an event. */
    VALUE_TUPLE,
    VALUE_SET,
    VALUE_RANGE,
    VALUE_CALLABLE,
    VALUE_ITERATOR,
} value_kind;

enum {
    VALUE_ASCII = 1,   /* a string known to have one byte a code point; absence says nothing */
    VALUE_INDEXED = 2, /* a map with a hash index before its members; set by map_builder only */
    VALUE_SAFE = 4,    /* a string that HTML templates do not escape; set by their filters only */
};

/* The object of a VALUE_RANGE begins with this many int64_t, which are the same where ranges are equal. */
enum { VALUE_RANGE_KEY_COUNT = 3 };

typedef struct value value;
typedef struct value_member value_member;

struct value {
    uint8_t kind; /* value_kind */
    uint8_t flags;
    uint16_t extra; /* free for the owner of an expression-only kind */
    uint32_t count; /* bytes of a string, items of a list, tuple or set, members of a map */
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *text;
        const value *items;
        const value_member *members;
        const void *object; /* expression-only kinds */
    };
};

/* Keys are strings everywhere but in expressions, where they may be any hashable value. Order is that of
 * insertion. */
struct value_member {
    value key;
    value value;
};

static_assert(sizeof(value) == 16, "values are passed in two registers");

static inline value value_null(void)
{
    return (value){.kind = VALUE_NULL};
}
static inline value value_bool(bool boolean)
{
    return (value){.kind = VALUE_BOOL, .integer = boolean};
}
static inline value value_int(int64_t integer)
{
    return (value){.kind = VALUE_INT, .integer = integer};
}
static inline value value_float(double number)
{
    return (value){.kind = VALUE_FLOAT, .number = number};
}
/* Borrows the text; size must be below LIMIT_VALUE_COUNT. */
static inline value value_string(const char *text, size_t size)
{
    return (value){.kind = VALUE_STRING, .count = (uint32_t)size, .text = text};
}
static inline value value_cstring(const char *text)
{
    return value_string(text, strlen(text));
}
static inline value value_list(const value *items, size_t count)
{
    return (value){.kind = VALUE_LIST, .count = (uint32_t)count, .items = items};
}

static inline bool value_is_text(const value *v, const char *text)
{
    size_t size = strlen(text);
    return v->kind == VALUE_STRING && v->count == size && memcmp(v->text, text, size) == 0;
}
static inline bool value_same_text(const value *a, const value *b)
{
    return a->count == b->count && memcmp(a->text, b->text, a->count) == 0;
}

/* "null", "boolean", "integer", "number", "string", "array", "object": JSON Schema's words. Static. */
const char *value_kind_name(value_kind kind);

/* The member of a map by a string key, or NULL. `map` of any other kind gives NULL. */
const value *value_get(const value *map, const char *key, size_t key_size);
static inline const value *value_field(const value *map, const char *key)
{
    return value_get(map, key, strlen(key));
}
/* As value_get for any key; keys are equal as Python's are (1 == 1.0 == True). */
const value *value_get_key(const value *map, const value *key);

/* Keys are short, and to call memcmp would cost more than it does: two loads, which may overlap, compare what
 * has 4 to 16 bytes. */
static inline bool value_same_bytes(const char *a, const char *b, size_t size)
{
    uint64_t first[2], last[2];
    uint32_t first_half[2], last_half[2];
    if (size >= sizeof *first && size <= 2 * sizeof *first) {
        memcpy(&first[0], a, sizeof *first);
        memcpy(&first[1], b, sizeof *first);
        memcpy(&last[0], a + size - sizeof *last, sizeof *last);
        memcpy(&last[1], b + size - sizeof *last, sizeof *last);
        return first[0] == first[1] && last[0] == last[1];
    }
    if (size >= sizeof *first_half && size < sizeof *first) {
        memcpy(&first_half[0], a, sizeof *first_half);
        memcpy(&first_half[1], b, sizeof *first_half);
        memcpy(&last_half[0], a + size - sizeof *last_half, sizeof *last_half);
        memcpy(&last_half[1], b + size - sizeof *last_half, sizeof *last_half);
        return first_half[0] == first_half[1] && last_half[0] == last_half[1];
    }
    return memcmp(a, b, size) == 0;
}

/* The number of the first member whose key is this string, or count. Most are told apart by their keys'
 * lengths or first bytes. */
static inline uint32_t value_scan(const value_member *members, uint32_t count, const value *key)
{
    uint32_t i = 0;
    while (i < count && !(members[i].key.count == key->count && members[i].key.kind == VALUE_STRING &&
                          value_same_bytes(members[i].key.text, key->text, key->count)))
        i++;
    return i;
}

/* As value_get_key, for a `map` that is one and a key that is a string. A scan beats the hash where there are
 * few members. */
static inline const value *value_find(const value *map, const value *key)
{
    enum { SCANNED_MEMBERS_MAX = 16 };
    if (map->count > SCANNED_MEMBERS_MAX)
        return value_get_key(map, key);
    uint32_t i = value_scan(map->members, map->count, key);
    return i == map->count ? NULL : &map->members[i].value;
}

/* Equality of JSON: numbers by mathematical value, booleans apart from numbers, members in any order. */
bool value_equal(const value *a, const value *b);
/* Equality as Python's == has it between keys: booleans are the numbers 0 and 1; tuples by their items. */
bool value_same_key(const value *a, const value *b);
/* Agrees with value_same_key. */
uint32_t value_hash(const value *v, uint32_t seed);

/* An int or float as a double. */
static inline double value_as_double(const value *number)
{
    return number->kind == VALUE_FLOAT ? number->number : (double)number->integer;
}

/* -1, 0 or 1 for a < b, a == b, a > b, exactly, between ints and floats in any mix; 2 where either is NaN. */
int value_compare_numbers(const value *a, const value *b);

/* A new map with the keys of `map`, in the arena; NULL without memory or past its budget. The caller sets the
 * members that it returns, once: each to the key that `map` has there, and a value. Keys and index are shared
 * with `map`, which must live as long: records of one type are built this way without hashing a key. */
MUST_CHECK value_member *map_like(const value *map, arena *a, value *out);

/* Lists under construction. Embedded by value; lives in the arena. */
typedef struct list_builder {
    arena *arena;
    value *items;
    uint32_t count;
    uint32_t capacity;
} list_builder;

void list_builder_init(list_builder *b, arena *a);
/* False without memory, past the arena's budget, or past LIMIT_VALUE_COUNT. */
MUST_CHECK bool list_builder_add(list_builder *b, value item);
/* Makes room for `count` more items, which list_builder_add then takes without fail; false as above. */
MUST_CHECK bool list_builder_reserve(list_builder *b, size_t count);
/* A VALUE_LIST. The builder must not be used again. */
value list_builder_finish(const list_builder *b);

/* Maps under construction. */
typedef struct map_builder {
    arena *arena;
    char *block; /* index header, then members */
    uint32_t *slots;
    uint32_t slot_mask;
    uint32_t count;
    uint32_t capacity;
} map_builder;

void map_builder_init(map_builder *b, arena *a);
/* Sets the key's value: a key that is there keeps its place and gets the new value, as in JSON and Python. */
MUST_CHECK bool map_builder_put(map_builder *b, value key, value v);
/* Makes room for `count` more members, which map_builder_put then takes without fail; false as
 * list_builder_reserve. */
MUST_CHECK bool map_builder_reserve(map_builder *b, size_t count);
/* True where the key is there already. */
bool map_builder_has(const map_builder *b, const value *key);
value map_builder_finish(const map_builder *b);

#endif
