/* One execution's way through this shard.
 *
 * Custody of it is in one of three places, and that decides what a step forward means:
 *   log custody    `epoch` is set: its trigger is unsettled. Nothing is told before the trigger is
 *                  settled; a crash brings the trigger again, and the record says how far it came.
 *   handed over    `epoch` is set, `hand` is HANDED: settled, but not committed. A result waits.
 *   store custody  `epoch` is NULL: every step forward is one atomic write of the record, of its events
 *                  into the outbox, and of its place in the pending set.
 *
 * Invariants:
 *  1. Nothing that was dropped changes anything any more: it only waits for the reports that are due.
 *  2. No event of an execution is put into an epoch or the outbox before the record that says the same is
 *     durable, or in the same write.
 *  3. Each step's events are told once: those before `told` have been. A redelivered trigger (its first
 *     epoch was aborted, or died) begins to tell from the start.
 *  4. A delivery that leaves the house begins only when the record durably says that its provider is
 *     asked for this attempt.
 *  5. A timer is armed when the record is durable and its trigger committed; never before.
 *  6. A trigger is settled once.
 *
 *   STARTING
 *     -> READING     the record is asked for
 *   READING
 *     -> BEGINNING   there is none, and a trigger
 *     -> ANNOUNCING  it had ended, or waits, and its trigger came again
 *     -> BINDING     it goes on
 *     -> RECORDING   a command changes it
 *     -> WRITING     a timer or command has nothing to do: it is cleared away
 *     -> FINISHED    a duplicate, no record, or nothing at all to do
 *   BEGINNING
 *     -> RUNNING     activation_begun
 *     -> FINISHED    activation_rejected
 *   BINDING
 *     -> RESOLVING   the record says that a delivery is under way
 *     -> RUNNING     else
 *     -> FINISHED    activation_unbound
 *   RESOLVING
 *     -> RUNNING     activation_resolve
 *   RUNNING
 *     -> DELIVERING  activation_deliver
 *     -> RECORDING   activation_intend; it ended; it waits, or was postponed
 *   DELIVERING
 *     -> RUNNING     activation_report, unless it is handed over and the commit still to come
 *   RECORDING
 *     -> WRITING     activation_write (a hand-over: DELIVERING, the write runs beside the delivery)
 *     -> FINISHED    activation_rejected: the record is too large
 *   WRITING
 *     -> RUNNING     an intent is durable
 *     -> ANNOUNCING  the rest, in log custody
 *     -> FINISHED    the rest, in store custody
 *   ANNOUNCING
 *     -> FINISHED    activation_announced (a hand-over: DELIVERING)
 *   any
 *     -> FINISHED    it was dropped and no report is due
 */
#include "engine/custody/activation.h"

#include "engine/custody/custody_state.h"
#include "engine/custody/mutation.h"
#include "engine/execution/completion.h"
#include "engine/execution/record.h"

/* ---- starting ---- */

static void start(activation *a, custody *c, const partition *p)
{
    identity id = a->execution.id;
    *a = (activation){.custody = c,
                      .generation = c->generation,
                      .topic = p->topic,
                      .partition = p->number,
                      .execution = {.id = id}};
}

void activation_start(activation *a, custody *c, epoch *e, const partition *p, const origin *from)
{
    start(a, c, p);
    a->epoch = e;
    a->origin = *from;
    custody_enter(c, a);
}

void activation_start_timer(activation *a, custody *c, const partition *p, const timer_entry *t)
{
    a->execution.id = t->id;
    start(a, c, p);
    a->member = *t;
    custody_enter(c, a);
}

static void give_command(activation *a, activation_command command, const char *text, size_t size)
{
    a->command = command;
    a->command_text = text;
    a->command_size = size;
    a->carried_out = false;
}

void activation_start_command(activation *a, custody *c, const partition *p, activation_command command,
                              const char *text, size_t size)
{
    start(a, c, p);
    a->by_command = true;
    give_command(a, command, text, size);
    custody_enter(c, a);
}

