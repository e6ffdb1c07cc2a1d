/* job: the calls of a shard into librdkafka that block, one at a time, on a thread of their own.
 *
 * Not on the loop's worker pool: there every transaction would be another thread's than the one before, and
 * the thousands of messages that librdkafka allocates for it would come from memory that is in no cache. */
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

/* Embedded by the shard. From job_join, job_commit or job_find to `done` the fields belong to the thread. */
typedef struct job {
    /* Filled before the first start. */
    uv_loop_t *loop;
    intake *intake;
    publisher *publisher;
    const char *const *trigger_topics;
    void *context;
    void (*done)(void *context, job_kind kind); /* in a turn of the loop; the next job may be started there */

    job_kind kind; /* JOB_NONE: none runs */
    uv_thread_t thread;
    uv_sem_t wanted;  /* a job is to run, or the thread to end */
    uv_async_t ended; /* tells the loop */
    bool has_thread;
    bool stops;
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

/* Starts the thread; the handle `ended` is the loop's to close. ERROR_SYSTEM. */
MUST_CHECK bool job_init(job *j, error *e);
void job_join(job *j);
/* The epoch's shell is its batch. */
void job_commit(job *j, epoch *e);
/* False without memory. */
MUST_CHECK bool job_find(job *j, const partition *partitions, uint32_t count, bool is_seeking);
/* Ends the thread. None runs, and the loop has ended; one that was never made is allowed. */
void job_free(job *j);

#endif
