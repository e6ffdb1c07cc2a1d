/* task: one activation in the shell: its message, its memory, and the requests that are under way for it.
 *
 * tasks.c makes and ends them, task_run.c does what their activations need. Private to the two. */
#ifndef WORKER_SHARD_TASK_H
#define WORKER_SHARD_TASK_H

#include "engine/custody/activation.h"
#include "worker/shard/tasks.h"

typedef enum task_kind { TASK_TRIGGER, TASK_TIMER, TASK_COMMAND } task_kind;

struct task {
    task *next; /* in the free list, or among those that wait for the same execution */
    task *next_of_all;
    tasks *owner;
    task_kind kind;
    bool in_use;
    uint64_t generation;         /* custody's, when it was made */
    epoch *epoch;                /* TASK_TRIGGER */
    rd_kafka_message_t *message; /* TASK_TRIGGER */
    timer_entry timer;           /* TASK_TIMER */
    activation_command command;  /* TASK_COMMAND, and its text */
    value command_text;
    uint32_t topic;
    int32_t partition;
    arena arena;
    trigger trigger;
    running_entry running;
    bool is_listed;        /* among the running: it holds its execution's id */
    task *waiting;         /* others with the same execution id */
    size_t tallied;        /* steps before this one are in a tally */
    const workflow *named; /* that its trigger names, borrowed of its epoch's catalog; NULL: there is none */
    const workflow *workflow; /* retained: it outlives its epoch; else NULL */
    store_request request;
    version_request version;
    const config_provider *place; /* that it has, without a delivery yet; NULL: none */
    bool has_chosen;              /* a provider, or was sent away by all */
    delivery delivery;
    activation activation;
};

/* A task from a part of it that somebody else hands back. */
#define TASK_OF(part, member) ((task *)(void *)((char *)(part)-offsetof(task, member)))

static inline int64_t task_wall_ms(const tasks *t)
{
    return (int64_t)uv_now(t->loop) + t->clock_offset_ms;
}

static inline tally *task_tally(task *k)
{
    batch *b = k->epoch->shell;
    return &b->tally;
}

/* tasks.c */

/* The trigger cannot run: it goes to the rejected topic, in its epoch. */
void task_reject(task *k, const error *why);
void task_out_of_memory(task *k);
/* Its activation is over: the memory is free, and those that waited for its execution begin. */
void task_leave(task *k);
/* It is handed over: triggers that waited for its execution begin beside it. */
void task_begin_triggers(task *k);

/* task_deliver.c */

/* Nobody knows how the delivery of the current step ended. */
void task_resolve(task *k);
/* The current step's message is due. */
void task_deliver(task *k);
/* It ends without having used its place. */
void task_release_place(task *k);

/* task_run.c */

/* Does what the activation needs until it waits or is over. */
void task_proceed(task *k);

#endif
