#include "tests/simulation/faults.h"

#include "tests/simulation/group.h"
#include "tests/simulation/redis.h"
#include "tests/simulation/worker.h"

static void start(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    (void)data;
    if (!worker_is_alive(w->workers[number]))
        worker_start(w->workers[number]);
}

static void start_later(world *w, uint32_t number, int64_t max_ms)
{
    agenda_add(&w->agenda, dice_between(&w->dice, 1, max_ms) * MS, start, w, number, NULL);
}

/* A worker that is alive and awake, or NULL. */
static worker *pick(world *w, uint32_t *number)
{
    for (int i = 0; i < 8; i++) {
        *number = (uint32_t)dice_below(&w->dice, WORKERS_MAX);
        if (w->workers[*number] != NULL && worker_is_awake(w->workers[*number]))
            return w->workers[*number];
    }
    return NULL;
}

/* However it dies, somebody starts it again. */
static void look_after(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    (void)data;
    if (number < w->worker_count && !worker_is_alive(w->workers[number]))
        worker_start(w->workers[number]);
    if (!w->calm || number < w->worker_count)
        agenda_add(&w->agenda, dice_between(&w->dice, 100, 1500) * MS, look_after, w, number, NULL);
}

static void replace(world *w, worker *k, uint32_t number)
{
    uint32_t other = (number + PRODUCERS_MAX) % WORKERS_MAX;
    if (worker_is_alive(w->workers[other]))
        return;
    worker_sleep_later(k, 1 + (uint32_t)dice_below(&w->dice, 20), dice_between(&w->dice, 1000, 6000));
    start_later(w, other, 2000);
}

static void break_all(world *w)
{
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        worker_disconnect(w->workers[i], world_fault(w, w->scenario->late));
}

static void restart_store(world *w)
{
    w->redis->up_us = w->agenda.now_us + dice_between(&w->dice, 0, 1500) * MS;
    break_all(w);
}

static fault_kind choose(world *w)
{
    uint32_t sum = 0;
    for (int f = 0; f < FAULT_COUNT; f++)
        sum += w->scenario->weights[f];
    if (sum == 0)
        return FAULT_COUNT;
    uint64_t thrown = dice_below(&w->dice, sum);
    int f = 0;
    while (thrown >= w->scenario->weights[f])
        thrown -= w->scenario->weights[f++];
    return (fault_kind)f;
}

static void happen(world *w, fault_kind f)
{
    uint32_t number;
    worker *k = pick(w, &number);
    uint32_t n = 1 + (uint32_t)dice_below(&w->dice, 25);
    if (k == NULL || f == FAULT_COUNT)
        return;
    w->faults++;
    TRACE(w, "fault", "%s of w%u", fault_word(f), number);
    switch (f) {
    case FAULT_KILL:
        worker_kill_later(k, n);
        break;
    case FAULT_PAUSE:
        worker_sleep_later(k, n,
                           dice_chance(&w->dice, 5000) ? dice_between(&w->dice, 10, 1000)
                                                       : dice_between(&w->dice, 1000, 7000));
        break;
    case FAULT_REPLACE:
        replace(w, k, number);
        break;
    case FAULT_STOP:
        worker_stop(k);
        break;
    case FAULT_EXPEL:
        group_expel(w, number);
        break;
    case FAULT_REBALANCE:
        group_rebalance(w);
        break;
    case FAULT_CLOCK:
        worker_set_clock(k, dice_between(&w->dice, -3000, 3000));
        break;
    case FAULT_CONNECTION:
        worker_disconnect(k, world_fault(w, w->scenario->late));
        break;
    case FAULT_RESTART:
        restart_store(w);
        break;
    case FAULT_FAILOVER:
        redis_fail_over(w);
        restart_store(w);
        break;
    case FAULT_COUNT:
        break;
    }
}

static void on_fault(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    (void)number;
    (void)data;
    if (w->calm)
        return;
    happen(w, choose(w));
    agenda_add(&w->agenda, dice_between(&w->dice, 1, 2 * w->scenario->fault_every_ms) * MS, on_fault, w, 0,
               NULL);
}

static void on_replication(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    (void)number;
    (void)data;
    if (w->calm)
        return;
    redis_replicate(w);
    agenda_add(&w->agenda, dice_between(&w->dice, 1, 250) * MS, on_replication, w, 0, NULL);
}

void faults_begin(world *w)
{
    w->worker_count = (uint32_t)dice_between(&w->dice, 1, w->scenario->workers);
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        w->workers[i] = worker_make(w, i);
    for (uint32_t i = 0; i < w->worker_count; i++) {
        start_later(w, i, dice_chance(&w->dice, 7000) ? 20 : 2000);
        agenda_add(&w->agenda, 2500 * MS, look_after, w, i, NULL);
    }
    agenda_add(&w->agenda, dice_between(&w->dice, 1, 2 * w->scenario->fault_every_ms) * MS, on_fault, w, 0,
               NULL);
    if (w->scenario->loses)
        on_replication(w, 0, NULL);
}

void faults_end(world *w)
{
    w->calm = true;
    TRACE(w, "fault", "no more of them");
    for (uint32_t i = w->worker_count; i < WORKERS_MAX; i++)
        worker_kill(w->workers[i]);
    for (uint32_t i = 0; i < w->worker_count; i++)
        start_later(w, i, 500);
    if (w->postponed)
        group_rebalance(w);
}
