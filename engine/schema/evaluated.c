#include "engine/schema/validator.h"

static uint32_t word_count(uint32_t count)
{
    return (count + 63) / 64;
}

bool evaluated_init(evaluated *set, validator *v, uint32_t count)
{
    *set = (evaluated){.count = count};
    set->words = count <= 64 ? &set->small : arena_calloc(&v->scratch, word_count(count), sizeof *set->words);
    return (set->words != NULL && validator_spend(v, word_count(count))) ||
           validator_fault(v, "what is evaluated needs too much memory");
}

void evaluated_add_all(evaluated *set)
{
    memset(set->words, 0xFF, word_count(set->count) * sizeof *set->words);
}

void evaluated_merge(evaluated *set, const evaluated *other)
{
    for (uint32_t i = 0; i < word_count(set->count); i++)
        set->words[i] |= other->words[i];
}
