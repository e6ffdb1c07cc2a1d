#include "worker/shard/job.h"

#include <stdlib.h>

/* Long enough for a broker that answers at all, short enough that a shutdown need not wait for one that does
 * not. */
enum { JOIN_TIMEOUT_MS = 2000, REWIND_TIMEOUT_MS = 5000 };

/* On the pool's thread. */
static void run(uv_work_t *work)
{
    job *j = work->data;
    switch (j->kind) {
    case JOB_JOIN:
        j->outcome = publisher_join(j->publisher, JOIN_TIMEOUT_MS, &j->error);
        break;
    case JOB_COMMIT:
        j->outcome =
            publisher_commit(j->publisher, j->epoch->shell, j->epoch, j->trigger_topics, j->group, &j->error);
        break;
    case JOB_REWIND:
        j->outcome = publisher_join(j->publisher, JOIN_TIMEOUT_MS, &j->error);
        if (j->outcome == PUBLISHER_OK &&
            !intake_rewind(j->intake, j->partitions, j->partition_count, REWIND_TIMEOUT_MS, &j->error))
            j->outcome = PUBLISHER_RETRY;
        break;
    case JOB_NONE:
        break;
    }
}

static void after(uv_work_t *work, int status)
{
    job *j = work->data;
    job_kind kind = j->kind;
    (void)status; /* jobs are never cancelled */
    if (j->group != NULL)
        rd_kafka_consumer_group_metadata_destroy(j->group);
    free(j->partitions);
    j->group = NULL;
    j->partitions = NULL;
    j->kind = JOB_NONE;
    j->done(j->context, kind);
}

static void start(job *j, job_kind kind)
{
    assert(!job_runs(j));
    j->kind = kind;
    j->work.data = j;
    uv_queue_work(j->loop, &j->work, run, after);
}

void job_join(job *j)
{
    start(j, JOB_JOIN);
}

void job_commit(job *j, epoch *e)
{
    j->epoch = e;
    j->group = intake_group(j->intake);
    start(j, JOB_COMMIT);
}

bool job_rewind(job *j, const partition *partitions, uint32_t count)
{
    j->partitions = calloc((size_t)count + 1, sizeof *partitions);
    if (j->partitions == NULL)
        return false;
    if (count > 0)
        memcpy(j->partitions, partitions, count * sizeof *partitions);
    j->partition_count = count;
    start(j, JOB_REWIND);
    return true;
}
