/* attribute: what stands behind a dot: the methods of a value's type, and after them the keys of a map. */
#ifndef ENGINE_EXPRESSION_ATTRIBUTE_H
#define ENGINE_EXPRESSION_ATTRIBUTE_H

#include "engine/expression/object.h"

/* v.name, name being text that does not begin with '_'. AttributeError where there is none. */
MUST_CHECK bool attribute_get(evaluation *ev, const value *v, const value *name, value *result);

/* For a call that follows at once: replaces pair[0] by the method, with what it is called on in pair[1]; by
 * the map's value, with pair[1] omitted, where `name` is a key. */
MUST_CHECK bool attribute_load_method(evaluation *ev, const value *name, value *pair);

/* The method of v's type with this name, or NULL. */
const callable *attribute_find_method(const value *v, const value *name);

#endif
