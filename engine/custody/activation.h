/* activation: one execution under way in this shard: from the trigger, the timer or the command that woke it
 * until it has ended, waits in the store, or is somebody else's.
 *
 * It decides, the shell acts: activation_next says what is needed, the shell does it and reports, and asks
 * again. What the outside world does asynchronously (a read, a write, a delivery) is reported whenever it
 * comes, even if nobody wants it any more; the memory is the shell's again at ACTIVATION_OVER. */
#ifndef ENGINE_CUSTODY_ACTIVATION_H
#define ENGINE_CUSTODY_ACTIVATION_H

#include "engine/custody/custody.h"
#include "engine/execution/execution.h"

typedef enum activation_need {
    ACTIVATION_NOTHING,  /* a report is due, or custody_next will call for it */
    ACTIVATION_READ,     /* read the execution's record, then activation_read */
    ACTIVATION_BEGIN,    /* begin `execution` for the trigger, then activation_begun or activation_rejected */
    ACTIVATION_BIND,     /* find the workflow's version, then activation_bound or activation_unbound */
    ACTIVATION_RESOLVE,  /* nobody knows how the delivery of the current step ended: activation_resolve */
    ACTIVATION_DELIVER,  /* unless it is `intended`: activation_choose who is asked (who is in the record,
                            where  somebody is: execution_provider), or activation_postpone; then
                            activation_intend  where that must be recorded first; else activation_deliver, and
                            the report  follows */
    ACTIVATION_RECORD,   /* write the record's text, and where activation_tells the events, then
                            activation_write */
    ACTIVATION_ANNOUNCE, /* put the events into the epoch, then activation_announced */
    ACTIVATION_OVER,     /* nothing will be reported or asked any more; `end` says what came of it */
} activation_need;

/* What became of it, for the tallies. */
typedef enum activation_end {
    ACTIVATION_DROPPED,   /* it is in another custody: nothing happened here */
    ACTIVATION_ENDED,     /* the execution ended in this activation */
    ACTIVATION_REPLAYED,  /* it had ended before: its events were made again */
    ACTIVATION_DUPLICATE, /* of a trigger at another place */
    ACTIVATION_REJECTED,
    ACTIVATION_PARKED,    /* it waits in the store */
    ACTIVATION_VOID,      /* a timer or command that had nothing to do any more */
    ACTIVATION_POSTPONED, /* it cannot go on for now: whoever finds it next tries again */
} activation_end;

typedef enum activation_state {
    ACTIVATION_STARTING,
    ACTIVATION_READING,
    ACTIVATION_BEGINNING,
    ACTIVATION_BINDING,
    ACTIVATION_RESOLVING,
    ACTIVATION_RUNNING,
    ACTIVATION_DELIVERING,
    ACTIVATION_RECORDING,
    ACTIVATION_WRITING,
    ACTIVATION_ANNOUNCING,
    ACTIVATION_FINISHED,
} activation_state;

typedef enum activation_hand {
    HAND_NONE,
    HAND_ASKED,   /* the epoch is too old to wait for the delivery */
    HAND_WRITING, /* the record as it is is on its way into the store */
    HANDED,       /* it is there, and the trigger settled; the commit decides */
} activation_hand;

typedef enum activation_purpose {
    PURPOSE_INTENT,
    PURPOSE_END,
    PURPOSE_PARK,
    PURPOSE_HAND_OVER,
    PURPOSE_CLEAR, /* nothing of the execution changes */
} activation_purpose;

typedef enum activation_command { COMMAND_NONE, COMMAND_CANCEL, COMMAND_RETRY } activation_command;

/* How a delivery ended. The texts are borrowed until the next activation_next. */
typedef struct activation_result {
    bool known;
    bool delivered;
    const char *provider;
    value message_id;         /* where it was delivered; string or null */
    delivery_failure failure; /* where it was not delivered */
    uint64_t random;          /* spreads the waits of retries */
} activation_result;

