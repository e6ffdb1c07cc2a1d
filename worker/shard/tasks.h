/* tasks: the triggers under way in one shard, each from its message to the moment when it is settled.
 *
 * A task looks for the execution's record first: a trigger that was run before is never run again, its events
 * are made anew from the record. Only then are the workflow and the payload looked at, so that a redelivered
 * trigger is recognised even if its workflow has changed. Everything runs on the shard's loop. */
#ifndef WORKER_SHARD_TASKS_H
#define WORKER_SHARD_TASKS_H

#include <librdkafka/rdkafka.h>

#include "engine/custody/custody.h"
#include "worker/channel/channel.h"
#include "worker/registry/registry.h"
#include "worker/shard/announce.h"
#include "worker/shard/running.h"

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

    /* Its own. */
    bool closing; /* set by the owner: nothing is begun or decided any more, tasks only end */
    announcer announcer;
    validator *validator;
    running running;
    task *free;
    log_limiter rejected_limiter;
    uint64_t taken; /* triggers that ever came; what came of them is in the tallies of their batches */
} tasks;

/* Makes its own parts; the rest is filled already. */
MUST_CHECK bool tasks_init(tasks *t, error *e);
/* No task may be under way. */
void tasks_free(tasks *t);

/* Takes the message, which is the trigger of the epoch at origin (its topic's name is borrowed for the
 * shard's life). The epoch's `shell` is its batch. The task ends with custody_settle. */
void tasks_start(tasks *t, rd_kafka_message_t *message, const char *topic, epoch *e);

#endif
