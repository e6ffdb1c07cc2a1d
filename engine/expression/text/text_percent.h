/* text_percent: one conversion of `%` formatting, as its parser hands it to what writes numbers. */
#ifndef ENGINE_EXPRESSION_TEXT_PERCENT_H
#define ENGINE_EXPRESSION_TEXT_PERCENT_H

#include "engine/expression/evaluation.h"

typedef struct percent_conversion {
    bool left;      /* - */
    bool plus;      /* + */
    bool blank;     /* space */
    bool alternate; /* # */
    bool zeros;     /* 0 */
    uint64_t width;
    int32_t precision; /* -1 where none is given */
    char type;
} percent_conversion;

/* Appends `count` times the byte, paid for. */
MUST_CHECK bool percent_add_fill(evaluation *ev, buffer *out, char byte, uint64_t count);
/* d i u o x X of an int, or of a float where the conversion takes one. */
MUST_CHECK bool percent_add_integer(evaluation *ev, buffer *out, const percent_conversion *c, const value *v);
/* e E f F g G of a number. */
MUST_CHECK bool percent_add_float(evaluation *ev, buffer *out, const percent_conversion *c, const value *v);

#endif
