/* subscript: x[i] and x[start:stop:step]. */
#ifndef ENGINE_EXPRESSION_SUBSCRIPT_H
#define ENGINE_EXPRESSION_SUBSCRIPT_H

#include "engine/expression/machine/object.h"

MUST_CHECK bool subscript_item(evaluation *ev, const value *container, const value *index, value *result);
/* bounds: start, stop and step, None where omitted. */
MUST_CHECK bool subscript_slice(evaluation *ev, const value *container, const value bounds[3], value *result);

#endif
