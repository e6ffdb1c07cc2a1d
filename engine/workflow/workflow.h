/* workflow: a workflow document, checked and compiled. Immutable, owns its memory, shared by threads through
 * a count of references.
 *
 * Rules: the list in findings.h; every broken one is a finding, all of them at once. */
#ifndef ENGINE_WORKFLOW_WORKFLOW_H
#define ENGINE_WORKFLOW_WORKFLOW_H

#include "engine/workflow/content.h"
#include "engine/workflow/findings.h"
#include "engine/workflow/step.h"

/* X(code, name): in the only order in which a workflow may go through them. */
#define WORKFLOW_STATUSES(X)     \
    X(WORKFLOW_DRAFT, "draft")   \
    X(WORKFLOW_ACTIVE, "active") \
    X(WORKFLOW_ARCHIVED, "archived")

typedef enum workflow_status {
#define X(code, name) code,
    WORKFLOW_STATUSES(X)
#undef X
        WORKFLOW_STATUS_COUNT
} workflow_status;

/* "draft" and so on. Static. */
const char *workflow_status_name(workflow_status status);
MUST_CHECK bool workflow_status_find(const value *name, workflow_status *status);

/* X(code, name): what skip conditions and templates see, and the order of the values that evaluation takes.
 */
#define WORKFLOW_NAMES(X)                                                                 \
    X(WORKFLOW_NAME_PAYLOAD, "payload")     /* map: validated, defaults filled */         \
    X(WORKFLOW_NAME_STEPS, "steps")         /* map: step id -> what earlier steps left */ \
    X(WORKFLOW_NAME_CONTROLS, "controls")   /* map: step.controls */                      \
    X(WORKFLOW_NAME_RECIPIENT, "recipient") /* string */                                  \
    X(WORKFLOW_NAME_METADATA, "metadata")   /* map: the trigger's */                      \
    X(WORKFLOW_NAME_WORKFLOW, "workflow")   /* map: workflow.names_value */               \
    X(WORKFLOW_NAME_EXECUTION, "execution") /* map: about the execution */                \
    X(WORKFLOW_NAME_NOW, "now")             /* string: the execution's time, RFC 3339 */

typedef enum workflow_name {
#define X(code, name) code,
    WORKFLOW_NAMES(X)
#undef X
        WORKFLOW_NAME_COUNT
} workflow_name;

extern const expression_scope workflow_scope;

/* Strings are VALUE_STRING, followed by a NUL in memory. */
typedef struct workflow {
    value id;
    value name;
    workflow_status status;
    int version;
    char content_id[CONTENT_ID_SIZE]; /* same content, same id */
    int64_t control_version; /* of the control values that the steps' controls come from; 0: defaults */
    const schema *payload_schema;
    const control_schema *control_schema; /* NULL: none */
    const step *steps;
    size_t step_count;
    int64_t expires_after_ms; /* no step begins later than this after the execution began; 0: never */
    value metadata;           /* VALUE_MAP */
    value names_value;        /* of WORKFLOW_NAME_WORKFLOW: workflow_id, name, version, metadata */
    const char *file;         /* where it came from: the document's name */
    size_t line;              /* of workflow_id in it */
} workflow;

/* What the store says about a document. */
typedef struct workflow_standing {
    int version;
    workflow_status status;
    int64_t control_version;
    const value *controls; /* stored control values (controls.h); NULL: none */
} workflow_standing;

/* Compiles a document; nothing of it is kept. `standing` NULL: version 1 and the status that the document
 * states, else active; only then is it searched for what fails for certain when it runs (static_check.h), so
 * that what is stored compiles for ever. The caller owns one reference. NULL with at least one finding more
 * than before. */
MUST_CHECK const workflow *workflow_compile(const document *d, const workflow_standing *standing,
                                            workflow_findings *f);

/* One more owner. Any thread. Returns w. */
const workflow *workflow_retain(const workflow *w);
/* The last owner frees it. Any thread. NULL is allowed. */
void workflow_release(const workflow *w);

/* Asks the processor for what running it reads, without waiting for it: where thousands of workflows take
 * turns, all of it has left the caches since the last time. */
void workflow_prefetch(const workflow *w);

/* The step with this id, or NULL. */
const step *workflow_step(const workflow *w, const char *id, size_t id_size);

#endif
