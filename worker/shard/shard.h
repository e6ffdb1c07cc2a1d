/* shard: one thread with one event loop that shares nothing: its own consumer in the group, its own
 * transactional producer, its own Redis connection. A worker is some of them, and the triggers' partitions
 * are divided among all shards of all workers. */
#ifndef WORKER_SHARD_SHARD_H
#define WORKER_SHARD_SHARD_H

#include <uv.h>

#include "worker/catalog/catalog_cell.h"
#include "worker/config/config.h"
#include "worker/log.h"
#include "worker/registry/registry.h"
#include "worker/shard/figures.h"

typedef struct shard shard;

/* Everything is borrowed for the shard's life. */
typedef struct shard_options {
    unsigned number;
    unsigned count; /* of the worker's shards */
    const config *config;
    catalog_cell *catalog; /* holds one */
    const registry *registry;
    const logger *log;
    uint32_t hash_seed;  /* random */
    uv_async_t *changed; /* sent to whenever shard_status has changed */
} shard_options;

/* What others may know of a shard. */
typedef struct shard_status {
    bool ready;             /* it has an assignment (which may be empty) and its store answers */
    bool kafka_unreachable; /* the last try to reach it failed */
    bool store_ready;       /* it answers */
    bool store_unreachable;
    bool stopped;         /* its thread has nothing more to do: join it */
    bool failed;          /* it stopped because of a fatal error, which was logged */
    uint32_t partitions;  /* assigned */
    uint32_t assignments; /* how many there have been */
} shard_status;

/* Starts the thread. NULL with the error. */
MUST_CHECK shard *shard_start(const shard_options *options, error *e);
/* Drains, commits, leaves the group and stops; `stopped` follows. Any thread, any number of times. */
void shard_stop(shard *s);
/* Any thread. */
shard_status shard_get_status(shard *s);
/* When the loop last turned, which it does once a second at least, in milliseconds of uv_hrtime's clock;
 * INT64_MAX once it has nothing more to turn for. Any thread. */
int64_t shard_turned_ms(const shard *s);
/* At most a second old. The lags are the arena's: false where it has no room for them. Any thread. */
MUST_CHECK bool shard_read_figures(shard *s, figures *f, lag_list *lags, arena *a);
/* Waits for the thread's end and frees the shard. */
void shard_join(shard *s);

#endif
