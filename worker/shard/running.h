/* running: the executions under way in one shard, by id, so that a second trigger with the same id is seen as
 * a duplicate before the first one's record exists. */
#ifndef WORKER_SHARD_RUNNING_H
#define WORKER_SHARD_RUNNING_H

#include "engine/execution/identity.h"

/* Embedded in what runs; its memory is the owner's. */
typedef struct running_entry running_entry;
struct running_entry {
    running_entry *next;
    identity id;
};

typedef struct running {
    running_entry **buckets;
    uint32_t mask;
} running;

/* Buckets for about `expected` entries; more only make it slower. False without memory. */
MUST_CHECK bool running_init(running *r, uint32_t expected);
void running_free(running *r);

/* Adds the entry (its id is set) and returns NULL, or the entry that has the id already: nothing was added
 * then. */
MUST_CHECK running_entry *running_add(running *r, running_entry *entry);
void running_remove(running *r, running_entry *entry); /* must be there */

#endif
