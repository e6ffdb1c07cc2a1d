/* How executions stay in somebody's hands.
 *
 * Log custody: the offset is not committed, so Kafka gives the trigger to the next owner of its partition. An
 * epoch takes triggers under log custody and ends with the transaction that carries their events and their
 * offsets together: either both are visible or neither. From then on what has not ended is in store custody:
 * its record says how to go on, its place in the pending set when.
 *
 * Invariants:
 *  1. At most one epoch is open, at most one is sealed or committing; any number of dropped ones drain.
 *  2. Epochs commit in the order in which they were opened: the one before has ended or is dropped before
 *     the next is sealed. So a committed offset never jumps over a trigger that is not settled.
 *  3. An epoch commits only when all of its triggers are settled.
 *  4. When a transaction is aborted, every later epoch is dropped with it, since its offsets lie behind the
 *     aborted ones; intake is shut and nothing commits until the positions are read and put back.
 *  5. A trigger is taken once per assignment, unless a rewind comes between.
 *  6. An epoch opened under an earlier assignment changes nothing in the present one when it ends.
 *  7. One job at a time is asked of the shell: nothing is committed while positions are read, even those that
 *     a revocation has made pointless.
 *  8. Nothing is taken and no timer started before the fences are ours and, after that, the committed
 *     positions and the outboxes have been read and an epoch has committed. Else a worker that the group
 *     has given up, and that sets the fences late, would act on positions behind which the present owner
 *     still commits.
 *  9. What is in the pending set counts only if its trigger's offset is committed: the others come again with
 *     their trigger.
 * 10. The outbox entries that an epoch publishes are a prefix of what is durable, and the number in its
 *     metadata is that of the last; an entry is trimmed only after such a commit.
 *
 * States of the assignment, and what moves it:
 *
 *   IDLE        nothing assigned, intake shut
 *     -> FENCING      custody_assign
 *   FENCING     our token is put into the fences (again and again until it is)
 *     -> POSITIONING  custody_fenced
 *   POSITIONING the committed offsets and their metadata are read
 *     -> LOADING      custody_positioned
 *   LOADING     what the outboxes hold beyond that is read
 *     -> PROVING      custody_loaded
 *   PROVING     an epoch without triggers commits the positions as they are and publishes what the
 *               outboxes hold. The group takes it only from whom it still counts on: so nobody else
 *               commits behind what was read
 *     -> OPENING      custody_committed, for the first time in this assignment
 *     -> OWNED        custody_committed, later
 *     -> FENCING      custody_aborted
 *   OPENING     the shell begins to read the partitions
 *     -> OWNED        custody_accept
 *   OWNED       intake open within the limits
 *     -> REWINDING    custody_aborted
 *     -> FENCED       custody_watched, custody_written: a fence is not ours
 *   REWINDING   intake shut; the positions are put back
 *     -> OWNED        custody_positioned
 *   FENCED      somebody took a partition over. If it was the group's will, we hear of it before
 *               fence_again_ms
 *     -> FENCING      custody_next, if we have not
 *   any of these
 *     -> REVOKING     custody_revoke
 *   REVOKING    intake shut; what is in flight ends, at the latest by the deadline
 *     -> RELEASING    custody_next: CUSTODY_RELEASE is asked for once
 *   RELEASING   the shell gives the partitions back
 *     -> IDLE         custody_released
 *
 * Stopping is no state of its own: it keeps intake shut in any of them, and ends when nothing is in flight,
 * or at its deadline when nothing commits. */
#include "engine/custody/custody.h"

#include <stdlib.h>

#include "engine/custody/custody_state.h"
#include "engine/custody/mutation.h"
#include "engine/limits.h"

custody *custody_new(const custody_limits *limits)
{
    custody *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->limits = *limits;
    c->last_call = &c->first_call;
    fence_init(&c->fence);
    return c;
}

static void free_epoch(epoch *e, void (*free_shell)(void *shell))
{
    if (e != NULL && e->shell != NULL)
        free_shell(e->shell);
    epoch_free(e);
}

/* The writes of activations are theirs; what trims an outbox is ours. */
static void free_trims(fenced_write *list)
{
    while (list != NULL) {
        fenced_write *w = list;
        list = w->next;
        if (w->owner == NULL)
            free(w);
    }
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
    free_trims(c->fence.first);
    free_trims(c->fence.block);
    free_trims(c->fence.done);
    partition_table_free(&c->partitions);
    free(c);
}

/* ---- activations ---- */

