/* fence: one shard's writes to the keys of its partitions, each of which takes effect only while the fence of
 * its partition still holds our token.
 *
 * Whoever takes a partition over replaces its fence (a unique text). Our writes go in blocks, one at a time:
 * the fences are watched and read; if they hold our token, the block is one MULTI ... EXEC, which Redis
 * carries out only if none of the watched fences has changed since; the next watch and read follow in the
 * same round trip. */
#ifndef ENGINE_CUSTODY_FENCE_H
#define ENGINE_CUSTODY_FENCE_H

#include "engine/custody/outbox.h"
#include "engine/custody/timers.h"

typedef enum write_outcome {
    WRITE_UNDER_WAY,
    WRITE_DONE,
    WRITE_FENCED, /* the partition is another's: nothing was written, and nothing may be any more */
} write_outcome;

/* One atomic change of a partition's keys. Embedded in its owner's struct, filled by the owner, untouched by
 * it from fence_add until it comes back. */
typedef struct activation activation;
typedef struct fenced_write fenced_write;
struct fenced_write {
    fenced_write *next;
    activation *owner; /* NULL: custody itself */
    uint32_t topic;
    int32_t partition;
    const identity *id;        /* of the record to write; NULL: none */
    value record;              /* its text */
    bool expires;              /* after the retention: the execution has ended */
    const timer_entry *unpark; /* leaves the pending set; NULL: none */
    const timer_entry *park;   /* enters it; NULL: none. After unpark: they may be the same member. */
    const outbox_entry *entry; /* enters the outbox; NULL: none */
    uint64_t trim_from;        /* published entries from here to trim_to leave the outbox; 0: none */
    uint64_t trim_to;
    const char *command; /* this command of a person is carried out and leaves their list; NULL: none */
    size_t command_size;
    write_outcome outcome;
};

typedef enum fence_state {
    FENCE_UNARMED, /* no watch is known to stand */
    FENCE_WATCHING,
    FENCE_ARMED, /* a watch stands, and the token was seen behind it */
    FENCE_WRITING,
} fence_state;

typedef struct fence {
    fence_state state;
    fenced_write *first; /* not in a block yet */
    fenced_write **last;
    fenced_write *block; /* being written, or to be written again */
    fenced_write *done;  /* to be taken with fence_take_done */
    fenced_write **done_last;
    uint32_t count; /* of writes added and not taken */
    bool abandoned; /* the block is not written again if its answer is lost */
    bool renew;     /* the next block sets the fences to our token anew */
} fence;

typedef enum fence_action {
    FENCE_WAIT,
    FENCE_WATCH, /* watch the fences of all partitions and read them, then fence_watched */
    FENCE_WRITE, /* carry out fence->block atomically, watch and read anew, then fence_written */
} fence_action;

void fence_init(fence *f);
/* The write waits for its turn; writes are carried out in the order of these calls. */
void fence_add(fence *f, fenced_write *w);
/* The next thing to do; at most one at a time is under way. */
fence_action fence_next(fence *f);
/* The watch stands, and every fence was read as ours (current) or not. Not: everything added so far comes
 * back fenced, what is added later waits for the next watch. */
void fence_watched(fence *f, bool current);
/* The block's EXEC was carried out or refused; current says what the fences read behind it. */
void fence_written(fence *f, bool executed, bool current);
/* The connection was lost: whatever was under way may or may not have happened. It is done once more, which
 * changes nothing if it had. */
void fence_disarm(fence *f);
/* Everything that was added comes back fenced, but a block that is under way: its answer decides, and if that
 * is lost, it comes back fenced as well. */
void fence_drop(fence *f);
/* A write that has its outcome, or NULL. */
fenced_write *fence_take_done(fence *f);
/* Nothing waits and nothing is under way. */
bool fence_idle(const fence *f);

#endif