bool activation_order(activation *a, activation_command command, const char *text, size_t size)
{
    if (a->command != COMMAND_NONE)
        return false;
    give_command(a, command, text, size);
    return true;
}

/* ---- ends ---- */

static void finish(activation *a, activation_end end)
{
    a->state = ACTIVATION_FINISHED;
    a->end = end;
    custody_leave(a->custody, a);
}

static bool is_dropped(activation *a)
{
    const custody *c = a->custody;
    a->dropped |=
        c->closed || (a->epoch != NULL ? a->epoch->state == EPOCH_DROPPED
                                       : a->generation != c->generation && !MUTATION(STALE_GENERATION));
    return a->dropped;
}

static bool report_is_due(const activation *a)
{
    return a->reading || a->binding || a->writing || a->delivering;
}

/* ---- the record was read ---- */

static void clear(activation *a, activation_end end)
{
    a->end = end;
    a->purpose = PURPOSE_CLEAR;
    a->state = ACTIVATION_RECORDING;
}

static void found_nothing(activation *a)
{
    a->carried_out = a->by_command;
    if (a->epoch != NULL)
        a->state = ACTIVATION_BEGINNING;
    else
        clear(a, ACTIVATION_VOID);
}

static bool same_origin(const origin *x, const origin *y)
{
    return (x->partition == y->partition && (x->offset == y->offset || MUTATION(REPLAY_IGNORES_ORIGIN))) &&
           value_same_text(&x->topic, &y->topic);
}

/* Where an execution stands in the pending set that waits for nothing: it was handed over, or is to run
 * again. Its record knows this as well, so whoever ends it can take it out. */
static timer_entry place_at_once(const execution *x)
{
    return (timer_entry){.due_ms = x->started_ms, .offset = x->origin.offset, .id = x->id};
}

/* The trigger was delivered again, or is a second one. */
static void found_for_trigger(activation *a)
{
    const execution *x = &a->execution;
    if (!same_origin(&x->origin, &a->origin)) {
        finish(a, ACTIVATION_DUPLICATE);
        return;
    }
    a->replaying = true;
    if (execution_ended(x)) {
        a->end = ACTIVATION_REPLAYED;
        a->state = ACTIVATION_ANNOUNCING;
    } else if (x->due_ms != 0) {
        a->end = ACTIVATION_PARKED;
        a->parked = (timer_entry){.due_ms = x->due_ms, .offset = x->origin.offset, .id = x->id};
        a->state = ACTIVATION_ANNOUNCING;
    } else {
        a->member = place_at_once(x); /* if it had been handed over before the first epoch was dropped */
        a->state = ACTIVATION_BINDING;
    }
}

static void found_for_timer(activation *a)
{
    const execution *x = &a->execution;
    a->told = x->current_step;
    if (execution_ended(x) || (x->due_ms != 0 && x->due_ms != a->member.due_ms))
        clear(a, ACTIVATION_VOID); /* a place in the pending set that was left behind */
    else
        a->state = ACTIVATION_BINDING;
}

static void found_for_command(activation *a, int64_t wall_ms)
{
    execution *x = &a->execution;
    const partition *p = custody_find(a->custody, a->topic, a->partition);
    if (p == NULL || x->origin.offset >= p->committed) {
        finish(a, ACTIVATION_POSTPONED);
        return;
    }
    a->carried_out = true;
    a->told = x->current_step;
    timer_entry place = place_at_once(x);
    if (x->due_ms != 0)
        place.due_ms = x->due_ms;
    if (a->command == COMMAND_CANCEL && execution_cancel(x, wall_ms)) {
        /* Where a delivery was under way when its worker died, it waits for its end in its place. */
        bool ended = execution_ended(x);
        a->member = ended ? place : (timer_entry){0};
        a->end = ended ? ACTIVATION_ENDED : ACTIVATION_VOID;
        a->purpose = PURPOSE_END;
        a->state = ACTIVATION_RECORDING;
    } else if (a->command == COMMAND_RETRY && execution_retry(x, wall_ms)) {
        a->parked = place_at_once(x);
        a->end = ACTIVATION_PARKED;
        a->purpose = PURPOSE_PARK;
        a->state = ACTIVATION_RECORDING;
    } else {
        if (MUTATION(VOID_COMMAND_UNPARKS))
            a->member = place;
        clear(a, ACTIVATION_VOID);
    }
}

