/* comparison: Python's relations: ==, <, in, is and their kin.
 *
 * Values have no identity of their own: `x is y` holds between None, True and False as in Python; between
 * others where they are of the same type and either the same stored data or, for numbers and text, equal. NaN
 * is equal to nothing, in a list neither. */
#ifndef ENGINE_EXPRESSION_COMPARISON_H
#define ENGINE_EXPRESSION_COMPARISON_H

#include "engine/expression/machine/object.h"
#include "engine/expression/syntax/syntax.h"

MUST_CHECK bool comparison_evaluate(evaluation *ev, relation r, const value *left, const value *right,
                                    value *result);

/* left == right. False without steps left. */
MUST_CHECK bool comparison_equal(evaluation *ev, const value *left, const value *right, bool *equal);
/* left < right. */
MUST_CHECK bool comparison_less(evaluation *ev, const value *left, const value *right, bool *less);
/* item in container. */
MUST_CHECK bool comparison_contains(evaluation *ev, const value *container, const value *item,
                                    bool *contained);

/* The position of the first item equal to `item` in a list or tuple, or count. */
MUST_CHECK bool comparison_find(evaluation *ev, const value *sequence, const value *item, uint32_t *position);

#endif
