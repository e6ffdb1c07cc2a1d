/* call: calling what can be called, with positional and named arguments. */
#ifndef ENGINE_EXPRESSION_CALL_H
#define ENGINE_EXPRESSION_CALL_H

#include "engine/expression/machine/object.h"

/* function(arguments): `names` is NULL or a tuple of the names of the last arguments; `self` is NULL, or what
 * a method is called on. TypeError where it is no function or the arguments do not fit. */
MUST_CHECK bool call_value(evaluation *ev, const value *function, const value *self, const value *arguments,
                           size_t count, const value *names, value *result);

#endif
