/* custody_state: what custody.c, custody_next.c and activation.c share. Private to them. */
#ifndef ENGINE_CUSTODY_CUSTODY_STATE_H
#define ENGINE_CUSTODY_CUSTODY_STATE_H

#include "engine/custody/activation.h"

typedef enum assignment_state {
    IDLE,
    FENCING,
    POSITIONING,
    LOADING,
    PROVING,
    OPENING,
    OWNED,
    REWINDING,
    FENCED,
    REVOKING,
    RELEASING,
} assignment_state;

struct custody {
    custody_limits limits;
    assignment_state state;
    uint64_t assignment; /* number of the present assignment for epochs: a rewind counts as a new one */
    uint64_t generation; /* for activations under store custody: changes when the fences are given up */
    partition_table partitions;
    fence fence;
    epoch *open;            /* NULL before the first trigger */
    epoch *closing;         /* sealed or committing */
    epoch *dropped;         /* list */
    activation *first_call; /* activations to go on with */
    activation **last_call;
    uint32_t in_flight;
    size_t bytes_in_flight;
    uint32_t resumed;  /* activations under store custody */
    uint64_t returned; /* triggers that went back to log custody */
    uint64_t fences_lost;
    uint64_t store_losses;
    int64_t revoke_deadline_ms;
    int64_t stop_deadline_ms;
    int64_t fence_again_ms;
    bool asked;         /* for fences, positions or outboxes, and not answered yet */
    bool positions_run; /* they are being read, whoever wants them: one job at a time */
    uint64_t ask;       /* its number */
    bool accepted;      /* the shell reads the partitions */
    bool stopping;
    bool closed;
    bool untold; /* an outbox has something for an epoch */
    bool failed; /* memory ran out */
};

/* The partition, or NULL if it is not assigned. */
partition *custody_find(custody *c, uint32_t topic, int32_t number);
/* An activation begins: it is listed with its epoch, or counted. */
void custody_enter(custody *c, activation *a);
/* It is over: its trigger is settled, unless that has happened. */
void custody_leave(custody *c, activation *a);
/* Its trigger is settled by a hand-over; the commit decides what it becomes. */
void custody_hand(custody *c, activation *a);
void custody_add_write(custody *c, fenced_write *w);
/* The store has the entry: the next epoch publishes it. */
void custody_tell(custody *c, partition *p, outbox_entry *e);
/* The fences are not ours, or will not be: nothing that is under way may change anything any more. */
void custody_give_up(custody *c);
/* There is an open epoch, or memory ran out. */
MUST_CHECK bool custody_open_epoch(custody *c, int64_t now_ms);
/* custody_next will say CUSTODY_PROCEED for it. */
void custody_call(custody *c, activation *a);

/* activation.c: its write has come back. False without memory. */
MUST_CHECK bool activation_wrote(activation *a, write_outcome outcome);

#endif
