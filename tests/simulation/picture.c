#include "tests/simulation/picture.h"

#include <stdio.h>

const picture *picture_take(world *w, arena *scratch, const execution *x)
{
    picture *p = world_alloc(w, sizeof *p);
    assert(x->step_count <= STEPS_MAX);
    *p = (picture){
        .status = x->status,
        .ended = execution_ended(x),
        .cancelled = x->reason.kind == VALUE_STRING,
        .postponed = x->postponed,
        .run = x->run,
        .due_ms = x->due_ms,
        .offset = x->origin.offset,
        .current_step = x->current_step,
        .step_count = x->step_count,
    };
    for (size_t i = 0; i < x->step_count; i++) {
        p->steps[i] = (picture_step){.status = x->steps[i].status,
                                     .run = x->steps[i].run,
                                     .attempt = x->steps[i].attempt,
                                     .provider = workload_provider(&x->steps[i].provider)};
        if (completion_has_step(x, i))
            p->steps[i].event = events_of_step(scratch, x, i);
    }
    if (execution_ended(x))
        p->event = events_of_execution(scratch, x);
    return p;
}

static bool same_event(event_mark x, event_mark y)
{
    return x.id == y.id && x.content == y.content;
}

/* How far the current step has come: attempts, then their failures. What is postponed is where its attempt
 * begins. */
static int64_t progress(const picture *p)
{
    if (p->ended)
        return INT64_MAX;
    const picture_step *s = &p->steps[p->current_step];
    return 2 * s->attempt + (p->postponed ? 2 : s->status == STEP_PENDING);
}

static bool goes_back(const picture *before, const picture *next)
{
    if (next->run != before->run)
        return next->run < before->run;
    if (next->current_step != before->current_step)
        return next->current_step < before->current_step;
    return progress(next) < progress(before) || (before->cancelled && !next->cancelled);
}

const char *picture_fault(const picture *before, const picture *next)
{
    bool again = next->run == before->run + 1 && before->status == EXECUTION_FAILED;
    if (next->run > before->run && !again)
        return "a run follows that nobody may have asked for";
    if (goes_back(before, next))
        return "an execution went back";
    if (before->ended && next->run == before->run &&
        (!next->ended || !same_event(before->event, next->event)))
        return "an execution that had ended changed";
    for (size_t i = 0; i < before->step_count; i++) {
        const picture_step *s = &before->steps[i];
        bool retried = next->run > before->run && i == before->current_step && s->status == STEP_FAILED;
        if (step_status_has_ended(s->status) && !retried && !same_event(s->event, next->steps[i].event))
            return "a step that had ended changed";
    }
    return NULL;
}

const char *picture_text(world *w, const picture *p)
{
    char line[160];
    size_t i = p->current_step < p->step_count ? p->current_step : p->step_count - 1;
    const picture_step *s = &p->steps[i];
    int size =
        snprintf(line, sizeof line, "%s%s run %lld step %zu/%zu %s attempt %lld",
                 execution_status_name(p->status), p->cancelled ? " (cancelled)" : "", (long long)p->run,
                 i + 1, p->step_count, step_status_name(s->status), (long long)s->attempt);
    if (p->due_ms != 0)
        size += snprintf(line + size, sizeof line - (size_t)size, " %s %lld",
                         p->postponed ? "postponed to" : "due", (long long)(p->due_ms - WORLD_EPOCH_MS));
    return world_copy(w, line, (size_t)size + 1);
}
