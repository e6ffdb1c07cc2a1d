/* dice: the chance of one simulated world. One seed, one course of events. */
#ifndef TESTS_SIMULATION_DICE_H
#define TESTS_SIMULATION_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

/* SplitMix64 (Steele, Lea, Flood 2014): every seed is as good as any other. */
static inline uint64_t dice_next(dice *d)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint64_t dice_below(dice *d, uint64_t n)
{
    return dice_next(d) % n;
}

static inline int64_t dice_between(dice *d, int64_t low, int64_t high)
{
    return low + (int64_t)dice_below(d, (uint64_t)(high - low) + 1);
}

/* True in `share` of 10,000 throws. */
static inline bool dice_chance(dice *d, uint32_t share)
{
    return dice_below(d, 10000) < share;
}

#endif
