#include "engine/schema/keys.h"

uint32_t key_table_find(const key_table *t, key_words words, const char *text, uint32_t size)
{
    uint32_t slot = key_hash(words, size) & t->mask;
    while (t->slots[slot] != KEY_NONE && !key_equal(&t->entries[t->slots[slot]], words, text, size))
        slot = (slot + 1) & t->mask;
    return t->slots[slot];
}

bool key_table_init(key_table *t, arena *a, const value *keys, uint32_t count)
{
    uint32_t slot_count = 2;
    while (slot_count < count * 2)
        slot_count *= 2;
    uint32_t *slots = arena_alloc(a, slot_count * sizeof *slots);
    key_entry *entries = arena_alloc(a, (count + 1) * sizeof *entries);
    if (slots == NULL || entries == NULL)
        return false;
    memset(slots, 0xFF, slot_count * sizeof *slots);
    *t = (key_table){.entries = entries, .slots = slots, .mask = slot_count - 1};
    const key_entry none = {.size = UINT32_MAX};
    entries[count] = none;
    for (uint32_t i = 0; i < count; i++) {
        const value *key = &keys[i];
        key_words words = key_words_of(key->text, key->count);
        entries[i] = none;
        if (key_table_find(t, words, key->text, key->count) != KEY_NONE)
            continue;
        entries[i] = (key_entry){.words = words, .text = key->text, .size = key->count};
        uint32_t slot = key_hash(words, key->count) & t->mask;
        while (slots[slot] != KEY_NONE)
            slot = (slot + 1) & t->mask;
        slots[slot] = i;
        t->count++;
    }
    return true;
}

static_assert(KEY_NONE == UINT32_MAX, "free slots are filled with bytes of 0xFF");
