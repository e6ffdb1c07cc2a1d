/* batch: what one epoch needs while it lasts: the workflows that its triggers run, the events that wait for
 * its transaction, in the order in which they were made, and what came of its triggers.
 *
 * Everything in it lives in its own arena until the transaction has ended, so that librdkafka can send it
 * from there. */
#ifndef WORKER_SHARD_BATCH_H
#define WORKER_SHARD_BATCH_H

#include "engine/value/buffer.h"
#include "engine/workflow/catalog.h"
#include "worker/shard/tally.h"

typedef enum event_kind {
    EVENT_STEP_COMPLETION,
    EVENT_EXECUTION_COMPLETION,
    EVENT_REJECTED,
    EVENT_REQUEST, /* a delivery request: the provider's topic, not the kind's */
    EVENT_KIND_COUNT,
    EVENT_TOPIC_COUNT = EVENT_REQUEST /* kinds with a topic of their own */
} event_kind;

/* A header of a message; a null value is a header without one. */
typedef struct event_header {
    const char *name; /* NUL-terminated */
    value value;      /* string of any bytes, or null */
} event_header;

typedef struct event event;
struct event {
    event *next;
    event_kind kind;
    const char *topic;    /* of an EVENT_REQUEST; lives as long as the batch */
    value key;            /* string of any bytes, or null */
    value payload;        /* the same */
    int64_t timestamp_ms; /* 0 or below: the time of sending */
    event_header *headers;
    size_t header_count;
};

typedef struct batch {
    const catalog *catalog; /* the snapshot of when the epoch began: a newer one is for the next */
    arena arena;
    event *first;
    event **last;
    size_t count;
    event *spare; /* room for the next ones */
    size_t spare_count;
    tally tally; /* of its triggers, once they are settled */
} batch;

/* What all batches of a shard take their memory from. */
void batch_pool_init(arena_pool *p);
/* Takes the caller's reference; the catalog may be NULL, and the pool, which is borrowed. NULL without
 * memory. */
batch *batch_new(const catalog *c, arena_pool *pool);
void batch_free(batch *b); /* NULL is allowed */

/* Appends an event with room for headers; the caller fills it. NULL without memory. */
MUST_CHECK event *batch_add(batch *b, event_kind kind, size_t header_count);
/* A copy that lives as long as the batch; null stays null. False without memory. */
MUST_CHECK bool batch_copy(batch *b, const value *text, value *out);

#endif
