/* iteration: going over whatever Python can go over: lists, tuples, sets, maps (their keys), text (code
 * points), ranges, views and iterators. Every item costs a step of the budget. */
#ifndef ENGINE_EXPRESSION_ITERATION_H
#define ENGINE_EXPRESSION_ITERATION_H

#include "engine/expression/machine/object.h"

typedef enum iteration_step {
    ITERATION_ITEM,
    ITERATION_END,
    ITERATION_FAILED, /* with the exception */
} iteration_step;

/* Makes *cursor stand before the first item. False with TypeError where `iterable` is none. */
MUST_CHECK bool iteration_begin(evaluation *ev, const value *iterable, value *cursor);
/* The next item; *item is untouched where there is none. */
MUST_CHECK iteration_step iteration_next(evaluation *ev, value *cursor, value *item);

/* Objects of zip(), enumerate() and reversed(). */
MUST_CHECK bool iteration_zip(evaluation *ev, const value *iterables, size_t count, bool strict,
                              value *result);
MUST_CHECK bool iteration_enumerate(evaluation *ev, const value *iterable, int64_t start, value *result);
MUST_CHECK bool iteration_reversed(evaluation *ev, const value *sequence, value *result);

#endif
