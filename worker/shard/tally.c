#include "worker/shard/tally.h"

#include "engine/execution/completion.h"

void tally_execution(tally *t, const execution *x)
{
    if (x->status == EXECUTION_COMPLETED)
        t->completed++;
    else
        t->failed++;
}

void tally_steps(tally *t, const execution *x, size_t first)
{
    step_type type;
    for (size_t i = first; i < x->step_count; i++)
        if (completion_has_step(x, i) && step_type_find(&x->steps[i].step_type, &type))
            t->steps[type][x->steps[i].status]++;
}

static void add(uint64_t *to, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

void tally_add(tally *to, const tally *from)
{
    to->completed += from->completed;
    to->failed += from->failed;
    to->waiting += from->waiting;
    to->duplicates += from->duplicates;
    to->replayed += from->replayed;
    add(to->rejected, from->rejected, TALLY_REASONS);
    for (size_t type = 0; type < STEP_TYPE_COUNT; type++)
        add(to->steps[type], from->steps[type], TALLY_STEP_STATUSES);
    histogram_add(&to->latency, &from->latency);
}

uint64_t tally_rejected(const tally *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < TALLY_REASONS; i++)
        count += t->rejected[i];
    return count;
}

uint64_t tally_triggers(const tally *t)
{
    return t->completed + t->failed + t->waiting + t->duplicates + tally_rejected(t);
}
