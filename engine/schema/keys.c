#include "engine/schema/keys.h"

bool key_table_init(key_table *t, arena *a, const value *keys, uint32_t count)
{
    uint32_t slot_count = 2;
    while (slot_count < count * 2)
        slot_count *= 2;
    key_entry *slots = arena_alloc(a, slot_count * sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < slot_count; i++)
        slots[i] = (key_entry){.number = KEY_NONE};
    *t = (key_table){.slots = slots, .mask = slot_count - 1};
    for (uint32_t i = 0; i < count; i++) {
        const value *key = &keys[i];
        if (key_table_find(t, key->text, key->count) != KEY_NONE)
            continue;
        key_words words = key_words_of(key->text, key->count);
        uint32_t slot = key_hash(words, key->count) & t->mask;
        while (slots[slot].number != KEY_NONE)
            slot = (slot + 1) & t->mask;
        slots[slot] = (key_entry){.words = words, .text = key->text, .size = key->count, .number = i};
        t->count++;
    }
    return true;
}
