/* container_methods: the methods of dict, list, tuple, range and set. All of them only read. */
#ifndef ENGINE_EXPRESSION_CONTAINER_METHODS_H
#define ENGINE_EXPRESSION_CONTAINER_METHODS_H

#include "engine/expression/machine/object.h"

/* The method of values of this kind with this name, or NULL. Static. */
const callable *container_method_find(value_kind kind, const char *name, size_t size);

#endif