void custody_call(custody *c, activation *a)
{
    if (a->called)
        return;
    a->called = true;
    a->next_call = NULL;
    *c->last_call = a;
    c->last_call = &a->next_call;
}

static void uncall(custody *c, activation *a)
{
    activation **link = &c->first_call;
    while (*link != a)
        link = &(*link)->next_call;
    *link = a->next_call;
    if (*link == NULL)
        c->last_call = link;
    a->called = false;
}

static void list(activation **first, activation *a)
{
    a->next = *first;
    a->link = first;
    if (a->next != NULL)
        a->next->link = &a->next;
    *first = a;
}

static void unlist(activation *a)
{
    *a->link = a->next;
    if (a->next != NULL)
        a->next->link = a->link;
    a->link = NULL;
}

void custody_enter(custody *c, activation *a)
{
    if (a->epoch != NULL)
        list(&a->epoch->under_way, a);
    else
        c->resumed++;
}

void custody_leave(custody *c, activation *a)
{
    if (a->called)
        uncall(c, a);
    if (a->link != NULL)
        unlist(a);
    if (a->hand == HANDED)
        return; /* settled, and nobody counts it: its epoch was dropped */
    if (a->epoch != NULL)
        custody_settle(c, a->epoch);
    else
        c->resumed--;
}

void custody_hand(custody *c, activation *a)
{
    unlist(a);
    list(&a->epoch->handed, a);
    custody_settle(c, a->epoch);
}

/* The commit has put what was handed over into store custody. */
static void adopt_handed(custody *c, epoch *e)
{
    while (e->handed != NULL) {
        activation *a = e->handed;
        unlist(a);
        a->epoch = NULL;
        a->hand = HAND_NONE;
        c->resumed++;
        custody_call(c, a);
    }
}

static void drop_handed(custody *c, epoch *e)
{
    while (e->handed != NULL) {
        activation *a = e->handed;
        unlist(a);
        a->epoch = NULL;
        a->dropped = true;
        custody_call(c, a);
    }
}

partition *custody_find(custody *c, uint32_t topic, int32_t number)
{
    return partition_table_find(&c->partitions, topic, number);
}

void custody_add_write(custody *c, fenced_write *w)
{
    fence_add(&c->fence, w);
}

/* ---- dropping ---- */

static void drop(custody *c, epoch *e)
{
    epoch_move(e, EPOCH_DROPPED);
    drop_handed(c, e);
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

/* The fences are not ours, or will not be: nothing that is under way may change anything any more. Nor may an
 * epoch follow before the positions are read again: it would commit offsets behind what is dropped here. */
void custody_give_up(custody *c)
{
    drop_uncommitted(c);
    partition_table_rewind(&c->partitions);
    c->untold = false;
    c->generation++;
    fence_drop(&c->fence);
}

/* ---- the assignment ---- */

bool custody_assign(custody *c, const partition *keys, uint32_t count)
{
    assert(c->state == IDLE);
    if (!partition_table_assign(&c->partitions, keys, count))
        return false;
    c->assignment++;
    c->accepted = false;
    c->asked = false;
    c->state = FENCING;
    return true;
}

void custody_revoke(custody *c, int64_t now_ms, bool lost)
{
    if (c->state == IDLE || c->state == RELEASING)
        return;
    if (lost || c->state != OWNED)
        custody_give_up(c);
    c->revoke_deadline_ms = lost ? now_ms : now_ms + c->limits.revoke_max_ms;
    c->state = REVOKING;
}

void custody_released(custody *c)
{
    assert(c->state == RELEASING);
    custody_give_up(c);
    fence_disarm(&c->fence);
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

void custody_close(custody *c)
{
    c->closed = true;
    fence_drop(&c->fence);
}

/* ---- taking over ---- */

/* What is in the outboxes and durable goes into the next epoch. */
static void tell_outboxes(custody *c)
{
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        partition *p = &c->partitions.items[i];
        bool has = p->outbox.first != NULL && p->outbox.first->durable && p->committed >= 0;
        p->in_epoch |= has;
        c->untold |= has;
    }
}

void custody_fenced(custody *c, uint64_t ask)
{
    if (c->state != FENCING || ask != c->ask)
        return;
    c->asked = false;
    partition_table_forget(&c->partitions);
    c->state = POSITIONING;
}

void custody_position(custody *c, uint32_t topic, int32_t number, int64_t offset, const char *metadata,
                      size_t size)
{
    partition *p = custody_find(c, topic, number);
    if (!custody_wants_positions(c) || p == NULL)
        return;
    p->committed = offset;
    outbox_published(&p->outbox, outbox_read_metadata(metadata, size));
}

bool custody_wants_positions(const custody *c)
{
    return (c->asked || MUTATION(STALE_POSITIONS)) && (c->state == POSITIONING || c->state == REWINDING);
}

void custody_positioned(custody *c)
{
    c->positions_run = false;
    if (!custody_wants_positions(c))
        return; /* a revocation came between, and perhaps another assignment */
    c->asked = false;
    partition_table_rewind(&c->partitions);
    c->assignment++;
    if (c->state == POSITIONING) {
        c->state = LOADING;
    } else {
        /* The transaction may have been committed after all, and what it armed must not be missed. */
        if (!MUTATION(TIMERS_KEPT_AFTER_ABORT))
            partition_table_forget_timers(&c->partitions);
        tell_outboxes(c);
        c->state = OWNED;
    }
}

static partition *being_loaded(custody *c, uint64_t ask, uint32_t topic, int32_t number)
{
    return c->state == LOADING && ask == c->ask ? custody_find(c, topic, number) : NULL;
}

bool custody_restore(custody *c, uint64_t ask, uint32_t topic, int32_t number, uint64_t entry,
                     const char *bytes, size_t size)
{
    partition *p = being_loaded(c, ask, topic, number);
    return p == NULL || outbox_restore(&p->outbox, entry, bytes, size);
}

void custody_restore_last(custody *c, uint64_t ask, uint32_t topic, int32_t number, uint64_t last)
{
    partition *p = being_loaded(c, ask, topic, number);
    if (p == NULL)
        return;
    p->stored = last;
    if (last > p->outbox.last && !MUTATION(NUMBERS_REUSED))
        p->outbox.last = last;
}

static void end_loading(custody *c)
{
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        partition *p = &c->partitions.items[i];
        c->store_losses += p->outbox.published > p->stored;
        outbox_restored(&p->outbox);
    }
}

