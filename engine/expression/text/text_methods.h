/* text_methods: the methods of str, `%` formatting, str() and repr(), as CPython 3.11 has them, on UTF-8.
 * Positions and lengths count code points; case mappings and classes are those of Unicode (libunistring). */
#ifndef ENGINE_EXPRESSION_TEXT_METHODS_H
#define ENGINE_EXPRESSION_TEXT_METHODS_H

#include "engine/expression/evaluation.h"

/* The method of str with this name, or NULL. Static. */
const callable *text_method_find(const char *name, size_t name_size);

/* format % arguments, where format is a string: a tuple gives several arguments, a map serves %(name)s. */
MUST_CHECK bool text_format_percent(evaluation *ev, const value *format, const value *arguments,
                                    value *result);

/* str(v) and repr(v) of any value that an expression can have, charged to the budget. */
MUST_CHECK bool text_str(evaluation *ev, const value *v, value *result);
MUST_CHECK bool text_repr(evaluation *ev, const value *v, value *result);

/* Code points of a string; fast where VALUE_ASCII is set. */
size_t text_length(const value *text);
/* The code points [start, stop) with step 1, 0 <= start <= stop <= length, borrowed from text. */
value text_slice(const value *text, size_t start, size_t stop);
/* -1, 0, 1 by code point, as Python orders str. (UTF-8 bytes order the same.) */
int text_compare(const value *a, const value *b);

#endif
