/* figures: what a shard counts, and the board on which its loop leaves a copy for other threads.
 *
 * The loop writes its own figures as plain integers and posts them some times a second; it never waits for a
 * reader: where one is at the board, the loop posts in a later turn. */
#ifndef WORKER_SHARD_FIGURES_H
#define WORKER_SHARD_FIGURES_H

#include <uv.h>

#include "engine/value/arena.h"
#include "worker/channel/lane_figures.h"
#include "worker/config/config.h"
#include "worker/shard/tally.h"

/* All zero at the start. What never falls is since the shard's start. */
typedef struct figures {
    uint64_t taken;     /* triggers that came to tasks: counted there, not by custody */
    tally tally;        /* of committed epochs: counted by tasks */
    tally resumed;      /* of executions that went on from the store: counted by tasks */
    uint64_t returned;  /* triggers that went back to the log with a dropped epoch: counted by custody */
    uint32_t in_flight; /* taken, their epoch has not ended: counted by custody */
    uint32_t resuming;  /* executions under way that went on from the store: counted by custody */
    uint64_t fences_lost;
    uint64_t store_losses;
    uint64_t outbox_depth;
    int64_t overdue_ms;  /* of the oldest timer that is due and not started; 0: none is */
    uint32_t partitions; /* assigned */
    uint64_t assignments;
    uint64_t epochs_committed;
    uint64_t epochs_aborted;
    histogram commit;       /* transactions that committed */
    int64_t last_commit_ms; /* since 1970; 0: none yet */
    uint64_t store_pending; /* requests without an answer */
    uint64_t store_reconnects;
    lane_figures deliveries[CONFIG_PROVIDERS_MAX]; /* in the order of the config's providers */
} figures;

/* Triggers taken of which nothing is known any more (> 0), or that were told more than once (< 0). Always 0:
 * anything else is a bug of ours, and notifications are lost or repeated. */
int64_t figures_unaccounted(const figures *f);

/* How far a partition's log reaches beyond what was taken. */
typedef struct lag {
    uint32_t topic; /* number of the topic in the configured list */
    int32_t partition;
    int64_t triggers;
} lag;

typedef struct lag_list {
    lag *items;
    size_t count;
} lag_list;

typedef struct figures_board {
    uv_mutex_t mutex;
    figures figures;
    lag_list lags;
} figures_board;

void figures_board_init(figures_board *b);
void figures_board_free(figures_board *b);

/* Leaves a copy. False where somebody reads: nothing was done. */
bool figures_board_post(figures_board *b, const figures *f);
/* Takes the items, which are malloc's, even where somebody reads: then they are dropped. */
void figures_board_post_lags(figures_board *b, lag_list lags);

/* Any thread. The lags are copied into the arena: false where it has no room for them. */
MUST_CHECK bool figures_board_read(figures_board *b, figures *f, lag_list *lags, arena *a);

#endif
