/* custody: who is answerable for a trigger, from the moment it is read until its offset is committed.
 *
 * One custody serves one shard. It has no I/O and no clock: the shell tells it what happened (custody_take,
 * _settle, _committed, ...) and asks custody_next what to do until the answer is CUSTODY_WAIT. */
#ifndef ENGINE_CUSTODY_CUSTODY_H
#define ENGINE_CUSTODY_CUSTODY_H

#include "engine/custody/epoch.h"

typedef struct custody custody;

typedef struct custody_limits {
    int64_t commit_interval_ms; /* an epoch is sealed this long after its first trigger */
    int64_t revoke_max_ms;      /* what a revocation or a stop may wait for before it drops the rest */
    uint32_t triggers_max;      /* in all epochs that have not ended */
    size_t bytes_max;           /* of these triggers as they arrived */
} custody_limits;

typedef enum custody_action {
    CUSTODY_WAIT,    /* nothing to do until wake_ms (INT64_MAX: until something happens) */
    CUSTODY_COMMIT,  /* run the epoch's transaction, then custody_committed or custody_aborted */
    CUSTODY_END,     /* the epoch has ended: free its batch, then epoch_free */
    CUSTODY_REWIND,  /* seek every assigned partition to its committed offset, then custody_rewound */
    CUSTODY_RELEASE, /* the revocation is complete: give the partitions back, then custody_released */
    CUSTODY_STOPPED, /* after custody_stop: nothing commits, nothing will be taken */
} custody_action;

typedef struct custody_effect {
    custody_action action;
    epoch *epoch;    /* COMMIT, END */
    bool committed;  /* END: its transaction took effect */
    int64_t wake_ms; /* WAIT */
} custody_effect;

custody *custody_new(const custody_limits *limits); /* NULL without memory */
/* NULL is allowed. free_shell gets the shell of every epoch that is left; none of them may be committing. */
void custody_free(custody *c, void (*free_shell)(void *shell));

/* A new assignment begins; intake opens. The one before must have been released. False without memory. */
MUST_CHECK bool custody_assign(custody *c, const partition *keys, uint32_t count);
/* The assignment is to be given back: intake shuts, what is in flight ends first, or is dropped after
 * revoke_max_ms. With `lost` it is gone already, and everything is dropped at once. */
void custody_revoke(custody *c, int64_t now_ms, bool lost);
void custody_released(custody *c);
/* Intake shuts for good; CUSTODY_STOPPED follows when nothing is in flight, or revoke_max_ms later: what is
 * unsettled then stays in log custody. */
void custody_stop(custody *c, int64_t now_ms);

/* True while another trigger may be taken. */
bool custody_may_take(const custody *c);
/* Takes the trigger at an offset, `bytes` long, into the open epoch, and returns that. It is unsettled from
 * here on. NULL where it is not ours to take: the partition is not assigned, the offset is taken already, or
 * memory ran out; the caller drops the message, which the log still holds. */
MUST_CHECK epoch *custody_take(custody *c, uint32_t topic, int32_t number, int64_t offset, size_t bytes,
                               int64_t now_ms);
/* One trigger of the epoch needs nothing more. Also for dropped epochs: the memory of what came back is free
 * then. */
void custody_settle(custody *c, epoch *e);

/* How the transaction of the committing epoch ended. Aborted: everything in flight goes back to log custody.
 */
void custody_committed(custody *c, epoch *e);
void custody_aborted(custody *c, epoch *e);
/* The rewind that CUSTODY_REWIND asked for is done, or is not wanted any more (custody_rewinding). */
void custody_rewound(custody *c);
/* True from an abort until the rewind, unless a revocation comes between. */
bool custody_rewinding(const custody *c);

/* The next thing to do. */
custody_effect custody_next(custody *c, int64_t now_ms);

/* Figures, for logs and metrics. */
uint32_t custody_in_flight(const custody *c);
uint64_t custody_returned(const custody *c); /* triggers of dropped epochs that have ended, ever */
uint32_t custody_partition_count(const custody *c);
const partition *custody_partitions(const custody *c); /* borrowed until the next assignment */

#endif
