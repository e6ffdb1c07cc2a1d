/* arithmetic: Python's unary and binary operators on values, as CPython computes them, but for integers,
 * which have 64 bits: a result beyond them is an OverflowError. */
#ifndef ENGINE_EXPRESSION_ARITHMETIC_H
#define ENGINE_EXPRESSION_ARITHMETIC_H

#include "engine/expression/expression.h"
#include "engine/expression/machine/object.h"
#include "engine/expression/syntax/syntax.h"

MUST_CHECK bool arithmetic_unary(evaluation *ev, unary_operator op, const value *operand, value *result);
MUST_CHECK bool arithmetic_binary(evaluation *ev, binary_operator op, const value *left, const value *right,
                                  value *result);

/* // and % at once, for divmod(). */
MUST_CHECK bool arithmetic_divmod(evaluation *ev, const value *left, const value *right, value *quotient,
                                  value *remainder);

/* A finite or infinite float without its fraction, as an int: ValueError for NaN, OverflowError beyond 64
 * bits.
 */
MUST_CHECK bool arithmetic_float_to_int(evaluation *ev, double number, value *result);

#endif
