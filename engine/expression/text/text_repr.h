/* text_repr: what `%` formatting needs beyond str() and repr(). */
#ifndef ENGINE_EXPRESSION_TEXT_REPR_H
#define ENGINE_EXPRESSION_TEXT_REPR_H

#include "engine/expression/evaluation.h"

/* Python's ascii(v): repr(v) with everything outside ASCII escaped. */
MUST_CHECK bool text_ascii_repr(evaluation *ev, const value *v, value *result);

#endif
