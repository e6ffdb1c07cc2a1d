/* execution: one run of a workflow for one trigger: its context, and the runner that takes it from step to
 * step.
 *
 * The runner has no I/O: execution_advance evaluates conditions and renders until a message must be
 * delivered, something must be waited for, or the end is reached; the shell delivers and reports how that
 * went. An execution may be put away as a record (record.h) between any two calls, and goes on from there as
 * if it had never stopped (execution_resume). All strings are borrowed from the trigger, the workflow, the
 * record's text, the configuration (names of providers) or the arena, which must outlive the execution.
 *
 * A step may have several providers, in an order that only the shell knows. One attempt goes through them:
 * each that does not deliver hands on to the next at once (`more`). The attempt has failed with the last one;
 * whether and when there is another one depends on all that refused it. */
#ifndef ENGINE_EXECUTION_EXECUTION_H
#define ENGINE_EXECUTION_EXECUTION_H

#include "engine/execution/status.h"
#include "engine/execution/trigger.h"
#include "engine/workflow/workflow.h"

/* Somebody who was asked and did not deliver, or whose answer nobody knows. */
typedef struct step_failure {
    int64_t attempt;
    int64_t at_ms;
    value provider; /* string; null where nobody said */
    value code;     /* string; "interrupted": whoever asked died before there was an answer */
    bool retriable;
    bool unknown;           /* the message may have been delivered all the same */
    int64_t retry_after_ms; /* the provider wants no attempt before; 0: it did not say */
} step_failure;

/* What is stored of a step. Frozen once the step has ended. */
typedef struct step_state {
    value step_id;   /* string */
    value step_type; /* string */
    step_status status;
    int64_t run;      /* in which it ended, 0 before */
    int64_t attempt;  /* of the delivery in this run, 0 before the first */
    value reason;     /* why it was skipped: "skip_condition", "no_address" or "expired"; else null */
    value result;     /* JSON text: {"provider":...,"message":{...}}; null where nothing was delivered */
    value provider;   /* who is asked at present, or has delivered it; else null */
    value error_code; /* why it failed, or its last attempt did: both strings, else both null */
    value error_message;
    value message; /* rendered once, for all attempts: map; null before, and where nothing is delivered */
    step_failure
        *failures; /* in this run, the latest LIMIT_FAILURES_KEPT, for which there is room; or NULL */
    size_t failure_count;
    int64_t started_ms; /* since the epoch, UTC; 0 before */
    int64_t completed_ms;
} step_state;

/* True from its first attempt on. One that was postponed does not count, unless it was refused before. */
static inline bool step_has_begun(const step_state *s)
{
    return s->attempt > 0 || s->failure_count > 0;
}

typedef struct execution {
    /* What the record keeps (record.h). */
    identity id;
    execution_status status;
    value reason; /* "cancelled" where somebody wants or wanted it to end so; else null */
    int64_t run;  /* 1, and one more for each retry of a failed execution */
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
    int64_t due_ms;     /* nothing happens before: a delay, a retry or a postponement; 0: not waiting */
    bool postponed;     /* of what waits: no provider takes it at present */
    int64_t expires_ms; /* no attempt of a step begins later; 0: never */
    int64_t started_ms;
    int64_t completed_ms;

    /* What only a running one has. */
    arena *arena;
    const workflow *workflow;
    value names[WORKFLOW_NAME_COUNT]; /* what conditions and templates see */
    map_builder results;              /* behind names[WORKFLOW_NAME_STEPS] */
    bool starved;                     /* memory ran out for what later steps would see */
} execution;

/* Finds the workflow's rules broken or kept: active, payload valid. Errors: ERROR_INACTIVE_WORKFLOW,
 * ERROR_INVALID_PAYLOAD, ERROR_LIMIT. */
MUST_CHECK bool execution_check(const trigger *t, const workflow *w, validator *v, error *e);

/* Begins the first run, PENDING, for a trigger that was checked. id: identity_of_execution of the trigger.
 * The workflow is borrowed. ERROR_LIMIT past the arena's budget. */
MUST_CHECK bool execution_begin(execution *x, const identity *id, const trigger *t, const workflow *w,
                                arena *a, int64_t now_ms, error *e);

