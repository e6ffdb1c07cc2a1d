/* tally: what came of triggers. Each epoch has one in its batch, and it counts only when the epoch has
 * committed: so all tallies of all workers together are what the topics hold, whatever was aborted and done
 * again. */
#ifndef WORKER_SHARD_TALLY_H
#define WORKER_SHARD_TALLY_H

#include "engine/execution/execution.h"
#include "worker/admin/histogram.h"

#define X(code, ...) +1 /* NOLINT(bugprone-macro-parentheses): a sum */
enum { TALLY_REASONS = ERROR_CODES(X), TALLY_STEP_STATUSES = STEP_STATUSES(X) };
#undef X

/* All zero is an empty one. Every trigger is counted in exactly one of the first five. */
typedef struct tally {
    uint64_t completed; /* executions */
    uint64_t failed;    /* executions */
    uint64_t waiting;   /* left to store custody before they ended */
    uint64_t duplicates;
    uint64_t rejected[TALLY_REASONS]; /* by error_code */
    uint64_t replayed;                /* of the executions: told from their record, without running again */
    uint64_t steps[STEP_TYPE_COUNT][TALLY_STEP_STATUSES];
    histogram latency; /* from the trigger's timestamp until it is settled */
} tally;

/* The execution has ended. */
void tally_execution(tally *t, const execution *x);
/* Its steps from `first` on that have ended. */
void tally_steps(tally *t, const execution *x, size_t first);
/* from: of another epoch, or another shard. */
void tally_add(tally *to, const tally *from);

uint64_t tally_rejected(const tally *t);
/* How many triggers it accounts for. */
uint64_t tally_triggers(const tally *t);

#endif
