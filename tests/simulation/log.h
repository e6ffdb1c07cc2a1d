/* log: the simulated Kafka, but for its groups (group.h): trigger partitions, the group's committed offsets
 * with their metadata, transactional producers, and what a read_committed consumer of the completion topics
 * has seen.
 *
 * A transaction first puts its offsets to the coordinator, where generation and producer epoch are checked;
 * from then on they are pending, and a reader of stable offsets waits. Its end makes events and offsets
 * visible together. */
#ifndef TESTS_SIMULATION_LOG_H
#define TESTS_SIMULATION_LOG_H

#include "tests/simulation/events.h"
#include "tests/simulation/group.h"
#include "tests/simulation/workload.h"

enum { METADATA_SIZE = 40 };

typedef struct log_partition {
    uint32_t topic;
    int32_t number;
    char name[24];
    message *messages;
    int64_t count;
    int64_t capacity;
    int64_t committed; /* -1: nothing ever */
    char metadata[METADATA_SIZE];
    size_t metadata_size;
    uint32_t pending; /* transactions that have put offsets and have not ended */
} log_partition;

typedef struct log_offset {
    uint32_t partition;
    int64_t next;
    char metadata[METADATA_SIZE];
    size_t metadata_size;
    uint64_t outbox_from; /* entries above this ... */
    uint64_t outbox;      /* ... up to this are among the events */
} log_offset;

typedef enum transaction_state {
    TRANSACTION_OPEN,
    TRANSACTION_PENDING,
    TRANSACTION_COMMITTED,
    TRANSACTION_ABORTED
} transaction_state;

typedef struct transaction {
    world *world;
    uint32_t producer;
    uint64_t producer_epoch;
    member_id member;
    event_list events;
    log_offset offsets[PARTITIONS_MAX];
    uint32_t offset_count;
    transaction_state state;
} transaction;

struct trigger_log {
    log_partition partitions[PARTITIONS_MAX];
    uint64_t producer_epochs[PRODUCERS_MAX];
    transaction *open[PRODUCERS_MAX];
};

void log_make(world *w);
/* The partition's index; asserts that it exists. */
uint32_t log_find(const world *w, uint32_t topic, int32_t number);
/* Adds a trigger. */
void log_append(world *w, uint32_t place, message *m);
/* A trigger that is to be accepted, or NULL. */
const message *log_any_accepted(const trigger_log *l, uint32_t place, dice *d);

/* A producer registers its id: an earlier one with it is fenced, and its transaction aborted. Its epoch. */
uint64_t log_register(world *w, uint32_t producer);
/* False: refused (fenced, or not of the group's present generation). */
bool log_put_offsets(world *w, transaction *t);
/* False: fenced. Ending it again is as ending it once. */
bool log_end(world *w, transaction *t, bool commit);

#endif
