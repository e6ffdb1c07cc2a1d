#include "worker/shard/job.h"

#include <stdlib.h>

/* Long enough for a broker that answers at all, short enough that a shutdown need not wait for one that does
 * not. */
enum { JOIN_TIMEOUT_MS = 2000, FIND_TIMEOUT_MS = 5000 };

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
    case JOB_FIND:
        j->outcome = publisher_join(j->publisher, JOIN_TIMEOUT_MS, &j->error);
        if (j->outcome == PUBLISHER_OK && !intake_find(j->intake, j->positions, j->position_count,
                                                       j->is_seeking, FIND_TIMEOUT_MS, &j->error))
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
    j->group = NULL;
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

bool job_find(job *j, const partition *partitions, uint32_t count, bool is_seeking)
{
    assert(!job_runs(j));
    job_free(j);
    j->positions = calloc((size_t)count + 1, sizeof *j->positions);
    if (j->positions == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        j->positions[i] = (intake_position){.topic = partitions[i].topic, .number = partitions[i].number};
    j->position_count = count;
    j->is_seeking = is_seeking;
    start(j, JOB_FIND);
    return true;
}

void job_free(job *j)
{
    free(j->positions);
    j->positions = NULL;
    j->position_count = 0;
}
