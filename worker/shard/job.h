/* job: the calls of a shard into librdkafka that block, run on the loop's worker pool, one at a time. */
#ifndef WORKER_SHARD_JOB_H
#define WORKER_SHARD_JOB_H

#include <uv.h>

#include "worker/shard/intake.h"
#include "worker/shard/publisher.h"

typedef enum job_kind {
    JOB_NONE,
    JOB_JOIN,   /* publisher_join */
    JOB_COMMIT, /* publisher_commit */
    JOB_FIND,   /* publisher_join, where the producer was fenced, and intake_find */
} job_kind;

/* Embedded by the shard. Between job_start and `done` the fields belong to the pool's thread. */
typedef struct job {
    /* Filled before the first start. */
    uv_loop_t *loop;
    intake *intake;
    publisher *publisher;
    const char *const *trigger_topics;
    void *context;
    void (*done)(void *context, job_kind kind); /* in a turn of the loop; the next job may be started there */

    job_kind kind; /* JOB_NONE: none runs */
    uv_work_t work;
    epoch *epoch; /* JOB_COMMIT */
    rd_kafka_consumer_group_metadata_t *group;
    /* JOB_FIND; they stay until the next one. The assignment may have changed meanwhile. */
    intake_position *positions;
    uint32_t position_count;
    bool is_seeking;
    publisher_outcome outcome;
    error error; /* where the outcome is not PUBLISHER_OK */
} job;

static inline bool job_runs(const job *j)
{
    return j->kind != JOB_NONE;
}

void job_join(job *j);
/* The epoch's shell is its batch. */
void job_commit(job *j, epoch *e);
/* False without memory. */
MUST_CHECK bool job_find(job *j, const partition *partitions, uint32_t count, bool is_seeking);
void job_free(job *j); /* none runs */

#endif
