/* partition: what one shard knows of one assigned trigger partition: which offset comes next. */
#ifndef ENGINE_CUSTODY_PARTITION_H
#define ENGINE_CUSTODY_PARTITION_H

#include <stdint.h>

#include "engine/error.h"

typedef struct partition {
    uint32_t topic; /* number of the topic in the configured list */
    int32_t number;
    /* The first offset taken under this assignment: where a rewind goes if nothing was ever committed. -1
     * before. */
    int64_t first;
    /* The offset after the last one taken: what is below is taken already. -1 before, and after a rewind. */
    int64_t taken;
    bool in_epoch; /* something was taken from it in the open epoch */
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
/* Forgets what was taken (but not `first`): after a rewind the log decides what comes next. */
void partition_table_rewind(partition_table *t);

#endif
