/* completion: the events that tell the world how steps and executions ended, as Avro.
 *
 * Both are made from the execution alone, whether it has just run or was read back from its record, so an
 * event that must be made again is the same to the byte. Schemas: schemas/step_completion.avsc,
 * schemas/execution_completion.avsc. */
#ifndef ENGINE_EXECUTION_COMPLETION_H
#define ENGINE_EXECUTION_COMPLETION_H

#include "engine/execution/execution.h"

/* The schemas' JSON texts, from the files in schemas/. */
extern const char completion_step_schema[];
extern const char completion_execution_schema[];

/* True for a step that gets an event: it has ended. In the run steps[step_index].run: one of an earlier run
 * was told then. */
bool completion_has_step(const execution *x, size_t step_index);

/* Each appends the event's body, without framing. Only of a step that gets one, and of an execution that has
 * ended. */
void completion_write_step(buffer *b, const execution *x, size_t step_index);
void completion_write_execution(buffer *b, const execution *x);

#endif
