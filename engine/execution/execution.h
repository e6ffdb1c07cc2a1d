/* execution: one run of a workflow for one trigger: its context, and the runner that takes it from step to
 * step.
 *
 * The runner has no I/O: execution_advance evaluates conditions and renders until a message must be delivered
 * or the end is reached; the shell delivers and reports with execution_delivered or
 * execution_delivery_failed. All strings are borrowed from the trigger, the workflow or the arena, which must
 * outlive the execution. */
#ifndef ENGINE_EXECUTION_EXECUTION_H
#define ENGINE_EXECUTION_EXECUTION_H

#include "engine/execution/trigger.h"
#include "engine/workflow/workflow.h"

/* X(code, name): in the order of the enums in schemas/execution_completion.avsc where they appear there. */
#define EXECUTION_STATUSES(X)           \
    X(EXECUTION_PENDING, "PENDING")     \
    X(EXECUTION_RUNNING, "RUNNING")     \
    X(EXECUTION_COMPLETED, "COMPLETED") \
    X(EXECUTION_FAILED, "FAILED")

#define STEP_STATUSES(X)           \
    X(STEP_PENDING, "PENDING")     \
    X(STEP_EXECUTING, "EXECUTING") \
    X(STEP_COMPLETED, "COMPLETED") \
    X(STEP_SKIPPED, "SKIPPED")     \
    X(STEP_FAILED, "FAILED")

#define X(code, name) code,
typedef enum execution_status { EXECUTION_STATUSES(X) } execution_status;
typedef enum step_status { STEP_STATUSES(X) } step_status;
#undef X

/* "PENDING" and so on. Static. */
const char *execution_status_name(execution_status status);
const char *step_status_name(step_status status);
/* False where no status has this name. */
MUST_CHECK bool execution_status_find(const value *name, execution_status *status);
MUST_CHECK bool step_status_find(const value *name, step_status *status);

/* What is stored of a step. Frozen once the step has ended. */
typedef struct step_state {
    value step_id;   /* string */
    value step_type; /* string */
    step_status status;
    int64_t attempt;  /* of the delivery, 0 before the first */
    value reason;     /* why it was skipped: "skip_condition" or "no_address"; else null */
    value result;     /* JSON text: {"provider":...,"message":{...}}; null where nothing was delivered */
    value error_code; /* why it failed: both strings, else both null */
    value error_message;
    int64_t started_ms; /* since the epoch, UTC; 0 before */
    int64_t completed_ms;
} step_state;

typedef struct execution {
    /* What the record keeps (record.h). */
    identity id;
    execution_status status;
    int64_t run; /* 1, and one more for each retry of a failed execution */
    value workflow_id;
    int64_t workflow_version;
    int64_t control_version; /* of the control values that it began with, 0: the defaults */
    value trigger_id;        /* string or null */
    value recipient;
    value payload; /* as received */
    value metadata;
    origin origin;
    value key; /* of the trigger's message: string of any bytes, or null */
    value traceparent;
    value tracestate;
    step_state *steps;
    size_t step_count;
    size_t current_step;
    int64_t started_ms;
    int64_t completed_ms;

    /* What only a running one has. */
    arena *arena;
    const workflow *workflow;
    value names[WORKFLOW_NAME_COUNT]; /* what conditions and templates see */
    map_builder results;              /* behind names[WORKFLOW_NAME_STEPS] */
    value message;                    /* rendered for the current step */
    bool starved;                     /* memory ran out for what later steps would see */
} execution;

/* Finds the workflow's rules broken or kept: active, payload valid. Errors: ERROR_INACTIVE_WORKFLOW,
 * ERROR_INVALID_PAYLOAD, ERROR_LIMIT. */
MUST_CHECK bool execution_check(const trigger *t, const workflow *w, validator *v, error *e);

/* Begins the first run, PENDING, for a trigger that was checked. id: identity_of_execution of the trigger.
 * The workflow is borrowed. ERROR_LIMIT past the arena's budget. */
MUST_CHECK bool execution_begin(execution *x, const identity *id, const trigger *t, const workflow *w,
                                arena *a, int64_t now_ms, error *e);

typedef enum execution_need {
    EXECUTION_DELIVER, /* execution_message is due, then execution_delivered or execution_delivery_failed */
    EXECUTION_ENDED,   /* COMPLETED or FAILED: write the record, make the events */
} execution_need;

/* Goes on as far as it can without the outside world. */
execution_need execution_advance(execution *x, int64_t now_ms);

/* The step whose message is due. */
const step *execution_step(const execution *x);
/* The rendered message: a map from field to string (`data`: a map). */
const value *execution_message(const execution *x);

/* The current step's message was accepted by `provider` (borrowed). */
void execution_delivered(execution *x, const char *provider, int64_t now_ms);
/* It was refused for good. code is a stable word; message a sentence without content (copied). */
void execution_delivery_failed(execution *x, const char *provider, const char *code, const char *message,
                               int64_t now_ms);

/* COMPLETED or FAILED. */
bool execution_ended(const execution *x);
/* How many steps have this status. */
size_t execution_count(const execution *x, step_status status);

#endif
