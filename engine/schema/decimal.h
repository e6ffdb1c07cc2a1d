/* decimal: numbers as a whole number times a power of ten, for `multipleOf`.
 *
 * A float counts as the shortest decimal that reads back the same, which is what its author wrote: 0.3 is a
 * multiple of 0.1 though their doubles are not. */
#ifndef ENGINE_SCHEMA_DECIMAL_H
#define ENGINE_SCHEMA_DECIMAL_H

#include "engine/value/value.h"

typedef struct decimal {
    uint64_t digits; /* without trailing zeros; the sign does not matter here */
    int32_t exponent;
} decimal;

/* `number` is an int or a finite float. */
decimal decimal_of(const value *number);
/* True where `number` is a whole multiple of `divisor`, which is above 0. */
bool decimal_is_multiple(const value *number, decimal divisor);

#endif
