/* What custody asks of the shell, one thing at a time. The states and their rules are at the top of
 * custody.c.
 *
 * The order matters: reports that activations wait for first, since they may end epochs; ends before commits,
 * since an epoch that has ended makes room for the next; writes last, so that one block takes all that a turn
 * has made. */
#include "engine/custody/custody.h"

#include <stdlib.h>

#include "engine/custody/custody_state.h"
#include "engine/custody/mutation.h"
#include "engine/limits.h"

static bool draining(const custody *c)
{
    return c->stopping || c->state == REVOKING;
}

/* Past this, a draining shard waits for no delivery: what runs is handed over. */
static int64_t drain_hand_over_ms(const custody *c)
{
    int64_t deadline_ms = c->state == REVOKING ? c->revoke_deadline_ms : c->stop_deadline_ms;
    return deadline_ms - c->limits.revoke_max_ms / 2;
}

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

static bool next_end(custody *c, custody_effect *effect)
{
    if (c->closing != NULL && c->closing->state == EPOCH_ENDED) {
        epoch *e = c->closing;
        c->closing = NULL;
        *effect = end_epoch(c, e, true);
        return true;
    }
    epoch *drained = take_drained(c);
    if (drained == NULL)
        return false;
    *effect = end_epoch(c, drained, false);
    return true;
}

static void take_writes(custody *c)
{
    fenced_write *w;
    while ((w = fence_take_done(&c->fence)) != NULL) {
        if (w->owner != NULL) {
            c->failed |= !activation_wrote(w->owner, w->outcome);
            custody_call(c, w->owner);
            continue;
        }
        partition *p = custody_find(c, w->topic, w->partition);
        if (p != NULL)
            p->trimming = false;
        free(w);
    }
}

static activation *take_call(custody *c)
{
    activation *a = c->first_call;
    if (a == NULL)
        return NULL;
    c->first_call = a->next_call;
    if (c->first_call == NULL)
        c->last_call = &c->first_call;
    a->called = false;
    return a;
}

static bool next_call(custody *c, custody_effect *effect)
{
    take_writes(c);
    activation *a = take_call(c);
    *effect = (custody_effect){.action = CUSTODY_PROCEED, .activation = a};
    return a != NULL;
}

/* The store forgets what is published. It costs a place in a block that is written anyway, or soon will be.
 */
static void trim(custody *c, partition *p)
{
    outbox *o = &p->outbox;
    if (o->trimmed >= (MUTATION(TRIM_BEFORE_COMMIT) ? outbox_ready(o) : o->published) || p->trimming)
        return;
    fenced_write *w = calloc(1, sizeof *w);
    if (w == NULL)
        return; /* the next one trims more */
    w->topic = p->topic;
    w->partition = p->number;
    w->trim_from = o->trimmed + 1;
    w->trim_to = MUTATION(TRIM_BEFORE_COMMIT) ? outbox_ready(o) : o->published;
    o->trimmed = w->trim_to;
    p->trimming = true;
    fence_add(&c->fence, w);
}

static bool next_fence(custody *c, custody_effect *effect)
{
    if (c->state != OWNED && c->state != REWINDING && c->state != REVOKING)
        return false;
    fence_action action = fence_next(&c->fence);
    *effect = (custody_effect){.action = action == FENCE_WATCH ? CUSTODY_WATCH : CUSTODY_WRITE,
                               .block = c->fence.block,
                               .renew = c->fence.renew};
    return action != FENCE_WAIT;
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
           (draining(c) || full(c) || c->state == PROVING || now_ms >= seal_due_ms(c));
}

static int64_t hand_over_ms(const custody *c)
{
    int64_t due_ms = c->closing->opened_ms + c->limits.epoch_max_ms;
    return draining(c) && drain_hand_over_ms(c) < due_ms ? drain_hand_over_ms(c) : due_ms;
}

static void hand_over(custody *c, int64_t now_ms)
{
    epoch *e = c->closing;
    if (e->unsettled == 0 || e->old || now_ms < hand_over_ms(c))
        return;
    e->old = true;
    for (activation *a = e->under_way; a != NULL; a = a->next) {
        if (a->state == ACTIVATION_DELIVERING && a->delivering && a->hand == HAND_NONE) {
            a->hand = HAND_ASKED;
            custody_call(c, a);
        }
    }
}

/* An outbox has something for an epoch, and there may be one. */
static bool should_tell(const custody *c)
{
    return c->untold && (c->state == OWNED || c->state == REVOKING);
}

/* The first epoch of a takeover has no triggers. */
static bool wants_proof(const custody *c)
{
    return c->state == PROVING && !c->stopping && c->open == NULL && c->closing == NULL;
}

static bool next_commit(custody *c, int64_t now_ms, custody_effect *effect)
{
    if (wants_proof(c) && custody_open_epoch(c, now_ms))
        for (uint32_t i = 0; i < c->partitions.count; i++)
            c->partitions.items[i].in_epoch = true;
    if (should_tell(c) && custody_open_epoch(c, now_ms))
        c->untold = false;
    if (should_seal(c, now_ms) && epoch_seal(c->open, &c->partitions)) {
        c->closing = c->open;
        c->open = NULL;
    }
    if (c->closing == NULL || c->closing->state != EPOCH_SEALED)
        return false;
    hand_over(c, now_ms);
    if ((c->closing->unsettled > 0 && !MUTATION(UNSETTLED_COMMIT)) || c->positions_run)
        return false;
    epoch_move(c->closing, EPOCH_COMMITTING);
    *effect = (custody_effect){.action = CUSTODY_COMMIT, .epoch = c->closing};
    return true;
}

