/* told: what the execution completion topic says, as an index over its young events. No I/O. */
#ifndef WORKER_FSCK_TOLD_H
#define WORKER_FSCK_TOLD_H

#include "engine/execution/completion.h"
#include "worker/fsck/audit.h"

typedef struct told_event {
    unsigned char execution[16];
    int64_t completed_ms;
    int32_t run;
    bool recorded; /* a record of the execution was seen, or was not asked for */
} told_event;

typedef struct told {
    avro_plan *plan;
    int64_t since_ms; /* what completed before is not kept */
    bool late;        /* what is added now is newer than the records that were seen */
    arena memory;     /* of one event */
    told_event *items;
    size_t count;
    size_t capacity;
    size_t sorted;    /* so many of them are: by execution and run */
    uint64_t read;    /* events in all */
    uint64_t foreign; /* messages that are no such event */
} told;

/* Keeps what completed since then. False with *e. */
MUST_CHECK bool told_init(told *t, int64_t since_ms, error *e);
void told_free(told *t);

/* A message of the topic; *completed_ms (0: it is no event) gets when its execution ended. False without
 * memory. */
MUST_CHECK bool told_add(told *t, const char *bytes, size_t size, int64_t *completed_ms);
/* After the last one, and before anything is looked up. */
void told_sort(told *t);

/* Marks all events of an execution. */
void told_mark(told *t, const identity *id);
bool told_has(const told *t, const identity *id, int64_t run);
/* What was told twice, and what completed since then and has no mark. False without memory. */
MUST_CHECK bool told_find(const told *t, int64_t since_ms, audit_findings *f);

#endif
