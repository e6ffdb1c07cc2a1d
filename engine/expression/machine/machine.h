/* machine: runs compiled expressions. */
#ifndef ENGINE_EXPRESSION_MACHINE_H
#define ENGINE_EXPRESSION_MACHINE_H

#include "engine/expression/machine/iteration.h"
#include "engine/expression/program/program.h"

/* The value of the whole expression; what is lazy comes as a list. */
MUST_CHECK bool machine_run(evaluation *ev, const expression *p, const value *names, value *result);

/* The next item of a generator, which is what a VALUE_ITERATOR of ITERATOR_GENERATOR points to. */
MUST_CHECK iteration_step machine_resume(evaluation *ev, void *generator, value *item);

#endif