/* The group counts on us. */
static void prove(custody *c)
{
    c->state = c->accepted ? OWNED : OPENING;
}

void custody_loaded(custody *c, uint64_t ask)
{
    if (c->state != LOADING || ask != c->ask)
        return;
    c->asked = false;
    end_loading(c);
    c->state = PROVING;
    if (c->partitions.count == 0 || MUTATION(NO_PROOF)) {
        tell_outboxes(c);
        prove(c);
    }
}

void custody_accept(custody *c)
{
    if (c->state != OPENING)
        return;
    c->asked = false;
    c->accepted = true;
    c->state = OWNED;
}

bool custody_accepted(const custody *c)
{
    return c->accepted;
}

/* ---- the fences ---- */

static void lose_fences(custody *c, int64_t now_ms)
{
    c->fences_lost++;
    if (c->state != OWNED && c->state != REWINDING && c->state != REVOKING)
        return; /* given up already */
    custody_give_up(c);
    if (c->state == REVOKING)
        return;
    c->fence_again_ms = now_ms + c->limits.fence_again_ms;
    c->state = FENCED;
}

void custody_watched(custody *c, bool current, int64_t now_ms)
{
    current |= MUTATION(NO_FENCE_CHECK);
    if (c->fence.state != FENCE_WATCHING)
        return;
    fence_watched(&c->fence, current);
    if (!current)
        lose_fences(c, now_ms);
}

void custody_written(custody *c, bool executed, bool current, int64_t now_ms)
{
    current |= MUTATION(NO_FENCE_CHECK);
    if (c->fence.state != FENCE_WRITING)
        return;
    fence_written(&c->fence, executed, current);
    if (!current)
        lose_fences(c, now_ms);
}

void custody_disarm(custody *c)
{
    fence_disarm(&c->fence);
}

void custody_tell(custody *c, partition *p, outbox_entry *e)
{
    e->durable = true;
    p->in_epoch = true;
    c->untold = true;
}

/* ---- timers ---- */

bool custody_fetched(custody *c, uint64_t ask, uint32_t topic, int32_t number, timer_entry *items,
                     int32_t found)
{
    partition *p = custody_find(c, topic, number);
    if (p == NULL || ask != p->fetch || !p->timers.fetching)
        return true;
    if (found < 0) {
        timers_fetch_failed(&p->timers);
        return true;
    }
    timer_entry last = found > 0 ? items[found - 1] : (timer_entry){0};
    uint32_t kept = 0;
    for (int32_t i = 0; i < found; i++)
        if (items[i].offset < p->committed || MUTATION(UNCOMMITTED_PENDING)) /* invariant 9 */
            items[kept++] = items[i];
    return timers_fetched(&p->timers, items, kept, &last, (uint32_t)found);
}

