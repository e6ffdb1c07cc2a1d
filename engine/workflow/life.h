/* life: where a workflow stands: which versions there are, which one executes, and whether it still may.
 *
 *     draft ------ activate ------> active ------ archive ------> archived
 *     (apply)                       (apply, activate another version)
 *
 * Versions are numbered from 1 and immutable; applying a content that is stored already makes no new one.
 * A draft has never been active. What is archived never comes back, and takes no change any more. Pure: the
 * store reads a life, asks for a transition, and writes it back atomically. */
#ifndef ENGINE_WORKFLOW_LIFE_H
#define ENGINE_WORKFLOW_LIFE_H

#include "engine/value/buffer.h"
#include "engine/workflow/workflow.h"

/* Invariants: 0 <= active <= latest <= LIMIT_WORKFLOW_VERSIONS; active is 0 exactly in a draft. */
typedef struct workflow_life {
    workflow_status status;
    int latest;              /* versions are 1 to latest; 0: none yet */
    int active;              /* the one that executes, or did last */
    int64_t control_version; /* of the stored control values; 0: nothing was ever set */
} workflow_life;

/* A life that has not begun. */
workflow_life workflow_life_new(void);

/* Each changes *l, or leaves it alone and returns false with ERROR_INVALID_WORKFLOW (ERROR_LIMIT for too many
 * versions).
 *
 * `same` is the version that has this content already, 0 where none. *version gets the content's number. */
MUST_CHECK bool workflow_life_apply(workflow_life *l, int same, int *version, error *e);
/* Makes an existing version the one that executes. */
MUST_CHECK bool workflow_life_activate(workflow_life *l, int version, error *e);
MUST_CHECK bool workflow_life_archive(workflow_life *l, error *e);
/* A control value changes: the version of the values goes up. */
MUST_CHECK bool workflow_life_change_control(workflow_life *l, error *e);

/* The version that a catalog has: the active one, or the latest draft. */
int workflow_life_version(const workflow_life *l);

/* As JSON. */
void workflow_life_write(buffer *b, const workflow_life *l);
/* False with ERROR_RECORD where it is none or breaks an invariant. */
MUST_CHECK bool workflow_life_read(arena *scratch, const char *text, size_t size, workflow_life *l, error *e);

#endif
