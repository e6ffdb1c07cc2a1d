/* partition: what one shard knows of one assigned trigger partition: which offset comes next, what is
 * committed, and what the store holds of its executions. */
#ifndef ENGINE_CUSTODY_PARTITION_H
#define ENGINE_CUSTODY_PARTITION_H

#include "engine/custody/fence.h"

typedef struct partition {
    uint32_t topic; /* number of the topic in the configured list */
    int32_t number;
    /* The offset after the last one taken: what is below is taken already. -1 before, and after a rewind. */
    int64_t taken;
    bool in_epoch; /* something of it is for the open epoch */
    /* The committed offset: below it, executions are in store custody or have ended. -1: not known yet. */
    int64_t committed;
    uint64_t stored; /* the highest outbox number that the store knew of at the takeover */
    outbox outbox;
    timers timers;
    uint64_t fetch; /* number of the latest read of the pending set: an earlier one's answer is void */
    bool trimming;  /* the store is being told what is published */
} partition;

/* The partitions of one assignment, sorted by topic and number. */
typedef struct partition_table {
    partition *items;
    uint32_t count;
    uint32_t latest; /* messages come in runs: where the last search ended */
} partition_table;

/* Takes the place of the present assignment. `keys` give topic and number and are copied; nothing is taken
 * yet. False without memory: the table is empty then. */
MUST_CHECK bool partition_table_assign(partition_table *t, const partition *keys, uint32_t count);
void partition_table_free(partition_table *t);
/* NULL where the partition is not assigned. */
partition *partition_table_find(partition_table *t, uint32_t topic, int32_t number);
/* Forgets what was taken: after a rewind the log decides what comes next. */
void partition_table_rewind(partition_table *t);
/* Forgets what was known of the store's outboxes and pending sets. */
void partition_table_forget(partition_table *t);
/* Of the pending sets only: they are read from the start. */
void partition_table_forget_timers(partition_table *t);

#endif
