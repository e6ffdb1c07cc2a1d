/* control_change: what happened to one control, to be listed and undone. */
#ifndef ENGINE_WORKFLOW_CONTROL_CHANGE_H
#define ENGINE_WORKFLOW_CONTROL_CHANGE_H

#include "engine/value/buffer.h"

/* One control: of a step, or of the workflow itself. */
typedef struct control_path {
    value step_id;       /* VALUE_NULL: the workflow's own */
    const char *pointer; /* JSON Pointer to a property, through objects only: "/theme/color" */
} control_path;

/* An absent value is NULL: it was, or is from now on, not set. */
typedef struct control_change {
    int64_t version; /* of the stored values that it made; from 1 */
    int64_t time_ms;
    value actor;
    control_path path;
    const value *before;
    const value *after;
} control_change;

/* As JSON: version, time (RFC 3339), actor, step_id, path, and before and after where they are there. */
void control_change_write(buffer *b, const control_change *change);
/* Lives in the arena and borrows from the text. False with ERROR_RECORD. */
MUST_CHECK bool control_change_read(arena *a, const char *text, size_t size, control_change *change,
                                    error *e);

#endif
