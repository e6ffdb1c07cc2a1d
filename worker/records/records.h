/* records: the executions of a group of workers as Redis keeps them, read from outside over a blocking
 * connection. Nothing here writes a record: that is the partition's owner's alone (record_command.h asks it
 * to). */
#ifndef WORKER_RECORDS_H
#define WORKER_RECORDS_H

#include "engine/execution/record.h"
#include "worker/catalog/redis_session.h"
#include "worker/records/record_key.h"

typedef struct records records;

/* The executions of a group (borrowed). NULL with ERROR_REDIS. One thread at a time. */
MUST_CHECK records *records_open(const redis_url *url, const char *group, int64_t timeout_ms, error *e);
void records_close(records *r); /* NULL is allowed */

/* The partitions that ever had an owner, in order; they and their names live in the arena. Topics are
 * NUL-terminated. */
MUST_CHECK bool records_partitions(records *r, arena *a, partition_name **items, size_t *count, error *e);

/* One execution. */
typedef struct record_found {
    partition_name partition; /* by its key */
    value id;                 /* by its key */
    value text;               /* the record as it is */
    bool readable;            /* else `fault` says what is wrong with it, and there is no execution */
    execution execution;
    error fault;
} record_found;

/* The executions with this id in these partitions: one, but for duplicates of a trigger that came with
 * another key. They live in the arena; those that cannot be read are among them. */
MUST_CHECK bool records_find(records *r, arena *a, const partition_name *partitions, size_t partition_count,
                             const identity *id, record_found **found, size_t *count, error *e);

/* A walk over all executions of the group, a bounded page at a time, in no order. What is there from the
 * beginning to the end is found; what comes or goes meanwhile may be. It may be found twice. */
typedef struct records_walk {
    records *records;
    arena memory; /* of the execution found last */
    redisReply *page;
    redisReply *text; /* of the record found last */
    char cursor[24];
    size_t asked; /* keys of the page whose records are asked for, */
    size_t taken; /* and of these, whose answers have come */
    bool last_page;
    uint64_t looked_at; /* keys of the group that the walk has come across */
    record_found found;
} records_walk;

/* While a walk is under way, the records must not be used otherwise. */
void records_walk_begin(records_walk *w, records *r);
/* The next execution, valid until the next call. NULL at the end, and with *e where Redis fails. */
const record_found *records_walk_next(records_walk *w, error *e);
/* A walk that is ended before its end leaves answers behind: the records may only be closed then. */
void records_walk_end(records_walk *w);

/* How many keys the database has. */
MUST_CHECK bool records_key_count(records *r, uint64_t *count, error *e);

#endif
