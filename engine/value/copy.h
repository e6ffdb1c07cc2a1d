/* copy: values into another arena, so that nothing of the original is borrowed. */
#ifndef ENGINE_VALUE_COPY_H
#define ENGINE_VALUE_COPY_H

#include "engine/value/value.h"

/* Copies a value of JSON's kinds deeply (at most LIMIT_VALUE_DEPTH, which its reader has seen to); a NUL
 * follows every text. Values shared within `v` are copied as often as they occur. False past the arena's
 * budget. */
MUST_CHECK bool value_copy(arena *a, const value *v, value *out);

#endif
