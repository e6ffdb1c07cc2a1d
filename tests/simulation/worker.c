#include "tests/simulation/worker.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "tests/simulation/worker_state.h"

enum { COMMANDS_EVERY_MS = 700, HEARTBEAT_EVERY_MS = 600 };

/* ---- what it is ---- */

void worker_set_clock(worker *k, int64_t skew_ms)
{
    TRACE(k->world, k->name, "its wall clock jumps by %lld ms", (long long)(skew_ms - k->skew_ms));
    k->skew_ms = skew_ms;
}

bool worker_is_alive(const worker *k)
{
    return k->alive;
}

bool worker_is_awake(const worker *k)
{
    return k->alive && !k->asleep;
}

bool worker_is_stopping(const worker *k)
{
    return k->stopping;
}

uint64_t worker_incarnation(const worker *k)
{
    return k->incarnation;
}

const char *worker_name(const worker *k)
{
    return k->name;
}

uint64_t worker_store_losses(const worker *k)
{
    return custody_store_losses(k->custody);
}

/* ---- dying ---- */

static void free_batch(void *shell)
{
    free(shell);
}

static void free_ended(epoch *e)
{
    free_batch(e->shell);
    epoch_free(e);
}

/* What a process takes with it. custody_free wants no transaction under way, and fence's own writes back. */
static void bury_custody(worker *k)
{
    custody *c = k->custody;
    k->custody = NULL;
    if (k->holds_effect && k->effect.action == CUSTODY_COMMIT)
        k->committing = k->effect.epoch;
    if (k->holds_effect && k->effect.action == CUSTODY_END)
        free_ended(k->effect.epoch);
    if (k->committing != NULL)
        custody_aborted(c, k->committing);
    k->committing = NULL;
    custody_close(c);
    custody_disarm(c);
    for (;;) {
        custody_effect effect = custody_next(c, worker_now_ms(k), worker_wall_ms(k));
        if (effect.action == CUSTODY_WAIT)
            break;
        assert(effect.action == CUSTODY_PROCEED);
    }
    custody_free(c, free_batch);
}

static void bury(worker *k)
{
    bury_custody(k);
    tasks_free_all(k);
    link_drop(k);
    k->alive = k->dying = k->asleep = k->stopping = k->closing = false;
    k->holds_effect = false;
    k->held_task = NULL;
    k->first_deferred = NULL;
    k->last_deferred = &k->first_deferred;
    k->countdown = 0;
    k->incarnation++;
}

void worker_kill(worker *k)
{
    if (!k->alive)
        return;
    TRACE(k->world, k->name, "is killed");
    group_lose_sight(k->world, k->number);
    bury(k);
}

void worker_kill_later(worker *k, uint32_t n)
{
    k->countdown = n;
    k->sleeps_ms = 0;
}

void worker_sleep_later(worker *k, uint32_t n, int64_t sleeps_ms)
{
    k->countdown = n;
    k->sleeps_ms = sleeps_ms;
}

static void fall_asleep(worker *k);

bool worker_stalls(worker *k)
{
    if (worker_is_stalled(k))
        return true;
    if (world_fails(k->world, FAILURE_KILL))
        worker_kill_later(k, 1);
    if (world_fails(k->world, FAILURE_SLEEP))
        worker_sleep_later(k, 1, 2 * SESSION_MS);
    if (k->countdown == 0 || --k->countdown > 0)
        return false;
    if (k->sleeps_ms == 0)
        k->dying = true;
    else
        fall_asleep(k);
    return true;
}

/* ---- turns ---- */

static void turn(worker *k);

static void on_wake(worker *k, void *data)
{
    (void)data;
    k->wake_ms = INT64_MAX;
}

static void wake_at(worker *k, int64_t wake_ms)
{
    if (wake_ms >= k->wake_ms)
        return; /* the turn before finds out what to wait for then */
    k->wake_ms = wake_ms;
    int64_t delay_us = wake_ms * MS - k->world->agenda.now_us;
    worker_post(k, k->incarnation, (delay_us > 0 ? delay_us : 0) + dice_between(&k->world->dice, 0, 3) * MS,
                on_wake, NULL);
}

static void end_epoch(worker *k, const custody_effect *effect)
{
    TRACE(k->world, k->name, "an epoch of %u triggers has ended: %s", effect->epoch->trigger_count,
          effect->committed ? "committed" : "dropped");
    const batch *b = effect->epoch->shell;
    if (effect->committed && b != NULL && b->accounted != effect->epoch->trigger_count)
        world_break(k->world, "%s commits %u triggers, of which %u are accounted for", k->name,
                    effect->epoch->trigger_count, b->accounted);
    free_ended(effect->epoch);
}

