/* shard_state: what shard.c (a shard's life, and what others may know of it) and shard_loop.c (its turns)
 * share. Private to the two. */
#ifndef WORKER_SHARD_SHARD_STATE_H
#define WORKER_SHARD_SHARD_STATE_H

#include <stdatomic.h>

#include "worker/shard/job.h"
#include "worker/shard/ledger.h"
#include "worker/shard/shard.h"
#include "worker/shard/tasks.h"

typedef enum shard_stage { STAGE_JOINING, STAGE_RUNNING, STAGE_CLOSING } shard_stage;

struct shard {
    shard_options options;
    shard_stage stage;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_prepare_t turn;
    uv_idle_t busy;   /* runs while there is more to take at once, so that the loop does not sleep */
    uv_timer_t timer; /* wakes the loop when custody has something to do */
    uv_timer_t retry; /* starts a job again */
    uv_timer_t pulse;
    uv_async_t stop;
    uv_poll_t intake_poll;
    int intake_descriptor;
    bool intake_waits;  /* the intake may hold something that was not taken */
    bool assigned;      /* an assignment is accepted and not revoked */
    bool channels_fill; /* no more triggers for a moment (channels_are_filling) */
    bool stopping;
    bool store_was_ready; /* ever */
    intake *intake;
    publisher *publisher;
    store *store;
    custody *custody;
    tasks tasks;
    ledger ledger;
    job job;
    job_kind retry_kind;
    log_limiter job_limiter;
    log_limiter abort_limiter;
    unsigned aborts;     /* since the last commit that took effect */
    shard_status status; /* as the loop knows it */
    uv_mutex_t mutex;
    shard_status published; /* as others may see it; behind the mutex */
    figures figures;
    figures_board board;
    uint64_t posted_ms;
    uint64_t commit_started_us;
    _Atomic int64_t turned_ms;
};

/* shard.c */

/* Renews what others see of the status, if it has changed. */
void shard_publish_status(shard *s);
void shard_post_figures(shard *s);
void shard_post_lags(shard *s);
/* Ends the loop. A job that runs is waited for: call it again when it is done. */
void shard_close(shard *s);
/* Of the loop, which ends with the last one; `shard` is one. The store must be closed: its handles are not
 * like others. */
void shard_close_handles(void *shard);
/* What is in flight stays in log custody. The shard closes in its next turn: the caller is in the middle of
 * something. */
void shard_fail(shard *s, const error *why);
void shard_fail_for_memory(shard *s, const char *what);

/* shard_loop.c */

/* What the intake calls. */
intake_listener shard_loop_listener(shard *s);
/* Makes the loop with its handles and begins to join; from then on only the loop's end undoes it. */
MUST_CHECK bool shard_loop_make(shard *s, error *e);

#endif
