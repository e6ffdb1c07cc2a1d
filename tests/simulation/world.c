#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>

#include "tests/simulation/checks.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/group.h"
#include "tests/simulation/log.h"
#include "tests/simulation/redis.h"
#include "tests/simulation/worker.h"

enum {
    ENDS_WITHIN_MS = 120000, /* once it is calm */
    LINGERS_MS = 2000,       /* what comes too often comes until then */
    STOPS_WITHIN_MS = 20000,
    STEPS_MAX_OF_A_WORLD = 2000000,
};

void *world_alloc(world *w, size_t size)
{
    void *p = arena_alloc(&w->arena, size > 0 ? size : 1);
    assert(p != NULL);
    return p;
}

void *world_copy(world *w, const void *bytes, size_t size)
{
    void *p = world_alloc(w, size);
    if (size > 0)
        memcpy(p, bytes, size);
    return p;
}

void world_trace(world *w, const char *who, const char *format, ...)
{
    va_list arguments;
    printf("%9.3f %-10s ", (double)w->agenda.now_us / SECOND, who);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void world_break(world *w, const char *format, ...)
{
    if (w->broken[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->broken, sizeof w->broken, format, arguments);
    va_end(arguments);
    TRACE(w, "BROKEN", "%s", w->broken);
}

bool world_fault(world *w, uint32_t share)
{
    if (share == 0 || !dice_chance(&w->dice, share) || w->calm)
        return false;
    w->faults++;
    return true;
}

bool world_fails(world *w, failure_kind k)
{
    if (w->failure.kind != k || ++w->things != w->failure.number)
        return false;
    w->faults++;
    TRACE(w, "failure", "%s %llu", failure_word(k), (unsigned long long)w->things);
    return true;
}

int64_t world_latency_us(world *w, int64_t usual_us)
{
    int64_t us = dice_between(&w->dice, usual_us / 2, usual_us * 3 / 2);
    return world_fault(w, w->scenario->lag) ? us * dice_between(&w->dice, 10, 100) : us;
}

static bool goes_on(const world *w)
{
    return w->broken[0] == '\0' && w->agenda.steps < STEPS_MAX_OF_A_WORLD;
}

static void run_until(world *w, int64_t at_ms)
{
    while (goes_on(w) && w->agenda.count > 0 && w->agenda.heap[0].at_us <= at_ms * MS)
        agenda_step(&w->agenda);
}

static void await_end(world *w)
{
    int64_t deadline_ms = world_now_ms(w) + ENDS_WITHIN_MS;
    while (goes_on(w) && !checks_done(w) && world_now_ms(w) < deadline_ms && w->agenda.count > 0)
        agenda_step(&w->agenda);
    TRACE(w, "world", "%s", checks_done(w) ? "everything has ended" : "not everything has ended");
    run_until(w, world_now_ms(w) + LINGERS_MS);
}

static bool anybody_is_alive(const world *w)
{
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        if (worker_is_alive(w->workers[i]))
            return true;
    return false;
}

static void stop_all(world *w)
{
    int64_t deadline_ms = world_now_ms(w) + STOPS_WITHIN_MS;
    w->worker_count = 0; /* nobody is started again */
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        worker_stop(w->workers[i]);
    while (goes_on(w) && anybody_is_alive(w) && world_now_ms(w) < deadline_ms && w->agenda.count > 0)
        agenda_step(&w->agenda);
    if (goes_on(w) && anybody_is_alive(w))
        world_break(w, "a worker does not stop");
}

/* The usual ones, or some that are rarely so tight. */
static void choose_limits(world *w)
{
    bool usual = w->scenario->usual || dice_chance(&w->dice, 6000);
    w->limits = (custody_limits){
        .commit_interval_ms = usual ? 60 : dice_between(&w->dice, 0, 300),
        .epoch_max_ms = usual ? 400 : dice_between(&w->dice, 0, 2000),
        .revoke_max_ms = usual ? 1200 : dice_between(&w->dice, 0, 3000),
        .fence_again_ms = usual ? 700 : dice_between(&w->dice, 0, 2000),
        .triggers_max = usual ? 12 : (uint32_t)dice_between(&w->dice, 1, 20),
        .bytes_max = usual ? 1 << 20 : (size_t)dice_between(&w->dice, 100, 1000),
    };
}

static void make(world *w, uint64_t seed, const scenario *s, const workload *load, bool tracing)
{
    agenda kept_agenda = w->agenda;
    arena kept_arena = w->arena;
    *w = (world){.seed = seed,
                 .scenario = s,
                 .dice = {.state = seed * 0x9E3779B97F4A7C15 + 1},
                 .agenda = kept_agenda,
                 .arena = kept_arena,
                 .workload = load,
                 .tracing = tracing};
    if (w->arena.budget_bytes == 0)
        arena_init(&w->arena, 1 << 20, (size_t)1 << 30);
    arena_reset(&w->arena);
    agenda_reset(&w->agenda, &w->dice);
    w->partition_count = (uint32_t)dice_between(&w->dice, 1, s->partitions);
    choose_limits(w);
    checks_make(w);
    log_make(w);
    group_make(w);
    redis_make(w);
}

bool world_run(world *w, uint64_t seed, const scenario *s, const failure *f, const workload *load,
               bool tracing)
{
    make(w, seed, s, load, tracing);
    w->failure = *f;
    faults_begin(w);
    workload_begin(w);
    run_until(w, s->lasts_ms);
    faults_end(w);
    await_end(w);
    if (goes_on(w))
        stop_all(w);
    if (goes_on(w))
        checks_end(w);
    if (w->agenda.steps >= STEPS_MAX_OF_A_WORLD)
        world_break(w, "the world goes on without end");
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        worker_free(w->workers[i]);
    return w->broken[0] == '\0';
}

void world_free(world *w)
{
    agenda_free(&w->agenda);
    arena_free(&w->arena);
}