struct activation {
    activation *next; /* in its epoch's list */
    activation **link;
    activation *next_call; /* among those that custody calls for */
    bool called;
    custody *custody;
    epoch *epoch; /* that answers for its trigger; NULL: under store custody */
    uint64_t generation;
    activation_state state;
    activation_hand hand;
    activation_end end;
    activation_purpose purpose;
    activation_command command; /* a person's, not off their list yet */
    const char *command_text;
    size_t command_size;
    bool by_command; /* it was begun for one */
    bool
        carried_out; /* the execution is as the command wants it, or cannot be: the next write takes it off */
    bool dropped;
    bool replaying;  /* its trigger was redelivered */
    bool intended;   /* the record says that the current step's provider is asked for this attempt */
    bool reading;    /* a report is due: of the read, */
    bool binding;    /* of the workflow's version, */
    bool writing;    /* of the write, */
    bool delivering; /* of the delivery */
    uint32_t topic;
    int32_t partition;
    origin origin;        /* of the trigger, or of the record that a timer found */
    timer_entry member;   /* its place in the pending set; due_ms 0: none that is known */
    timer_entry parked;   /* the new one */
    size_t told;          /* steps before this one have had their events */
    int64_t postponed_ms; /* until when what is due is to be postponed; 0: it is not */
    activation_result result;
    fenced_write write;
    outbox_entry *entry;
    execution execution; /* its id is set before the start; the rest by the shell's begin, or the record */
};

/* Starts: the id of `execution` is set, the shell has made sure that no other activation has it.
 * A trigger of the epoch at origin: */
void activation_start(activation *a, custody *c, epoch *e, const partition *p, const origin *from);
/* A timer that custody_next gave: */
void activation_start_timer(activation *a, custody *c, const partition *p, const timer_entry *t);
/* A person's command from the partition's list; its text is borrowed until the end. */
void activation_start_command(activation *a, custody *c, const partition *p, activation_command command,
                              const char *text, size_t size);

/* What is needed now. wall_ms: since the epoch, UTC. */
activation_need activation_next(activation *a, int64_t wall_ms);

/* Reports. The record's text is borrowed until the end; NULL where there is none. False with ERROR_RECORD
 * where it is no record: reject the trigger (activation_rejected); without a trigger it is over. */
MUST_CHECK bool activation_read(activation *a, arena *memory, const char *text, size_t size, int64_t wall_ms,
                                error *e);
void activation_begun(activation *a);
void activation_rejected(activation *a);
/* The workflow is borrowed until the end. False with ERROR_LIMIT. */
MUST_CHECK bool activation_bound(activation *a, const workflow *w, arena *memory, error *e);
/* The version cannot be had at present: over; whoever finds the record next tries again. */
void activation_unbound(activation *a);
void activation_resolve(activation *a, bool retry, int64_t wall_ms); /* as execution_delivery_unknown */
/* The provider (borrowed until the end) that the shell has chosen for the delivery that is due. */
void activation_choose(activation *a, const char *provider);
/* No provider takes the delivery that is due before due_ms: it waits in the store, and no attempt is used up.
 */
void activation_postpone(activation *a, int64_t due_ms);
void activation_intend(activation *a);
void activation_deliver(activation *a); /* the delivery has begun: a report follows */
/* The delivery's end. */
void activation_report(activation *a, const activation_result *result);
/* The record and, where activation_tells, the encoded events (copied). False without memory. */
MUST_CHECK bool activation_write(activation *a, value record, const char *events, size_t size);
/* False without memory. */
MUST_CHECK bool activation_announced(activation *a);

/* True where the write that is prepared carries events: of the steps from `told` on, and of the execution
 * where it has ended. */
bool activation_tells(const activation *a);
/* True while the execution is handed over and its epoch not committed: nothing of it moves, and its record is
 * durable. Other triggers of it need not wait for its end (and must not: its epoch may be theirs): they are
 * duplicates. */
bool activation_is_handed(const activation *a);
/* A command for an execution that is under way: it is carried out before the next step. The text is borrowed
 * until the end. False where another one waits already: it may be found again later. */
bool activation_order(activation *a, activation_command command, const char *text, size_t size);

#endif