static bool arm_timers(custody *c, const epoch *e)
{
    for (uint32_t i = 0; i < e->timer_count; i++) {
        partition *p = custody_find(c, e->timers[i].topic, e->timers[i].partition);
        if (p != NULL && !timers_arm(&p->timers, &e->timers[i].timer))
            return false;
    }
    return true;
}

/* ---- triggers ---- */

bool custody_is_owner(const custody *c)
{
    return c->state == OWNED && !c->stopping;
}

bool custody_may_take(const custody *c)
{
    return c->state == OWNED && !c->stopping && c->in_flight + c->resumed < c->limits.triggers_max &&
           c->bytes_in_flight < c->limits.bytes_max;
}

bool custody_may_poll(const custody *c)
{
    if (c->state == OWNED)
        return custody_may_take(c);
    /* After positions are asked for, what comes would be skipped. Before, it is read again. */
    return !c->accepted || c->state == FENCED || c->state == FENCING;
}

bool custody_open_epoch(custody *c, int64_t now_ms)
{
    if (c->open != NULL)
        return true;
    c->open = epoch_new(c->assignment, c->generation);
    if (c->open == NULL)
        return false;
    c->open->opened_ms = now_ms;
    return true;
}

epoch *custody_take(custody *c, uint32_t topic, int32_t number, int64_t offset, size_t bytes, int64_t now_ms)
{
    partition *p = custody_find(c, topic, number);
    if (p == NULL || c->state != OWNED || offset < p->taken || !custody_open_epoch(c, now_ms))
        return NULL;
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

/* ---- how a transaction ended ---- */

void custody_committed(custody *c, epoch *e)
{
    assert(c->closing == e);
    epoch_move(e, EPOCH_ENDED);
    for (uint32_t i = 0; i < e->offset_count; i++) {
        const epoch_offset *o = &e->offsets[i];
        partition *p = custody_find(c, o->topic, o->partition);
        if (p == NULL || e->generation != c->generation)
            continue;
        p->committed = o->next;
        outbox_published(&p->outbox, o->outbox);
    }
    adopt_handed(c, e);
    if (e->generation == c->generation)
        c->failed |= !arm_timers(c, e);
    if (c->state == PROVING && e->assignment == c->assignment)
        prove(c);
}

void custody_aborted(custody *c, epoch *e)
{
    assert(c->closing == e);
    c->closing = NULL;
    drop(c, e);
    if (e->assignment != c->assignment)
        return; /* invariant 6 */
    if (!MUTATION(NO_DROP_BEHIND_ABORT))
        drop_uncommitted(c);
    c->untold = false; /* it may have taken effect after all: nothing is known of what is published */
    if (c->state == OWNED)
        c->state = REWINDING;
    else if (c->state == PROVING)
        c->state = FENCING;
    else if (c->state == REVOKING)
        custody_give_up(c); /* there is no time to put the positions back, and nothing commits without */
}

/* ---- figures ---- */

uint32_t custody_in_flight(const custody *c)
{
    return c->in_flight;
}

uint32_t custody_resumed(const custody *c)
{
    return c->resumed;
}

uint64_t custody_returned(const custody *c)
{
    return c->returned;
}

uint32_t custody_unwritten(const custody *c)
{
    return c->fence.count;
}

uint64_t custody_fences_lost(const custody *c)
{
    return c->fences_lost;
}

uint64_t custody_store_losses(const custody *c)
{
    return c->store_losses;
}

uint64_t custody_generation(const custody *c)
{
    return c->generation;
}

uint32_t custody_partition_count(const custody *c)
{
    return c->partitions.count;
}

const partition *custody_partitions(const custody *c)
{
    return c->partitions.items;
}

const partition *custody_partition(custody *c, uint32_t topic, int32_t number)
{
    return custody_find(c, topic, number);
}

int64_t custody_oldest_timer_ms(const custody *c)
{
    int64_t oldest_ms = INT64_MAX;
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        int64_t due_ms = timers_next_ms(&c->partitions.items[i].timers);
        oldest_ms = due_ms < oldest_ms ? due_ms : oldest_ms;
    }
    return oldest_ms;
}

uint64_t custody_outbox_depth(const custody *c)
{
    uint64_t depth = 0;
    for (uint32_t i = 0; i < c->partitions.count; i++)
        depth += c->partitions.items[i].outbox.last - c->partitions.items[i].outbox.published;
    return depth;
}
