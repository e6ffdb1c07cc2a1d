/* How triggers stay in somebody's hands.
 *
 * Log custody: the offset is not committed, so Kafka gives the trigger to the next owner of its partition. An
 * epoch takes triggers under log custody and ends with the transaction that carries their completions and
 * their offsets together: either both are visible or neither.
 *
 * Invariants:
 *  1. At most one epoch is open, at most one is sealed or committing; any number of dropped ones drain.
 *  2. Epochs commit in the order in which they were opened: the one before has ended or is dropped before
 *     the next is sealed. So a committed offset never jumps over a trigger that is not settled.
 *  3. An epoch commits only when all of its triggers are settled.
 *  4. When a transaction is aborted, every later epoch is dropped with it, since its offsets lie behind the
 * aborted ones; intake is shut until the positions are put back.
 *  5. A trigger is taken once per assignment, unless a rewind comes between.
 *  6. An epoch opened under an earlier assignment changes nothing in the present one when it ends.
 *  7. One thing at a time is asked of the shell: nothing is committed while a rewind runs, even one that a
 * revocation has made pointless.
 *
 * States of the assignment, and what moves it:
 *
 *   IDLE       nothing assigned, intake shut
 *     -> OWNED      custody_assign
 *   OWNED      intake open within the limits
 *     -> REVOKING   custody_revoke
 *     -> REWINDING  custody_aborted
 *   REWINDING  intake shut; CUSTODY_REWIND is asked for once
 *     -> OWNED      custody_rewound
 *     -> REVOKING   custody_revoke: what is in flight is dropped already
 *   REVOKING   intake shut; what is in flight ends, at the latest by the deadline
 *     -> RELEASING  custody_next: CUSTODY_RELEASE is asked for once
 *   RELEASING  the shell gives the partitions back
 *     -> IDLE       custody_released
 *
 * Stopping is no state of its own: it keeps intake shut in any of them, and ends when nothing is in flight,
 * or at its deadline when nothing commits.
 */
#include "engine/custody/custody.h"

#include <assert.h>
#include <stdlib.h>

typedef enum assignment_state { IDLE, OWNED, REWINDING, REVOKING, RELEASING } assignment_state;

struct custody {
    custody_limits limits;
    assignment_state state;
    uint64_t assignment; /* number of the present assignment; a rewind counts as a new one */
    partition_table partitions;
    epoch *open;    /* NULL before the first trigger */
    epoch *closing; /* sealed or committing */
    epoch *dropped; /* list */
    uint32_t in_flight;
    size_t bytes_in_flight;
    uint64_t returned; /* triggers that went back to log custody */
    int64_t revoke_deadline_ms;
    int64_t stop_deadline_ms;
    bool rewind_runs; /* CUSTODY_REWIND was asked for and not answered yet */
    bool stopping;
};

custody *custody_new(const custody_limits *limits)
{
    custody *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->limits = *limits;
    return c;
}

static void free_epoch(epoch *e, void (*free_shell)(void *shell))
{
    if (e != NULL && e->shell != NULL)
        free_shell(e->shell);
    epoch_free(e);
}

void custody_free(custody *c, void (*free_shell)(void *shell))
{
    if (c == NULL)
        return;
    assert(c->closing == NULL || c->closing->state != EPOCH_COMMITTING);
    free_epoch(c->open, free_shell);
    free_epoch(c->closing, free_shell);
    while (c->dropped != NULL) {
        epoch *e = c->dropped;
        c->dropped = e->next;
        free_epoch(e, free_shell);
    }
    partition_table_free(&c->partitions);
    free(c);
}

/* ---- dropping ---- */

static void drop(custody *c, epoch *e)
{
    epoch_move(e, EPOCH_DROPPED);
    e->next = c->dropped;
    c->dropped = e;
}

/* All but a committing one: its transaction decides. */
static void drop_uncommitted(custody *c)
{
    if (c->open != NULL)
        drop(c, c->open);
    c->open = NULL;
    if (c->closing != NULL && c->closing->state == EPOCH_SEALED) {
        drop(c, c->closing);
        c->closing = NULL;
    }
}

/* ---- what happened ---- */

bool custody_assign(custody *c, const partition *keys, uint32_t count)
{
    assert(c->state == IDLE);
    if (!partition_table_assign(&c->partitions, keys, count))
        return false;
    c->assignment++;
    c->state = OWNED;
    return true;
}

void custody_revoke(custody *c, int64_t now_ms, bool lost)
{
    if (c->state == IDLE || c->state == RELEASING)
        return;
    if (lost || c->state == REWINDING)
        drop_uncommitted(c);
    c->revoke_deadline_ms = lost ? now_ms : now_ms + c->limits.revoke_max_ms;
    c->state = REVOKING;
}

void custody_released(custody *c)
{
    assert(c->state == RELEASING);
    partition_table_free(&c->partitions);
    c->assignment++;
    c->state = IDLE;
}

void custody_stop(custody *c, int64_t now_ms)
{
    if (!c->stopping)
        c->stop_deadline_ms = now_ms + c->limits.revoke_max_ms;
    c->stopping = true;
}

bool custody_may_take(const custody *c)
{
    return c->state == OWNED && !c->stopping && c->in_flight < c->limits.triggers_max &&
           c->bytes_in_flight < c->limits.bytes_max;
}

