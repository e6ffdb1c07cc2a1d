/* attribute: what stands behind a dot: the methods of a value's type, and after them the keys of a map. */
#ifndef ENGINE_EXPRESSION_ATTRIBUTE_H
#define ENGINE_EXPRESSION_ATTRIBUTE_H

#include "engine/expression/machine/object.h"

/* v.name, name being text that does not begin with '_'. AttributeError where there is none. */
MUST_CHECK bool attribute_get(evaluation *ev, const value *v, const value *name, value *result);

/* For a call that follows at once: replaces pair[0] by the method, with what it is called on in pair[1]; by
 * the map's value, with pair[1] omitted, where `name` is a key. */
MUST_CHECK bool attribute_load_method(evaluation *ev, const value *name, value *pair);

/* As attribute_get for a name that attribute_is_method denies. */
MUST_CHECK bool attribute_get_member(evaluation *ev, const value *v, const value *name, value *result);

/* True where some type has a method with this name. */
bool attribute_is_method(const value *name);

#endif