bool activation_read(activation *a, arena *memory, const char *text, size_t size, int64_t wall_ms, error *e)
{
    assert(a->reading);
    a->reading = false;
    if (is_dropped(a))
        return true;
    if (text == NULL || (MUTATION(REPLAY_RUNS_AGAIN) && a->epoch != NULL)) {
        found_nothing(a);
        return true;
    }
    identity id = a->execution.id;
    bool ok = record_read(&a->execution, memory, text, size, e);
    if (ok && strcmp(id.text, a->execution.id.text) != 0)
        ok = error_set(e, ERROR_RECORD, 0, "the record under the execution's key is another's");
    if (!ok) {
        a->execution = (execution){.id = id};
        if (a->epoch != NULL)
            a->state = ACTIVATION_BEGINNING; /* where the shell rejects it */
        else
            finish(a, ACTIVATION_VOID);
        return false;
    }
    if (a->epoch != NULL)
        found_for_trigger(a);
    else if (a->by_command)
        found_for_command(a, wall_ms);
    else
        found_for_timer(a);
    return true;
}

/* ---- beginning and going on ---- */

void activation_begun(activation *a)
{
    a->state = ACTIVATION_RUNNING;
}

void activation_rejected(activation *a)
{
    finish(a, ACTIVATION_REJECTED);
}

bool activation_bound(activation *a, const workflow *w, arena *memory, error *e)
{
    execution *x = &a->execution;
    a->binding = false;
    if (is_dropped(a))
        return true;
    if (!execution_resume(x, w, memory, e))
        return false;
    a->state = execution_is_delivering(x) ? ACTIVATION_RESOLVING : ACTIVATION_RUNNING;
    return true;
}

void activation_unbound(activation *a)
{
    a->binding = false;
    if (!is_dropped(a))
        finish(a, ACTIVATION_POSTPONED);
}

/* The record names this attempt and its provider already, but not that the outcome is unknown; and only who
 * can write it may ask again. */
void activation_resolve(activation *a, bool retry, int64_t wall_ms)
{
    if (!MUTATION(UNKNOWN_UNTOLD) || !retry)
        execution_delivery_unknown(&a->execution, retry, wall_ms);
    a->state = ACTIVATION_RUNNING;
}

/* ---- running ---- */

static activation_need record(activation *a, activation_purpose purpose)
{
    a->purpose = purpose;
    a->state = ACTIVATION_RECORDING;
    return ACTIVATION_RECORD;
}

static void obey(activation *a, int64_t wall_ms)
{
    execution *x = &a->execution;
    if (a->command == COMMAND_CANCEL && !a->carried_out)
        a->carried_out = execution_cancel(x, wall_ms) || execution_ended(x);
    a->carried_out |= a->command == COMMAND_RETRY; /* it runs: there is nothing to be retried */
}

static void postpone(activation *a, int64_t wall_ms)
{
    step_state *s = &a->execution.steps[a->execution.current_step];
    if (a->postponed_ms == 0)
        return;
    s->attempt += MUTATION(POSTPONEMENT_COUNTS) && s->attempt > 1;
    execution_postpone(&a->execution, a->postponed_ms, wall_ms);
    a->postponed_ms = 0;
}

static activation_need run(activation *a, int64_t wall_ms)
{
    execution *x = &a->execution;
    postpone(a, wall_ms);
    obey(a, wall_ms);
    switch (execution_advance(x, wall_ms)) {
    case EXECUTION_DELIVER:
        return ACTIVATION_DELIVER;
    case EXECUTION_WAITING:
        a->parked = (timer_entry){.due_ms = x->due_ms, .offset = x->origin.offset, .id = x->id};
        a->end = ACTIVATION_PARKED;
        return record(a, PURPOSE_PARK);
    default:
        a->end = ACTIVATION_ENDED;
        return record(a, PURPOSE_END);
    }
}