epoch *custody_take(custody *c, uint32_t topic, int32_t number, int64_t offset, size_t bytes, int64_t now_ms)
{
    partition *p = c->state == OWNED ? partition_table_find(&c->partitions, topic, number) : NULL;
    if (p == NULL || offset < p->taken)
        return NULL;
    if (c->open == NULL) {
        c->open = epoch_new(c->assignment);
        if (c->open == NULL)
            return NULL;
        c->open->opened_ms = now_ms;
    }
    if (p->first < 0)
        p->first = offset;
    p->taken = offset + 1;
    p->in_epoch = true;
    c->open->trigger_count++;
    c->open->unsettled++;
    c->open->bytes += bytes;
    c->in_flight++;
    c->bytes_in_flight += bytes;
    return c->open;
}

void custody_settle(custody *c, epoch *e)
{
    (void)c;
    assert(e->unsettled > 0);
    assert(e->state == EPOCH_OPEN || e->state == EPOCH_SEALED || e->state == EPOCH_DROPPED);
    e->unsettled--;
}

void custody_committed(custody *c, epoch *e)
{
    assert(c->closing == e);
    epoch_move(e, EPOCH_ENDED);
}

void custody_aborted(custody *c, epoch *e)
{
    assert(c->closing == e);
    c->closing = NULL;
    drop(c, e);
    if (e->assignment != c->assignment)
        return; /* invariant 6 */
    drop_uncommitted(c);
    if (c->state == OWNED) {
        c->state = REWINDING;
    }
}

bool custody_rewinding(const custody *c)
{
    return c->state == REWINDING;
}

void custody_rewound(custody *c)
{
    c->rewind_runs = false;
    if (c->state != REWINDING)
        return; /* a revocation came between */
    partition_table_rewind(&c->partitions);
    c->assignment++;
    c->state = OWNED;
}

/* ---- what to do ---- */

static custody_effect end_epoch(custody *c, epoch *e, bool committed)
{
    c->in_flight -= e->trigger_count;
    c->bytes_in_flight -= e->bytes;
    if (!committed)
        c->returned += e->trigger_count;
    return (custody_effect){.action = CUSTODY_END, .epoch = e, .committed = committed};
}

/* Takes a dropped epoch with nothing unsettled out of its list; NULL where there is none. */
static epoch *take_drained(custody *c)
{
    for (epoch **link = &c->dropped; *link != NULL; link = &(*link)->next) {
        epoch *e = *link;
        if (e->unsettled == 0) {
            *link = e->next;
            epoch_move(e, EPOCH_ENDED);
            return e;
        }
    }
    return NULL;
}

static bool draining(const custody *c)
{
    return c->stopping || c->state == REVOKING;
}

static bool full(const custody *c)
{
    return c->in_flight >= c->limits.triggers_max || c->bytes_in_flight >= c->limits.bytes_max;
}

static int64_t seal_due_ms(const custody *c)
{
    return c->open->opened_ms + c->limits.commit_interval_ms;
}

static bool should_seal(const custody *c, int64_t now_ms)
{
    return c->open != NULL && c->closing == NULL && c->state != REWINDING &&
           (draining(c) || full(c) || now_ms >= seal_due_ms(c));
}

static bool revocation_done(custody *c, int64_t now_ms)
{
    if (c->state != REVOKING)
        return false;
    if (now_ms >= c->revoke_deadline_ms)
        drop_uncommitted(c);
    else if (c->open != NULL || c->closing != NULL)
        return false;
    return true;
}

static bool stop_done(custody *c, int64_t now_ms)
{
    if (!c->stopping)
        return false;
    if (now_ms >= c->stop_deadline_ms)
        drop_uncommitted(c);
    return c->in_flight == 0 || (now_ms >= c->stop_deadline_ms && c->closing == NULL);
}

static custody_effect wait(const custody *c, int64_t now_ms)
{
    int64_t wake_ms = INT64_MAX;
    if (c->open != NULL && c->closing == NULL && c->state == OWNED)
        wake_ms = seal_due_ms(c);
    if (c->state == REVOKING)
        wake_ms = c->revoke_deadline_ms;
    if (c->stopping && now_ms < c->stop_deadline_ms && c->stop_deadline_ms < wake_ms)
        wake_ms = c->stop_deadline_ms;
    return (custody_effect){.action = CUSTODY_WAIT, .wake_ms = wake_ms};
}

custody_effect custody_next(custody *c, int64_t now_ms)
{
    if (c->closing != NULL && c->closing->state == EPOCH_ENDED) {
        epoch *e = c->closing;
        c->closing = NULL;
        return end_epoch(c, e, true);
    }
    epoch *drained = take_drained(c);
    if (drained != NULL)
        return end_epoch(c, drained, false);
    if (should_seal(c, now_ms) && epoch_seal(c->open, &c->partitions)) {
        c->closing = c->open;
        c->open = NULL;
    }
    if (c->closing != NULL && c->closing->state == EPOCH_SEALED && c->closing->unsettled == 0 &&
        !c->rewind_runs) {
        epoch_move(c->closing, EPOCH_COMMITTING);
        return (custody_effect){.action = CUSTODY_COMMIT, .epoch = c->closing};
    }
    if (c->state == REWINDING && !c->rewind_runs) {
        c->rewind_runs = true;
        return (custody_effect){.action = CUSTODY_REWIND};
    }
    if (revocation_done(c, now_ms)) {
        c->state = RELEASING;
        return (custody_effect){.action = CUSTODY_RELEASE};
    }
    if (stop_done(c, now_ms))
        return (custody_effect){.action = CUSTODY_STOPPED};
    return wait(c, now_ms);
}

uint32_t custody_in_flight(const custody *c)
{
    return c->in_flight;
}

uint64_t custody_returned(const custody *c)
{
    return c->returned;
}

uint32_t custody_partition_count(const custody *c)
{
    return c->partitions.count;
}

const partition *custody_partitions(const custody *c)
{
    return c->partitions.items;
}
