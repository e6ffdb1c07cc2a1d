/* tasks: the executions under way in one shard, each from what wakes it (a trigger's message, a timer, a
 * person's command) to the moment when nothing is left to do for it here.
 *
 * What happens to them is decided by custody and their activations (engine/custody); here it is done: records
 * are read and written, workflows found, messages delivered, events made. Everything runs on the shard's
 * loop. */
#ifndef WORKER_SHARD_TASKS_H
#define WORKER_SHARD_TASKS_H

#include <librdkafka/rdkafka.h>

#include "engine/custody/custody.h"
#include "worker/channel/channel.h"
#include "worker/registry/registry.h"
#include "worker/shard/announce.h"
#include "worker/shard/execution_key.h"
#include "worker/shard/running.h"
#include "worker/shard/versions.h"

typedef struct task task;

typedef struct tasks {
    /* Filled by the owner; borrowed. */
    const config *config;
    const registry *registry;
    const logger *log;
    store *store;
    custody *custody;
    channels channels;
    uint32_t hash_seed;
    const uv_loop_t *loop; /* the shard's: its clock, which is read once a turn ... */
    int64_t
        clock_offset_ms; /* ... and what must be added for the time of day; kept up to date by the owner */
    void *context;
    void (*fatal)(void *context, const error *why); /* memory has run out */
    /* A command cannot be carried out: it leaves its list. The text is borrowed for the call. */
    void (*discard)(void *context, uint32_t topic, int32_t number, const value *text);

    /* Its own. */
    bool closing; /* set by the owner: nothing is begun or decided any more */
    announcer announcer;
    validator *validator;
    bool failed; /* memory ran out: nothing goes on */
    running running;
    versions versions;
    execution_key key; /* of what is read */
    task *free;
    task *all;
    arena_pool memory;      /* of tasks */
    arena_pool batches;     /* of what they announce */
    size_t record_bytes;    /* of the last record of ordinary size */
    uint64_t random;        /* state of what spreads retries */
    const workflow *latest; /* of which an execution began; only compared */
    tally resumed;          /* of executions in store custody: they belong to no epoch */
    log_limiter rejected_limiter;
    uint64_t taken; /* triggers that ever came; what came of them is in the tallies of their batches */
} tasks;

/* Makes its own parts; the rest is filled already. */
MUST_CHECK bool tasks_init(tasks *t, error *e);
/* The loop has ended: tasks that are still under way are dropped. */
void tasks_free(tasks *t);

/* Takes the message, which is the trigger of the epoch at origin (its topic's name is borrowed for the
 * shard's life). The epoch's `shell` is its batch. */
void tasks_start(tasks *t, rd_kafka_message_t *message, uint32_t topic, epoch *e);
/* A timer is due. */
void tasks_start_timer(tasks *t, const partition *p, const timer_entry *timer);
/* A person's command: "cancel <execution id> ..." or "retry <execution id> ...". It is looked for again until
 * it has left its list: what is under way already is not begun twice. False where the text is no command. */
MUST_CHECK bool tasks_start_command(tasks *t, uint32_t topic, int32_t number, const char *text, size_t size);
/* CUSTODY_PROCEED */
void tasks_proceed(tasks *t, activation *a);

#endif