static void close_down(worker *k)
{
    TRACE(k->world, k->name, "has stopped");
    jobs_leave(k);
    custody_close(k->custody);
    k->closing = true;
    link_close(k);
}

/* Does one thing that custody wants. */
static void obey(worker *k, const custody_effect *effect)
{
    static const char *const words[] = {"wait",   "fence", "read positions", "load outboxes", "accept",
                                        "watch",  "write", "fetch timers",   "timer",         "proceed",
                                        "commit", "end",   "release",        "stopped",       "failed"};
    if (effect->action != CUSTODY_PROCEED)
        TRACE(k->world, k->name, "%s", words[effect->action]);
    switch (effect->action) {
    case CUSTODY_FENCE:
        link_fence(k, effect->ask);
        break;
    case CUSTODY_POSITION:
        jobs_position(k);
        break;
    case CUSTODY_LOAD:
        link_load(k, effect->ask);
        break;
    case CUSTODY_ACCEPT:
        jobs_accept(k);
        break;
    case CUSTODY_WATCH:
        link_watch(k);
        break;
    case CUSTODY_WRITE:
        link_write(k, effect->block, effect->renew);
        break;
    case CUSTODY_FETCH:
        link_fetch(k, effect);
        break;
    case CUSTODY_TIMER:
        tasks_start_timer(k, effect);
        break;
    case CUSTODY_PROCEED:
        tasks_make_ready(k, (task *)(void *)effect->activation);
        break;
    case CUSTODY_COMMIT:
        jobs_commit(k, effect->epoch);
        break;
    case CUSTODY_END:
        end_epoch(k, effect);
        break;
    case CUSTODY_RELEASE:
        jobs_release(k);
        break;
    case CUSTODY_STOPPED:
        close_down(k);
        break;
    case CUSTODY_FAILED:
        world_break(k->world, "%s: custody has failed", k->name);
        k->dying = true;
        break;
    case CUSTODY_WAIT:
        break;
    }
}

static void check_bounds(worker *k)
{
    const custody *c = k->custody;
    uint32_t most = k->world->limits.triggers_max;
    if (custody_in_flight(c) > most)
        world_break(k->world, "%s has %u triggers in flight", k->name, custody_in_flight(c));
    if (custody_resumed(c) > 2 * most + COMMANDS_MAX) /* those handed over come on top */
        world_break(k->world, "%s has %u executions under way in store custody", k->name, custody_resumed(c));
    const partition *partitions = custody_partitions(c);
    for (uint32_t i = 0; i < custody_partition_count(c); i++)
        if (partitions[i].timers.count > LIMIT_TIMER_WINDOW)
            world_break(k->world, "%s holds %u timers", k->name, partitions[i].timers.count);
}

static void obey_all(worker *k)
{
    enum { EFFECTS_MAX = 10000 };
    for (int i = 0; i < EFFECTS_MAX; i++) {
        tasks_run_ready(k);
        if (worker_is_stalled(k))
            return;
        custody_effect effect = custody_next(k->custody, worker_now_ms(k), worker_wall_ms(k));
        if (effect.action == CUSTODY_WAIT) {
            wake_at(k, effect.wake_ms);
            return;
        }
        if (worker_stalls(k)) {
            k->holds_effect = true;
            k->effect = effect;
            return;
        }
        obey(k, &effect);
    }
    world_break(k->world, "%s: custody asks without end", k->name);
}

/* What it was about to do when it fell asleep. */
static void go_on(worker *k)
{
    if (k->holds_effect) {
        k->holds_effect = false;
        obey(k, &k->effect);
    }
    if (k->held_task != NULL) {
        task *t = k->held_task;
        k->held_task = NULL;
        tasks_proceed(t, k->held_need, true);
    }
}

static void turn(worker *k)
{
    go_on(k);
    tasks_run_ready(k);
    if (!worker_is_stalled(k) && !k->closing)
        tasks_take(k);
    obey_all(k);
    if (!worker_is_stalled(k))
        check_bounds(k);
}

/* Whatever happened: it dies, or is done with stopping. */
static void settle(worker *k)
{
    if (k->dying) {
        worker_kill(k);
    } else if (k->closing && k->running == NULL && !k->asleep) {
        TRACE(k->world, k->name, "is gone");
        bury(k);
    }
}

/* ---- what happens to it ---- */

typedef struct happening {
    worker *worker;
    worker_handler *handler;
    void *data;
} happening;

static void handle(worker *k, worker_handler *handler, void *data)
{
    handler(k, data);
    turn(k);
    settle(k);
}