void activation_choose(activation *a, const char *provider)
{
    const step_state *s = &a->execution.steps[a->execution.current_step];
    bool is_other = !value_is_text(&s->provider, provider);
    a->intended = (a->intended && !is_other) || (MUTATION(INTENT_FOR_ALL) && s->failure_count > 0);
    execution_choose(&a->execution, provider);
}

void activation_postpone(activation *a, int64_t due_ms)
{
    assert(due_ms != 0);
    a->intended = false;
    a->postponed_ms = due_ms;
}

void activation_intend(activation *a)
{
    if (MUTATION(NO_INTENT))
        a->intended = true;
    else
        record(a, PURPOSE_INTENT);
}

void activation_deliver(activation *a)
{
    a->result = (activation_result){0};
    a->delivering = true;
    a->state = ACTIVATION_DELIVERING;
    if (a->epoch != NULL && a->epoch->old) {
        a->hand = HAND_ASKED;
        custody_call(a->custody, a);
    }
}

void activation_report(activation *a, const activation_result *result)
{
    assert(a->delivering);
    a->delivering = false;
    a->result = *result;
    a->result.known = true;
    a->result.failure.retriable |= MUTATION(REPEATS_UNKNOWN) && result->failure.unknown;
}

static void apply_result(activation *a, int64_t wall_ms)
{
    const activation_result *r = &a->result;
    if (!r->delivered && r->failure.more)
        obey(a, wall_ms); /* who is cancelled asks nobody else */
    if (r->delivered)
        execution_delivered(&a->execution, r->provider, r->message_id, wall_ms);
    else
        execution_delivery_failed(&a->execution, &r->failure, r->random, wall_ms);
    a->intended = false;
    a->state = ACTIVATION_RUNNING;
}

static activation_need wait_for_delivery(activation *a, int64_t wall_ms)
{
    if (a->hand == HAND_ASKED && a->delivering) {
        a->hand = HAND_WRITING;
        a->parked = place_at_once(&a->execution);
        return record(a, PURPOSE_HAND_OVER);
    }
    bool held = a->hand == HAND_WRITING || (a->hand == HANDED && !MUTATION(HAND_OVER_GOES_ON));
    if (!a->result.known || held)
        return ACTIVATION_NOTHING;
    apply_result(a, wall_ms);
    return run(a, wall_ms);
}

/* ---- writing ---- */

bool activation_tells(const activation *a)
{
    const execution *x = &a->execution;
    if (a->epoch != NULL || a->purpose == PURPOSE_CLEAR)
        return false;
    if (execution_ended(x))
        return true;
    for (size_t i = a->told; i < x->current_step; i++)
        if (completion_has_step(x, i))
            return true;
    return false;
}

bool activation_is_handed(const activation *a)
{
    return a->hand == HANDED && !a->dropped && !MUTATION(HANDED_DUPLICATES_WAIT);
}

bool activation_write(activation *a, value text, const char *events, size_t size)
{
    partition *p = custody_find(a->custody, a->topic, a->partition);
    fenced_write *w = &a->write;
    bool leaves = a->purpose != PURPOSE_INTENT && a->purpose != PURPOSE_HAND_OVER;
    bool enters = a->purpose == PURPOSE_PARK || a->purpose == PURPOSE_HAND_OVER;
    a->entry = NULL;
    if (size > 0) {
        a->entry = outbox_add(&p->outbox, a->execution.origin.offset, events, size);
        if (a->entry == NULL)
            return false;
    }
    w->owner = a;
    w->topic = a->topic;
    w->partition = a->partition;
    w->id = a->purpose == PURPOSE_CLEAR ? NULL : &a->execution.id;
    w->record = text;
    w->expires = execution_ended(&a->execution);
    w->unpark = leaves && a->member.due_ms != 0 ? &a->member : NULL;
    w->park = enters ? &a->parked : NULL;
    w->entry = a->entry;
    w->command = a->carried_out || MUTATION(COMMAND_OFF_EARLY) ? a->command_text : NULL;
    w->command_size = a->command_size;
    a->writing = true;
    a->state = a->purpose == PURPOSE_HAND_OVER ? ACTIVATION_DELIVERING : ACTIVATION_WRITING;
    custody_add_write(a->custody, w);
    return true;
}

