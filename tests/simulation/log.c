#include "tests/simulation/log.h"

#include <stdio.h>

#include "tests/simulation/checks.h"
#include "tests/simulation/worker.h"

enum { TRANSACTION_TIMEOUT_MS = 4000 };

void log_make(world *w)
{
    w->log = memset(world_alloc(w, sizeof *w->log), 0, sizeof *w->log);
    for (uint32_t i = 0; i < w->partition_count; i++) {
        log_partition *p = &w->log->partitions[i];
        *p = (log_partition){.topic = i % 2, .number = (int32_t)i / 2, .committed = -1};
        snprintf(p->name, sizeof p->name, "%s/%d", workload_topic(p->topic).text, p->number);
    }
}

uint32_t log_find(const world *w, uint32_t topic, int32_t number)
{
    uint32_t i = (uint32_t)number * 2 + topic;
    assert(i < w->partition_count);
    return i;
}

void log_append(world *w, uint32_t place, message *m)
{
    log_partition *p = &w->log->partitions[place];
    if (p->count == p->capacity) {
        int64_t wider = p->capacity == 0 ? 32 : 2 * p->capacity;
        message *moved = world_alloc(w, (size_t)wider * sizeof *moved);
        if (p->count > 0)
            memcpy(moved, p->messages, (size_t)p->count * sizeof *moved);
        p->messages = moved;
        p->capacity = wider;
    }
    trigger t = workload_trigger(m, p->topic, p->number, p->count);
    if (m->verdict != VERDICT_DUPLICATE)
        m->id = identity_of_execution(&m->workflow_id, &m->trigger_id, &t.origin);
    p->messages[p->count++] = *m;
    checks_sent(w, place, p->count - 1, m);
    workers_look(w);
}

const message *log_any_accepted(const trigger_log *l, uint32_t place, dice *d)
{
    const log_partition *p = &l->partitions[place];
    if (p->count == 0)
        return NULL;
    const message *m = &p->messages[dice_below(d, (uint64_t)p->count)];
    return m->verdict == VERDICT_ACCEPTED && m->trigger_id.kind == VALUE_STRING ? m : NULL;
}

/* ---- transactions ---- */

static void settle(world *w, transaction *t, transaction_state state)
{
    if (t->state == TRANSACTION_PENDING)
        for (uint32_t i = 0; i < t->offset_count; i++)
            w->log->partitions[t->offsets[i].partition].pending--;
    if (w->log->open[t->producer] == t)
        w->log->open[t->producer] = NULL;
    t->state = state;
}

uint64_t log_register(world *w, uint32_t producer)
{
    transaction *t = w->log->open[producer];
    if (t != NULL) {
        TRACE(w, "kafka", "aborts the transaction of producer %u, whose id is registered anew", producer);
        settle(w, t, TRANSACTION_ABORTED);
    }
    return ++w->log->producer_epochs[producer];
}

static void on_timeout(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    transaction *t = data;
    (void)number;
    if (t->state != TRANSACTION_PENDING)
        return;
    TRACE(w, "kafka", "the transaction of producer %u has timed out", t->producer);
    settle(w, t, TRANSACTION_ABORTED);
    w->log->producer_epochs[t->producer]++;
}

bool log_put_offsets(world *w, transaction *t)
{
    if (t->producer_epoch != w->log->producer_epochs[t->producer] || t->state != TRANSACTION_OPEN ||
        !group_is_current(w, &t->member))
        return false;
    assert(w->log->open[t->producer] == NULL);
    w->log->open[t->producer] = t;
    t->state = TRANSACTION_PENDING;
    for (uint32_t i = 0; i < t->offset_count; i++)
        w->log->partitions[t->offsets[i].partition].pending++;
    agenda_add(&w->agenda, (int64_t)TRANSACTION_TIMEOUT_MS * MS, on_timeout, w, 0, t);
    return true;
}

static void apply(world *w, const transaction *t)
{
    checks_committing(w, t);
    for (uint32_t i = 0; i < t->offset_count; i++) {
        const log_offset *o = &t->offsets[i];
        log_partition *p = &w->log->partitions[o->partition];
        p->committed = o->next;
        p->metadata_size = o->metadata_size;
        memcpy(p->metadata, o->metadata, sizeof p->metadata);
        TRACE(w, "kafka", "%s: committed %lld \"%.*s\"", p->name, (long long)o->next, (int)o->metadata_size,
              o->metadata);
    }
}

bool log_end(world *w, transaction *t, bool commit)
{
    if (t->state == TRANSACTION_COMMITTED || t->state == TRANSACTION_ABORTED)
        return (t->state == TRANSACTION_COMMITTED) == commit &&
               t->producer_epoch == w->log->producer_epochs[t->producer];
    if (t->producer_epoch != w->log->producer_epochs[t->producer])
        return false;
    if (commit && t->state == TRANSACTION_PENDING)
        apply(w, t);
    settle(w, t, commit ? TRANSACTION_COMMITTED : TRANSACTION_ABORTED);
    return true;
}
