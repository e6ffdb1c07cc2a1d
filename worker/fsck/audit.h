/* audit: what the log and the store say of one trigger partition, held against each other. No I/O.
 *
 * What is audited changes meanwhile, since workers go on. So the order of reading matters, and the caller
 * keeps to it:
 *   1. the committed offset and its metadata, 2. the fence, the outbox's `last`, then its numbers, 3. the
 *   pending set, 4. the records, 5. the committed offset again.
 * What is committed at 1 is in the store at 2 and later, or was lost. What the outbox lacks at 2 was either
 * published by 5, or lost. An execution in store custody is in the pending set at every moment until it has
 * ended, and enters and leaves it in one write with its record: one that seems to be in only one of both at
 * 4 may have moved between 3 and 4, and is judged again (audit_judge) by a later reading of both. */
#ifndef WORKER_FSCK_AUDIT_H
#define WORKER_FSCK_AUDIT_H

#include "engine/custody/timers.h"
#include "worker/records/records.h"

/* X(code, name, sentence): something was lost, or told wrongly. */
#define AUDIT_FINDINGS(X)                                                                                   \
    X(AUDIT_SOUND, "sound", "")                                                                             \
    X(AUDIT_NO_FENCE, "no_fence",                                                                           \
      "Redis knows nothing of the partition though its triggers are committed: it lost all, or is another " \
      "Redis")                                                                                              \
    X(AUDIT_FORGOTTEN, "outbox_forgotten",                                                                  \
      "events of these numbers are published, but Redis does not remember that there were any: it lost "    \
      "writes that it had acknowledged")                                                                    \
    X(AUDIT_GAP, "outbox_gap", "events of these numbers are lost: they were never told")                    \
    X(AUDIT_FOREIGN, "foreign_timer",                                                                       \
      "its pending set holds what no worker has put there, and workers stop at that")                       \
    X(AUDIT_BROKEN, "broken_record", "its record cannot be read")                                           \
    X(AUDIT_NO_RECORD, "no_record", "it waits to go on, but its record is lost")                            \
    X(AUDIT_NO_TIMER, "no_timer", "it has not ended, but nothing will make it go on")                       \
    X(AUDIT_WRONG_TIMER, "wrong_timer", "nothing will make it go on at the time that it waits for")         \
    X(AUDIT_UNTOLD, "no_completion", "it has ended, but its completion was not published")                  \
    X(AUDIT_UNRECORDED, "completion_without_record",                                                        \
      "its completion is younger than the retention, but there is no record of it")                         \
    X(AUDIT_TOLD_TWICE, "completion_twice", "its completion was published more than once")

typedef enum audit_verdict {
#define X(code, name, sentence) code,
    AUDIT_FINDINGS(X)
#undef X
} audit_verdict;

/* "no_timer" and so on; and what it means. Static. */
const char *audit_verdict_name(audit_verdict v);
const char *audit_verdict_sentence(audit_verdict v);

typedef struct audit_finding {
    audit_verdict verdict;
    identity id;       /* of the execution; empty where it is about the partition */
    uint64_t from, to; /* outbox numbers */
} audit_finding;

typedef struct audit_findings {
    audit_finding *items;
    size_t count;
    size_t capacity;
} audit_findings;

/* False without memory. */
MUST_CHECK bool audit_findings_add(audit_findings *f, const audit_finding *finding);
void audit_findings_free(audit_findings *f);

/* A member of the pending set. */
typedef struct audit_member {
    unsigned char id[16];
    int64_t due_ms;
    bool seen; /* a record of it was */
} audit_member;

/* A pending set. An execution has one member; others were left behind and mean nothing. */
typedef struct audit_members {
    audit_member *items;
    size_t count;
    size_t capacity;
} audit_members;

MUST_CHECK bool audit_members_add(audit_members *m, const timer_entry *t);
/* After the last one, and before anything is looked up: by id, each once. */
void audit_members_sort(audit_members *m);
void audit_members_free(audit_members *m);
identity audit_member_id(const audit_member *m);
/* The members of an execution: *count of them (0: none) from the one that is returned. */
audit_member *audit_members_of(const audit_members *m, const identity *id, size_t *count);

typedef struct audit_partition {
    partition_name name;
    int64_t committed;       /* -1: nothing is */
    uint64_t published;      /* outbox number of its metadata, at first */
    uint64_t published_last; /* and at the end */
    bool fenced;
    uint64_t last;     /* the highest outbox number, by the store */
    uint64_t *numbers; /* what the outbox holds; any order, borrowed */
    size_t number_count;
    audit_members members;

    uint64_t ended; /* executions */
    uint64_t waiting;
    uint64_t running;     /* in store custody as well */
    uint64_t uncommitted; /* in log custody */
    uint64_t stale;       /* members left behind */
    audit_findings findings;
} audit_partition;

/* One execution, by its record (NULL: there is none) and the pending set. */
audit_verdict audit_judge(const audit_partition *p, const identity *id, const record_found *f);
/* Counts a record and marks its members as seen. */
void audit_count(audit_partition *p, const identity *id, const record_found *f);
/* The findings about the outbox and the fence, once published_last is known. Sorts the numbers. False without
 * memory. */
MUST_CHECK bool audit_outbox(audit_partition *p);

#endif