/* In store custody, what is written is done. */
static bool stored(activation *a)
{
    custody *c = a->custody;
    partition *p = custody_find(c, a->topic, a->partition);
    if (!MUTATION(TOLD_AGAIN))
        a->told = a->execution.current_step;
    if (a->entry != NULL)
        custody_tell(c, p, a->entry);
    if (a->purpose == PURPOSE_INTENT)
        return true;
    if (a->purpose == PURPOSE_PARK && !timers_arm(&p->timers, &a->parked))
        return false;
    finish(a, a->end);
    return true;
}

bool activation_wrote(activation *a, write_outcome outcome)
{
    assert(a->writing);
    a->writing = false;
    a->dropped |= outcome == WRITE_FENCED;
    if (is_dropped(a))
        return true;
    if (a->write.command != NULL) { /* it left the list with this write */
        a->command = COMMAND_NONE;
        a->carried_out = false;
    }
    if (a->purpose == PURPOSE_INTENT) {
        a->intended = true;
        a->state = ACTIVATION_RUNNING;
    }
    if (a->epoch == NULL)
        return stored(a);
    if (a->purpose != PURPOSE_INTENT)
        a->state = ACTIVATION_ANNOUNCING;
    return true;
}

bool activation_announced(activation *a)
{
    partition *p = custody_find(a->custody, a->topic, a->partition);
    a->told = a->execution.current_step;
    if (a->hand == HAND_WRITING) {
        a->hand = HANDED;
        a->member = a->parked;
        a->state = ACTIVATION_DELIVERING;
        custody_hand(a->custody, a);
        return true;
    }
    if (MUTATION(TIMER_BEFORE_COMMIT) && a->end == ACTIVATION_PARKED && !timers_arm(&p->timers, &a->parked))
        return false;
    if (a->end == ACTIVATION_PARKED && !epoch_add_timer(a->epoch, p, &a->parked))
        return false;
    finish(a, a->end);
    return true;
}

/* ---- what is needed ---- */

static activation_need need_of_state(activation *a, int64_t wall_ms)
{
    switch (a->state) {
    case ACTIVATION_STARTING:
        a->reading = true;
        a->state = ACTIVATION_READING;
        return ACTIVATION_READ;
    case ACTIVATION_BEGINNING:
        return ACTIVATION_BEGIN;
    case ACTIVATION_BINDING:
        if (a->binding)
            return ACTIVATION_NOTHING;
        a->binding = true;
        return ACTIVATION_BIND;
    case ACTIVATION_RESOLVING:
        return ACTIVATION_RESOLVE;
    case ACTIVATION_RUNNING:
        return run(a, wall_ms);
    case ACTIVATION_DELIVERING:
        return wait_for_delivery(a, wall_ms);
    case ACTIVATION_RECORDING:
        return ACTIVATION_RECORD;
    case ACTIVATION_ANNOUNCING:
        return ACTIVATION_ANNOUNCE;
    default:
        return ACTIVATION_NOTHING;
    }
}

activation_need activation_next(activation *a, int64_t wall_ms)
{
    if (a->state != ACTIVATION_FINISHED && is_dropped(a) && !report_is_due(a))
        finish(a, ACTIVATION_DROPPED);
    if (a->state == ACTIVATION_FINISHED)
        return ACTIVATION_OVER;
    if (a->dropped)
        return ACTIVATION_NOTHING;
    return need_of_state(a, wall_ms);
}
