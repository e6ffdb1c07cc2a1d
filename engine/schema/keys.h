/* keys: a fixed set of strings, found by their bytes in a few instructions.
 *
 * Up to 16 bytes a key is two overlapping words, so that most comparisons need no loop. The table belongs to
 * the schema, whose author chose the keys: instances cannot make it slow. */
#ifndef ENGINE_SCHEMA_KEYS_H
#define ENGINE_SCHEMA_KEYS_H

#include "engine/value/value.h"

enum { KEY_NONE = UINT32_MAX };

/* First and last eight bytes; shorter keys so that different keys of one size have different words. */
typedef struct key_words {
    uint64_t low;
    uint64_t high;
} key_words;

typedef struct key_entry {
    key_words words;
    const char *text;
    uint32_t size;
} key_entry;

typedef struct key_table {
    const key_entry *entries; /* by number; one that equals no key for a key that was there, and at the end */
    const uint32_t *slots;    /* open addressing: a number, KEY_NONE where free */
    uint32_t mask;
    uint32_t count; /* of different keys */
} key_table;

/* Builds the table of `keys` (strings, borrowed); a key's number is its index. Of equal keys the first
 * counts. False without memory. */
MUST_CHECK bool key_table_init(key_table *t, arena *a, const value *keys, uint32_t count);

static inline uint64_t key_load(const char *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return word;
}

static inline key_words key_words_of(const char *text, uint32_t size)
{
    if (size >= 8)
        return (key_words){key_load(text, 8), key_load(text + size - 8, 8)};
    if (size >= 4)
        return (key_words){key_load(text, 4), key_load(text + size - 4, 4)};
    if (size == 0)
        return (key_words){0, 0};
    return (key_words){key_load(text, 1) | key_load(text + size / 2, 1) << 8, key_load(text + size - 1, 1)};
}

static inline uint32_t key_hash(key_words words, uint32_t size)
{
    uint64_t mixed = (words.low ^ size) * 0x9E3779B97F4A7C15u ^ words.high;
    mixed *= 0xD6E8FEB86659FD93u;
    return (uint32_t)(mixed >> 32);
}

static inline bool key_equal(const key_entry *entry, key_words words, const char *text, uint32_t size)
{
    return entry->words.low == words.low && entry->words.high == words.high && entry->size == size &&
           (size <= 16 || memcmp(entry->text + 8, text + 8, size - 16) == 0);
}

/* The key's number, or KEY_NONE. */
uint32_t key_table_find(const key_table *t, key_words words, const char *text, uint32_t size);

static inline uint32_t key_table_get(const key_table *t, const value *key)
{
    return key_table_find(t, key_words_of(key->text, key->count), key->text, key->count);
}

#endif
