/* partition_keys: what Redis keeps of a trigger partition besides its records (worker/shard/keys.h), read
 * from outside. Topics of the names are NUL-terminated. */
#ifndef WORKER_PARTITION_KEYS_H
#define WORKER_PARTITION_KEYS_H

#include "engine/custody/timers.h"
#include "worker/records/records.h"

/* Whether it has a fence. */
MUST_CHECK bool partition_keys_fence(records *r, const partition_name *p, bool *fenced, error *e);
/* The outbox: first the highest number ever given (0: none), then the numbers of its entries, in the arena.
 */
MUST_CHECK bool partition_keys_outbox(records *r, const partition_name *p, arena *a, uint64_t *last,
                                      uint64_t **numbers, size_t *count, error *e);
/* The bytes of one entry, in the arena; null where it is gone. */
MUST_CHECK bool partition_keys_entry(records *r, const partition_name *p, uint64_t number, arena *a,
                                     value *bytes, error *e);

/* A walk over the pending set, in no order: what is in it from the beginning to the end is found, perhaps
 * twice.
 */
enum { PARTITION_PAGE = 1000 }; /* members, about */
typedef struct pending_walk {
    char cursor[24]; /* "0" before the first page */
    bool ended;
    size_t foreign; /* members that no worker has put there */
} pending_walk;

typedef bool pending_take(void *data, const timer_entry *t);

/* Gives the members of the next page to `take`, which returns false without memory. */
MUST_CHECK bool partition_keys_pending(records *r, const partition_name *p, pending_walk *w,
                                       pending_take *take, void *data, error *e);

#endif
