/* builtins: the functions that every expression may call. */
#ifndef ENGINE_EXPRESSION_BUILTINS_H
#define ENGINE_EXPRESSION_BUILTINS_H

#include "engine/expression/machine/object.h"

/* The built-in function with this name, as a VALUE_CALLABLE. */
bool builtin_find(const char *name, size_t size, value *function);

/* Those on numbers (number_functions.c). Arguments as callable_function has them. */
bool builtin_abs(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_divmod(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_float(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_int(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_round(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_sum(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);

/* Those that order items (order_functions.c). */
bool builtin_max(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_min(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);
bool builtin_sorted(evaluation *ev, const value *self, const value *arguments, size_t count, value *result);

#endif
