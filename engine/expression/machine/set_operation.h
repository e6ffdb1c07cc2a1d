/* set_operation: what sets do with one another, and with the views d.keys() and d.items(), which are sets as
 * well. */
#ifndef ENGINE_EXPRESSION_SET_OPERATION_H
#define ENGINE_EXPRESSION_SET_OPERATION_H

#include "engine/expression/machine/object.h"
#include "engine/expression/syntax/syntax.h"

/* True for a set, a view of keys and a view of members. */
bool set_operation_is_set(const value *v);

/* item in set, where `set` may be a map (its keys) as well. TypeError where the item cannot be hashed. */
MUST_CHECK bool set_operation_contains(evaluation *ev, const value *set, const value *item, bool *contained);

/* RELATION_EQUAL and those of order: <= is "subset". */
MUST_CHECK bool set_operation_compare(evaluation *ev, relation r, const value *left, const value *right,
                                      bool *holds);

/* BINARY_OR (union), BINARY_AND, BINARY_SUBTRACT, BINARY_XOR of any two iterables, as a set. */
MUST_CHECK bool set_operation_combine(evaluation *ev, binary_operator op, const value *left,
                                      const value *right, value *result);

/* set.intersection(iterable). As in CPython it ends when all of the set has been found, and looks at no more.
 */
MUST_CHECK bool set_operation_intersect(evaluation *ev, const value *set, const value *iterable,
                                        value *result);

#endif
