/* custody: who is answerable for an execution: the log, as long as its trigger's offset is not committed, or
 * the store, where its record says how to go on.
 *
 * One custody serves one shard. It has no I/O and no clock: the shell tells it what happened (custody_take,
 * custody_committed, ...) and asks custody_next what to do until the answer is CUSTODY_WAIT. */
#ifndef ENGINE_CUSTODY_CUSTODY_H
#define ENGINE_CUSTODY_CUSTODY_H

#include "engine/custody/epoch.h"

typedef struct custody custody;

typedef struct custody_limits {
    int64_t commit_interval_ms; /* an epoch is sealed this long after its first trigger */
    int64_t epoch_max_ms;       /* an epoch hands over what is still being delivered at this age */
    int64_t revoke_max_ms;      /* what a revocation or a stop may wait for before it drops the rest */
    int64_t fence_again_ms; /* after a lost fence: by then the group has said if the partitions are gone */
    uint32_t triggers_max;  /* in all epochs that have not ended, and executions under store custody */
    size_t bytes_max;       /* of these triggers as they arrived */
} custody_limits;

typedef enum custody_action {
    CUSTODY_WAIT,     /* nothing to do until wake_ms (INT64_MAX: until something happens) */
    CUSTODY_FENCE,    /* put a new token into every partition's fence, then custody_fenced */
    CUSTODY_POSITION, /* read every partition's committed offset, and seek there if the partitions are being
                         read (custody_accepted): custody_position for each, then custody_positioned */
    CUSTODY_LOAD,     /* read every partition's outbox: custody_restore for each, then custody_loaded */
    CUSTODY_ACCEPT,   /* begin to read the partitions at their positions, then custody_accept */
    CUSTODY_WATCH,    /* watch and read the fences, then custody_watched */
    CUSTODY_WRITE,    /* carry out `block` atomically, watch and read the fences, then custody_written */
    CUSTODY_FETCH,    /* read LIMIT_TIMER_PAGE members of a partition's pending set behind `timer`, then
                         custody_fetched */
    CUSTODY_TIMER,    /* `timer` is due: activation_start_timer, unless its execution is under way */
    CUSTODY_PROCEED,  /* activation_next has something for `activation` */
    CUSTODY_COMMIT,   /* run the epoch's transaction, then custody_committed or custody_aborted */
    CUSTODY_END,      /* the epoch has ended: free its batch, then epoch_free */
    CUSTODY_RELEASE,  /* the revocation is complete: give the partitions back, then custody_released */
    CUSTODY_STOPPED,  /* after custody_stop: nothing commits, nothing will be taken */
    CUSTODY_FAILED,   /* memory ran out: the process must end; nothing is committed any more */
} custody_action;

typedef struct custody_effect {
    custody_action action;
    epoch *epoch;              /* COMMIT, END */
    bool committed;            /* END: its transaction took effect */
    const fenced_write *block; /* WRITE: a list */
    bool renew; /* WRITE: the block sets every fence to our token, though it holds it already */
    const partition *partition; /* FETCH, TIMER */
    timer_entry timer;          /* FETCH, TIMER */
    activation *activation;     /* PROCEED */
    uint64_t ask;               /* FENCE, LOAD, FETCH: what the answer must name */
    int64_t wake_ms;            /* WAIT */
} custody_effect;

custody *custody_new(const custody_limits *limits); /* NULL without memory */
/* NULL is allowed. free_shell gets the shell of every epoch that is left; none of them may be committing.
 * The memory of activations that are not over may go only after this. */
void custody_free(custody *c, void (*free_shell)(void *shell));

/* A new assignment begins. The one before must have been released. False without memory. */
MUST_CHECK bool custody_assign(custody *c, const partition *keys, uint32_t count);
/* The assignment is to be given back: intake shuts, what is in flight ends first, is handed over after half
 * of revoke_max_ms, or dropped after all of it. With `lost` it is gone already, and everything is dropped. */
void custody_revoke(custody *c, int64_t now_ms, bool lost);
void custody_released(custody *c);
/* Intake shuts for good; CUSTODY_STOPPED follows when nothing is in flight, or revoke_max_ms later: what is
 * unsettled then stays in log custody. */
void custody_stop(custody *c, int64_t now_ms);
/* The shell closes: every activation is dropped from here on, and only its due reports are waited for. */
void custody_close(custody *c);

/* Answers. An `ask` that is not the present one's changes nothing. */
void custody_fenced(custody *c, uint64_t ask);
/* The committed offset and its metadata (size 0 where there is none); where nothing was ever committed, the
 * offset to begin at. */
void custody_position(custody *c, uint32_t topic, int32_t number, int64_t offset, const char *metadata,
                      size_t size);
void custody_positioned(custody *c);
/* False where a revocation has made them pointless: custody_positioned may follow at once. */
bool custody_wants_positions(const custody *c);
/* An entry of the partition's outbox. False without memory. */
MUST_CHECK bool custody_restore(custody *c, uint64_t ask, uint32_t topic, int32_t number, uint64_t entry,
                                const char *bytes, size_t size);
/* The highest number the store says was ever given: below the committed metadata's, it has lost writes. */
void custody_restore_last(custody *c, uint64_t ask, uint32_t topic, int32_t number, uint64_t last);
void custody_loaded(custody *c, uint64_t ask);
void custody_accept(custody *c);
/* True while the partitions are being read. */
bool custody_accepted(const custody *c);
void custody_watched(custody *c, bool current, int64_t now_ms);
void custody_written(custody *c, bool executed, bool current, int64_t now_ms);
/* What was sent for CUSTODY_WATCH or CUSTODY_WRITE may or may not have happened: it is asked for again. */
void custody_disarm(custody *c);
/* The members that were found, as timers, ascending. found < 0: they could not be read. False without memory.
 */
MUST_CHECK bool custody_fetched(custody *c, uint64_t ask, uint32_t topic, int32_t number, timer_entry *items,
                                int32_t found);

/* True while timers and commands are ours to carry out. */
bool custody_is_owner(const custody *c);
/* True while the consumer may be polled: what comes can be taken, or is read again later. */
bool custody_may_poll(const custody *c);
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

/* The next thing to do. now_ms: a clock that never goes back; wall_ms: since the epoch, UTC. */
custody_effect custody_next(custody *c, int64_t now_ms, int64_t wall_ms);

/* Figures, for logs and metrics. */
uint32_t custody_in_flight(const custody *c); /* triggers */
uint32_t custody_unwritten(const custody *c); /* writes behind the fences that are not acknowledged */
uint32_t custody_resumed(const custody *c);   /* executions under way in store custody */
uint64_t custody_returned(const custody *c);  /* triggers of dropped epochs that have ended, ever */
uint64_t custody_fences_lost(const custody *c);
/* Takeovers of a partition whose store remembered less than its committed metadata said: it has lost
 * acknowledged writes. Work goes on, and no number is used again. */
uint64_t custody_store_losses(const custody *c);
/* Changes whenever the fences are given up: what was begun in store custody before is void. */
uint64_t custody_generation(const custody *c);
uint32_t custody_partition_count(const custody *c);
const partition *custody_partitions(const custody *c); /* borrowed until the next assignment */
const partition *custody_partition(custody *c, uint32_t topic, int32_t number); /* NULL: not assigned */
/* When the oldest timer that is due should have been started; INT64_MAX where none is. */
int64_t custody_oldest_timer_ms(const custody *c);
uint64_t custody_outbox_depth(const custody *c);

#endif
