/* worker_state: what worker.c (life and turns), worker_link.c (the connection to the store), worker_jobs.c
 * (positions, commits, the group) and worker_tasks.c (executions) share. Private to them. */
#ifndef TESTS_SIMULATION_WORKER_STATE_H
#define TESTS_SIMULATION_WORKER_STATE_H

#include "tests/simulation/checks.h"
#include "tests/simulation/group.h"
#include "tests/simulation/log.h"
#include "tests/simulation/worker.h"

/* An execution under way, or a trigger that waits for one. */
typedef struct task task;
struct task {
    activation activation; /* first: a write's owner leads back here */
    worker *worker;
    arena memory;
    task *next;    /* of the worker's running ones */
    task *waiting; /* triggers of the same execution */
    task *next_ready;
    bool ready;
    const message *message; /* NULL: no trigger */
    timer_entry timer;      /* of one that a timer begins */
    uint64_t generation;    /* when the timer was due */
    uint32_t partition;
    int64_t offset;
    epoch *epoch; /* of its trigger, until it is accounted for */
    bool accounted;
    const picture *picture;   /* of the record that is being written */
    const char *ordered;      /* the command that it has been given */
    char token[TOKEN_SIZE];   /* when it began */
    const provider *provider; /* that is asked */
    activation_result result;
};

/* The shell's part of an epoch. */
typedef struct batch {
    event_list events;
    uint32_t accounted; /* triggers of which something has come */
} batch;

/* What came while it slept. */
typedef struct deferred deferred;
struct deferred {
    deferred *next;
    worker_handler *handler;
    void *data;
};

typedef enum membership { OUTSIDE, JOINING, MEMBER, RELEASING_MEMBER } membership;

struct worker {
    world *world;
    uint32_t number;
    char name[8];
    uint64_t incarnation;
    bool alive, dying, asleep, stopping, closing;
    int64_t wakes_us;
    int64_t skew_ms;
    int64_t wake_ms; /* the next turn that is on the agenda */
    deferred *first_deferred, **last_deferred;
    /* Faults: before the n-th thing. */
    uint32_t countdown;
    int64_t sleeps_ms; /* 0: it dies */
    /* What it was about to do when it fell asleep. */
    bool holds_effect;
    custody_effect effect;
    task *held_task;
    activation_need held_need;

    custody *custody;
    task *running;
    task *first_ready, **last_ready;

    /* The connection to the store. */
    connection *connection;
    request *first_request, **last_request;
    uint32_t failures;
    bool writing; /* a watch or a block is under way */
    char token[TOKEN_SIZE];
    uint32_t tokens;
    uint32_t fences[PARTITIONS_MAX]; /* of the takeover */
    uint32_t fence_count;

    /* The log. */
    membership membership;
    uint64_t generation;
    bool lost_told;
    uint32_t assigned[PARTITIONS_MAX];
    uint32_t assigned_count;
    bool reading;
    int64_t positions[PARTITIONS_MAX];
    bool registered; /* the producer */
    uint64_t producer_epoch;
    epoch *committing;
    uint64_t published[PARTITIONS_MAX]; /* as the committed metadata says, when it was read last */
    uint64_t load_ask;
    uint64_t losses; /* of the store, that a takeover must have noticed */
};

static inline int64_t worker_now_ms(const worker *k)
{
    return world_now_ms(k->world);
}
static inline int64_t worker_wall_ms(const worker *k)
{
    return WORLD_EPOCH_MS + world_now_ms(k->world) + k->skew_ms;
}
static inline uint32_t worker_producer(const worker *k)
{
    return k->number % PRODUCERS_MAX;
}
/* It does not go on now. */
static inline bool worker_is_stalled(const worker *k)
{
    return k->dying || k->asleep;
}
/* Counts one thing that it does; true where it dies or falls asleep before it. */
bool worker_stalls(worker *k);

/* worker_link.c */
void link_send(worker *k, request *r);
request *link_request(worker *k, request_kind kind);
void link_lose(worker *k);
void link_close(worker *k); /* what is unanswered will not be: who waits for it is told */
void link_drop(worker *k);  /* with the process */
void link_fence(worker *k, uint64_t ask);
void link_load(worker *k, uint64_t ask);
void link_fetch(worker *k, const custody_effect *effect);
void link_watch(worker *k);
void link_write(worker *k, const fenced_write *block, bool renew);
void link_read_commands(worker *k);

/* worker_jobs.c */
void jobs_register(worker *k);
void jobs_position(worker *k);
void jobs_accept(worker *k);
void jobs_commit(worker *k, epoch *e);
void jobs_release(worker *k);
void jobs_leave(worker *k);
void jobs_heartbeat(worker *k);

/* worker_tasks.c */
void tasks_take(worker *k);
void tasks_start_timer(worker *k, const custody_effect *effect);
void tasks_command(worker *k, uint32_t place, const store_text *command);
void tasks_read(task *t, const store_text *record); /* NULL: it cannot be read any more */
void tasks_make_ready(worker *k, task *t);
void tasks_proceed(task *t, activation_need need, bool held);
void tasks_run_ready(worker *k);
void tasks_free_all(worker *k);

#endif
