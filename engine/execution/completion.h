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

enum { COMPLETIONS_AT_ONCE = IDENTITIES_AT_ONCE };

/* Events that are to be made: of steps, or of the execution itself, whose index is the count of its steps. */
typedef struct completion_list {
    size_t count;
    size_t indices[COMPLETIONS_AT_ONCE];
    identity ids[COMPLETIONS_AT_ONCE];
} completion_list;

/* The next events, as many as go into the list: of the steps from *next on that get one, in their order, and
 * behind them of the execution, where it has ended. Moves *next behind them. False where there are no more.
 */
MUST_CHECK bool completion_next(const execution *x, size_t *next, completion_list *out);

/* Room that suffices for an event's body, and what appends it, without framing. */
size_t completion_room(const execution *x, size_t index);
void completion_write(buffer *b, const execution *x, size_t index, const identity *id);

/* The same of one. Only of a step that gets one, and of an execution that has ended. */
void completion_write_step(buffer *b, const execution *x, size_t step_index);
void completion_write_execution(buffer *b, const execution *x);

#endif
