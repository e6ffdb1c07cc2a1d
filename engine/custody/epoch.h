/* epoch: a set of triggers and the one Kafka transaction that ends it.
 *
 * States and who moves them (custody.c; epoch_move alone writes the field):
 *
 *   OPEN        takes triggers
 *     -> SEALED      custody_next: the commit interval is over, a bound is reached, or the shard drains
 *   SEALED      takes no more; waits until every trigger in it is settled
 *     -> COMMITTING  custody_next: nothing is unsettled and no other epoch commits
 *   COMMITTING  its transaction runs; its memory belongs to the publisher
 *     -> ENDED       custody_committed
 *     -> DROPPED     custody_aborted
 *   OPEN, SEALED
 *     -> DROPPED     custody_revoke(lost), a revocation's deadline, custody_aborted of the one before
 *   DROPPED     its triggers are in log custody again: what still comes back for them changes nothing
 *     -> ENDED       custody_next: nothing is unsettled any more
 *   ENDED       handed to the shell once, which frees it
 *
 * Settled means: the trigger needs nothing more before its offset may be committed. The record of its
 * execution is acknowledged by the store, ended, waiting, or handed over as it is; or it is rejected, or a
 * duplicate. */
#ifndef ENGINE_CUSTODY_EPOCH_H
#define ENGINE_CUSTODY_EPOCH_H

#include <stddef.h>
#include <stdint.h>

#include "engine/custody/partition.h"

typedef enum epoch_state {
    EPOCH_OPEN,
    EPOCH_SEALED,
    EPOCH_COMMITTING,
    EPOCH_DROPPED,
    EPOCH_ENDED
} epoch_state;

/* The offset to commit for a partition: that of the last trigger taken, plus 1. The metadata that goes with
 * it names the last outbox entry that is published: by this epoch those above outbox_from. */
typedef struct epoch_offset {
    uint32_t topic;
    int32_t partition;
    int64_t next;
    uint64_t outbox_from;
    uint64_t outbox;
} epoch_offset;

/* An execution that waits in the store from this epoch's commit on. */
typedef struct epoch_timer {
    uint32_t topic;
    int32_t partition;
    timer_entry timer;
} epoch_timer;

typedef struct epoch epoch;
struct epoch {
    epoch *next; /* in custody's list of dropped ones */
    epoch_state state;
    uint64_t assignment; /* the assignment it was opened under */
    uint64_t generation; /* the fences it was opened under */
    bool old;            /* what is still being delivered is handed over */
    int64_t opened_ms;
    uint32_t trigger_count;
    uint32_t unsettled;
    size_t bytes; /* of its triggers as they arrived */
    epoch_offset *offsets;
    uint32_t offset_count;
    activation *under_way; /* its unsettled triggers that were begun (activation.h) */
    activation *handed;    /* settled by a hand-over, waiting for the commit */
    epoch_timer *timers;   /* armed when it commits */
    uint32_t timer_count;
    uint32_t timer_capacity;
    void *shell; /* the worker's batch for it; never touched here */
};

epoch *epoch_new(uint64_t assignment, uint64_t generation); /* NULL without memory */
void epoch_free(epoch *e);                                  /* NULL is allowed */

/* Moves an epoch; anything that the table above lacks is our bug and asserts. */
void epoch_move(epoch *e, epoch_state to);
/* Freezes the offsets of all partitions with something in the open epoch. False without memory: nothing
 * changed. */
MUST_CHECK bool epoch_seal(epoch *e, partition_table *partitions);
/* Remembers a timer to arm. False without memory. */
MUST_CHECK bool epoch_add_timer(epoch *e, const partition *p, const timer_entry *x);

#endif