/* Binds an execution that record_read has read to its workflow, so that it goes on as if it had never
 * stopped. Where a delivery was under way (execution_is_delivering), its outcome is unknown, and
 * execution_delivery_unknown or, for a delivery that may be repeated freely, execution_advance follows.
 * ERROR_RECORD where the workflow is another one, or another version of it or of its controls, than the
 * record's; ERROR_LIMIT past the arena's budget. */
MUST_CHECK bool execution_resume(execution *x, const workflow *w, arena *a, error *e);

typedef enum execution_need {
    EXECUTION_DELIVER, /* execution_message must be delivered, and the outcome reported */
    EXECUTION_WAITING, /* nothing before x->due_ms; then execution_advance again */
    EXECUTION_ENDED,   /* COMPLETED or FAILED: write the record, make the events */
} execution_need;

/* Goes on as far as it can without the outside world. */
execution_need execution_advance(execution *x, int64_t now_ms);

/* The step whose message is due. */
const step *execution_step(const execution *x);
/* The rendered message: a map from field to string (`data`: a map, `attachments`: a list). */
const value *execution_message(const execution *x);
/* True from EXECUTION_DELIVER until the outcome is reported. */
bool execution_is_delivering(const execution *x);
/* True where `provider` has failed the attempt that is under way: others of the route are asked first. Not
 * where whoever asked it died. */
bool execution_has_asked(const execution *x, const char *provider);
/* Who is asked at present: a string; null: nobody was chosen. Behind a delivery of unknown outcome still who
 * was asked then, and is best asked again: it may know the idempotency key. */
const value *execution_provider(const execution *x);

/* `provider` (borrowed) is asked for the delivery that is due: the record says so from its next writing. */
void execution_choose(execution *x, const char *provider);
/* Nobody takes the delivery that is due before due_ms: the same attempt, or the rest of it, is due again
 * then. Where the execution was cancelled, or expires before, it goes no further. */
void execution_postpone(execution *x, int64_t due_ms, int64_t now_ms);

/* The current step's message was accepted by `provider` (borrowed). message_id: what the provider calls the
 * message (copied into the result): a string, or null; what cannot be an id is left out. */
void execution_delivered(execution *x, const char *provider, value message_id, int64_t now_ms);

typedef struct delivery_failure {
    const char *provider;
    const char *code;       /* a stable word: static or in the execution's arena */
    const char *message;    /* a sentence without content; copied */
    bool retriable;         /* it may succeed later */
    bool unknown;           /* nobody can tell whether it arrived; not retriable: it must not be repeated */
    bool more;              /* another provider can be asked within this attempt */
    int64_t retry_after_ms; /* the provider wants no attempt before; 0: it did not say */
} delivery_failure;

/* It was not accepted. With `more` it stays EXECUTION_DELIVER, for the next provider, unless the execution
 * was cancelled or has expired, or an unknown outcome must not be repeated. Else the attempt has failed, and
 * the step's retry policy decides whether it waits for another one: where any of its failures is retriable
 * and its code one that the policy names, and not before the least Retry-After of these. Its on_failure
 * decides what its end means. random: 64 random bits, for the jitter. */
void execution_delivery_failed(execution *x, const delivery_failure *f, uint64_t random, int64_t now_ms);

/* Whoever delivered died before the outcome was known. retry: the same attempt is due again, unless the
 * execution was cancelled or has expired meanwhile; else the step is FAILED with "unknown_outcome". */
void execution_delivery_unknown(execution *x, bool retry, int64_t now_ms);

/* Makes it end FAILED with reason "cancelled" before its next step or attempt: at once, or, where a delivery
 * is under way, when its outcome is reported (what was delivered is COMPLETED; if it was the last step, so is
 * the execution). A step that was never attempted stays PENDING, one that waits for a retry is FAILED. False
 * where it had ended. Needs no workflow. */
MUST_CHECK bool execution_cancel(execution *x, int64_t now_ms);

/* FAILED -> PENDING, for another run from the step that ended it; what was completed or skipped stays. False
 * where it is not FAILED, or has expired, so that nothing would run. Needs no workflow, and execution_resume
 * must follow before it goes on. */
MUST_CHECK bool execution_retry(execution *x, int64_t now_ms);

/* COMPLETED or FAILED. */
static inline bool execution_ended(const execution *x)
{
    return execution_status_has_ended(x->status);
}
/* Which of the invariants at the top of execution.c does not hold, as a sentence; NULL: all do. Static. */
const char *execution_fault(const execution *x);

#endif
