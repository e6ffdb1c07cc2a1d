/* execution_fault: the invariants that stand at the top of execution.c. */
#include "engine/execution/execution.h"

#include "engine/limits.h"

static bool is_there(const value *v)
{
    return v->kind != VALUE_NULL;
}

/* Those of an attempt that was postponed are of the next one. */
static const char *failures_fault(const execution *x, const step_state *s)
{
    bool was_postponed = s->status == STEP_FAILED || (s->status == STEP_PENDING && x->postponed);
    int64_t least = 1;
    for (size_t i = 0; i < s->failure_count; i++) {
        if (s->failures[i].attempt < least || s->failures[i].attempt > s->attempt + was_postponed)
            return "a step's failures are those of its attempts, in their order";
        if (s->failures[i].at_ms == 0)
            return "a failure has its time";
        least = s->failures[i].attempt;
    }
    return NULL;
}

static const char *ended_step_fault(const execution *x, const step_state *s)
{
    if (s->run < 1 || s->run > x->run)
        return "an ended step has the run in which it ended";
    if (s->completed_ms == 0)
        return "an ended step has the time of its end";
    if (s->status == STEP_COMPLETED && s->attempt == 0)
        return "a completed step was attempted";
    if (is_there(&s->reason) != (s->status == STEP_SKIPPED))
        return "a skipped step has a reason, and no other";
    if (is_there(&s->error_code) != (s->status == STEP_FAILED))
        return "of the steps that have ended those that failed have an error";
    if (s->status != STEP_COMPLETED &&
        (is_there(&s->result) || is_there(&s->message) || is_there(&s->provider)))
        return "of the steps that have ended those that completed have a result";
    if (s->status == STEP_SKIPPED && step_has_begun(s))
        return "a skipped step was not attempted";
    return NULL;
}

static const char *open_step_fault(const step_state *s)
{
    bool has_begun = step_has_begun(s);
    if (s->run != 0 || s->completed_ms != 0 || is_there(&s->reason) || is_there(&s->result))
        return "a step that has not ended has neither run, end, reason nor result";
    if (s->status == STEP_EXECUTING && s->attempt == 0)
        return "an executing step has an attempt";
    if (s->status != STEP_EXECUTING && is_there(&s->provider))
        return "of the steps that have not ended the executing one has a provider";
    if (s->status == STEP_PENDING && s->attempt >= LIMIT_ATTEMPTS)
        return "a step that waits has an attempt left";
    if (is_there(&s->message) != has_begun || (s->started_ms != 0) != has_begun)
        return "a step has a message and a time of its start from its first attempt on";
    if (is_there(&s->error_code) != (s->failure_count > 0 || s->attempt > (s->status == STEP_EXECUTING)))
        return "a step has an error from its first failure on";
    return NULL;
}

/* What the current step may be. */
static const char *current_step_fault(const execution *x)
{
    if (x->current_step == x->step_count || x->status == EXECUTION_COMPLETED)
        return x->current_step == x->step_count && x->status == EXECUTION_COMPLETED
                   ? NULL
                   : "an execution is completed when all its steps have ended";
    const step_state *s = &x->steps[x->current_step];
    bool waits = s->status == STEP_PENDING && step_has_begun(s);
    switch (x->status) {
    case EXECUTION_PENDING:
        return s->status == STEP_PENDING && !waits && (x->run > 1 || x->current_step == 0)
                   ? NULL
                   : "a pending execution has run no step in this run";
    case EXECUTION_RUNNING:
        if (step_status_has_ended(s->status))
            return "the current step of a running execution has not ended";
        if (x->due_ms != 0 ? s->status == STEP_EXECUTING : waits)
            return "a step is due at a time where it waits";
        return NULL;
    default:
        if (s->status == STEP_PENDING && !waits && is_there(&x->reason))
            return NULL;
        return s->status == STEP_FAILED ? NULL : "a step that failed, or somebody, ended a failed execution";
    }
}

static const char *steps_fault(const execution *x)
{
    for (size_t i = 0; i < x->step_count; i++) {
        const step_state *s = &x->steps[i];
        bool ended = step_status_has_ended(s->status);
        if (i < x->current_step && !ended)
            return "the steps before the current one have ended";
        if (i > x->current_step && (s->status != STEP_PENDING || step_has_begun(s)))
            return "the steps behind the current one have not begun";
        const char *fault = ended ? ended_step_fault(x, s) : open_step_fault(s);
        if (fault == NULL)
            fault = failures_fault(x, s);
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

const char *execution_fault(const execution *x)
{
    if ((x->completed_ms != 0) != execution_ended(x))
        return "an execution has the time of its end when it has ended";
    if (x->due_ms != 0 && x->status != EXECUTION_RUNNING)
        return "only a running execution waits";
    if (x->postponed && x->due_ms == 0)
        return "what is postponed waits";
    const char *fault = current_step_fault(x); /* first: what follows trusts current_step */
    if (fault == NULL && is_there(&x->reason) && x->status != EXECUTION_FAILED && !execution_is_delivering(x))
        fault = "a reason is that of a failed execution, or of one that is to fail";
    return fault != NULL ? fault : steps_fault(x);
}