static void on_happening(void *subject, uint64_t incarnation, void *data)
{
    worker *k = subject;
    const happening *h = data;
    if (!k->alive || k->incarnation != incarnation)
        return;
    if (!k->asleep) {
        handle(k, h->handler, h->data);
        return;
    }
    deferred *d = world_alloc(k->world, sizeof *d);
    *d = (deferred){.handler = h->handler, .data = h->data};
    *k->last_deferred = d;
    k->last_deferred = &d->next;
}

void worker_post(worker *k, uint64_t incarnation, int64_t delay_us, worker_handler *handler, void *data)
{
    happening h = {.handler = handler, .data = data};
    agenda_add(&k->world->agenda, delay_us, on_happening, k, incarnation, world_copy(k->world, &h, sizeof h));
}

static void on_look(worker *k, void *data)
{
    (void)k;
    (void)data;
}

void workers_look(world *w)
{
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        if (w->workers[i] != NULL && w->workers[i]->alive && w->workers[i]->reading)
            worker_post(w->workers[i], w->workers[i]->incarnation, world_latency_us(w, MS), on_look, NULL);
}

/* ---- sleeping ---- */

static void on_awake(void *subject, uint64_t incarnation, void *data)
{
    worker *k = subject;
    (void)data;
    if (!k->alive || k->incarnation != incarnation || !k->asleep)
        return;
    TRACE(k->world, k->name, "wakes up");
    k->asleep = false;
    jobs_heartbeat(k);
    handle(k, on_wake, NULL);
    while (k->alive && k->incarnation == incarnation && !k->asleep && k->first_deferred != NULL) {
        deferred *d = k->first_deferred;
        k->first_deferred = d->next;
        if (k->first_deferred == NULL)
            k->last_deferred = &k->first_deferred;
        handle(k, d->handler, d->data);
    }
}

static void fall_asleep(worker *k)
{
    TRACE(k->world, k->name, "falls asleep for %lld ms", (long long)k->sleeps_ms);
    k->asleep = true;
    group_lose_sight(k->world, k->number);
    agenda_add(&k->world->agenda, k->sleeps_ms * MS, on_awake, k, k->incarnation, NULL);
}

/* ---- life ---- */

worker *worker_make(world *w, uint32_t number)
{
    worker *k = memset(world_alloc(w, sizeof *k), 0, sizeof *k);
    k->world = w;
    k->number = number;
    snprintf(k->name, sizeof k->name, "w%u", number);
    return k;
}

void worker_free(worker *k)
{
    if (k->alive)
        bury(k);
}

static void on_commands_due(worker *k, void *data)
{
    (void)data;
    link_read_commands(k);
    worker_post(k, k->incarnation, (int64_t)COMMANDS_EVERY_MS * MS, on_commands_due, NULL);
}

static void on_heartbeat_due(worker *k, void *data)
{
    (void)data;
    jobs_heartbeat(k);
    worker_post(k, k->incarnation, (int64_t)HEARTBEAT_EVERY_MS * MS, on_heartbeat_due, NULL);
}

void worker_start(worker *k)
{
    world *w = k->world;
    assert(!k->alive);
    uint64_t incarnation = k->incarnation + 1;
    TRACE(w, k->name, "starts");
    *k = (worker){.world = w,
                  .number = k->number,
                  .incarnation = incarnation,
                  .alive = true,
                  .wake_ms = INT64_MAX,
                  .skew_ms = dice_between(&w->dice, -80, 80),
                  .custody = custody_new(&w->limits)};
    snprintf(k->name, sizeof k->name, "w%u", k->number);
    k->last_deferred = &k->first_deferred;
    k->last_ready = &k->first_ready;
    k->last_request = &k->first_request;
    assert(k->custody != NULL);
    jobs_register(k);
    on_commands_due(k, NULL);
    on_heartbeat_due(k, NULL);
}

static void on_stop(worker *k, void *data)
{
    (void)data;
    if (k->stopping)
        return;
    TRACE(k->world, k->name, "is asked to stop");
    k->stopping = true;
    custody_stop(k->custody, worker_now_ms(k));
}

void worker_stop(worker *k)
{
    if (k->alive)
        worker_post(k, k->incarnation, 0, on_stop, NULL);
}

static void on_disconnected(worker *k, void *data)
{
    connection *c = data;
    if (k->connection == c)
        link_lose(k);
}

void worker_disconnect(worker *k, bool late)
{
    if (!k->alive || k->connection == NULL)
        return;
    TRACE(k->world, k->name, "its connection breaks%s", late ? ", and what is under way comes late" : "");
    redis_break(k->world, k->connection, late);
    worker_post(k, k->incarnation, dice_between(&k->world->dice, 0, 20) * MS, on_disconnected, k->connection);
}
