/* difference: what differs between two documents, place by place. */
#ifndef ENGINE_WORKFLOW_DIFFERENCE_H
#define ENGINE_WORKFLOW_DIFFERENCE_H

#include "engine/value/buffer.h"

/* Called for each place that differs: `place` is a JSON Pointer, in which a step stands by its id; before or
 * after is NULL where there is nothing. */
typedef void difference_function(void *data, const char *place, const value *before, const value *after);

/* Compares deeply; steps are compared by id, and a changed order of the same steps is one difference at
 * /steps. Returns how many differences there are; `scratch` is used. False in *complete without memory. */
size_t difference_find(const value *before, const value *after, arena *scratch, difference_function *each,
                       void *data, bool *complete);

#endif