static bool is_committing(const custody *c)
{
    return c->closing != NULL && c->closing->state == EPOCH_COMMITTING;
}

static bool ask(custody *c, custody_action action, custody_effect *effect)
{
    c->asked = true;
    *effect = (custody_effect){.action = action, .ask = ++c->ask};
    return true;
}

/* What an assignment needs before it is, or is again, ours to work on. */
static bool next_of_assignment(custody *c, int64_t now_ms, custody_effect *effect)
{
    if (c->state == FENCED && now_ms >= c->fence_again_ms && !c->stopping)
        c->state = FENCING;
    if (c->asked || c->stopping)
        return false;
    switch (c->state) {
    case FENCING:
        return c->fence.state != FENCE_WRITING && c->fence.state != FENCE_WATCHING &&
               ask(c, CUSTODY_FENCE, effect);
    case POSITIONING:
    case REWINDING:
        if (c->positions_run || is_committing(c))
            return false;
        c->positions_run = true;
        return ask(c, CUSTODY_POSITION, effect);
    case LOADING:
        return ask(c, CUSTODY_LOAD, effect);
    case OPENING:
        return ask(c, CUSTODY_ACCEPT, effect);
    default:
        return false;
    }
}

static bool may_start_timers(const custody *c, const partition *p)
{
    return p->outbox.bytes < LIMIT_OUTBOX_BYTES && c->in_flight + c->resumed < c->limits.triggers_max;
}

static bool next_of_partitions(custody *c, int64_t wall_ms, custody_effect *effect)
{
    if (c->state != OWNED || c->stopping)
        return false;
    for (uint32_t i = 0; i < c->partitions.count; i++) {
        partition *p = &c->partitions.items[i];
        trim(c, p);
        *effect = (custody_effect){.partition = p};
        if (may_start_timers(c, p) && timers_pop(&p->timers, wall_ms, &effect->timer)) {
            effect->action = CUSTODY_TIMER;
            return true;
        }
        if (timers_should_fetch(&p->timers)) {
            effect->action = CUSTODY_FETCH;
            effect->timer = timers_fetch_begin(&p->timers);
            effect->ask = ++p->fetch;
            return true;
        }
    }
    return false;
}

static bool drained(const custody *c, int64_t now_ms)
{
    bool resumed = c->resumed > 0 && now_ms < drain_hand_over_ms(c);
    return c->open == NULL && c->closing == NULL && !should_tell(c) && !resumed;
}

static bool revocation_done(custody *c, int64_t now_ms)
{
    if (c->state != REVOKING)
        return false;
    if (now_ms < c->revoke_deadline_ms)
        return drained(c, now_ms);
    custody_give_up(c);
    return true;
}

static bool stop_done(custody *c, int64_t now_ms)
{
    if (!c->stopping)
        return false;
    if (now_ms < c->stop_deadline_ms)
        return drained(c, now_ms) && c->in_flight == 0;
    custody_give_up(c);
    return c->closing == NULL;
}

static bool next_end_of_assignment(custody *c, int64_t now_ms, custody_effect *effect)
{
    if (revocation_done(c, now_ms)) {
        c->state = RELEASING;
        *effect = (custody_effect){.action = CUSTODY_RELEASE};
        return true;
    }
    *effect = (custody_effect){.action = CUSTODY_STOPPED};
    return stop_done(c, now_ms);
}

static void wake(int64_t *wake_ms, int64_t at_ms, int64_t now_ms)
{
    if (at_ms > now_ms && at_ms < *wake_ms)
        *wake_ms = at_ms;
}

static custody_effect wait(const custody *c, int64_t now_ms, int64_t wall_ms)
{
    int64_t wake_ms = INT64_MAX;
    if (c->open != NULL && c->closing == NULL)
        wake(&wake_ms, seal_due_ms(c), now_ms);
    if (c->closing != NULL && c->closing->state == EPOCH_SEALED)
        wake(&wake_ms, hand_over_ms(c), now_ms);
    if (c->state == FENCED)
        wake(&wake_ms, c->fence_again_ms, now_ms);
    if (c->state == REVOKING)
        wake(&wake_ms, c->revoke_deadline_ms, now_ms);
    if (c->stopping)
        wake(&wake_ms, c->stop_deadline_ms, now_ms);
    if (draining(c))
        wake(&wake_ms, drain_hand_over_ms(c), now_ms);
    for (uint32_t i = 0; c->state == OWNED && i < c->partitions.count; i++) {
        int64_t due_ms = timers_next_ms(&c->partitions.items[i].timers);
        if (due_ms != INT64_MAX)
            wake(&wake_ms, now_ms + (due_ms - wall_ms), now_ms);
    }
    return (custody_effect){.action = CUSTODY_WAIT, .wake_ms = wake_ms};
}

custody_effect custody_next(custody *c, int64_t now_ms, int64_t wall_ms)
{
    custody_effect effect;
    if (next_call(c, &effect))
        return effect;
    if (c->closed)
        return (custody_effect){.action = CUSTODY_WAIT, .wake_ms = INT64_MAX};
    if (c->failed)
        return (custody_effect){.action = CUSTODY_FAILED};
    if (next_end(c, &effect) || next_of_partitions(c, wall_ms, &effect) || next_commit(c, now_ms, &effect) ||
        next_of_assignment(c, now_ms, &effect) || next_end_of_assignment(c, now_ms, &effect))
        return effect;
    /* Giving up calls those who were under way. */
    if (next_call(c, &effect) || next_fence(c, &effect))
        return effect;
    return wait(c, now_ms, wall_ms);
}
