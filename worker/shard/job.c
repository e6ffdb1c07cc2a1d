#include "worker/shard/job.h"

#include <stdlib.h>

/* Long enough for a broker that answers at all, short enough that a shutdown need not wait for one that does
 * not. */
enum { JOIN_TIMEOUT_MS = 2000, FIND_TIMEOUT_MS = 5000 };

static void run(job *j)
{
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

static void run_thread(void *argument)
{
    job *j = argument;
    for (;;) {
        uv_sem_wait(&j->wanted);
        if (j->stops)
            return;
        run(j);
        uv_async_send(&j->ended);
    }
}

static void on_ended(uv_async_t *ended)
{
    job *j = ended->data;
    job_kind kind = j->kind;
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
    uv_sem_post(&j->wanted);
}

bool job_init(job *j, error *e)
{
    uv_async_init(j->loop, &j->ended, on_ended);
    j->ended.data = j;
    if (uv_sem_init(&j->wanted, 0) != 0)
        return error_set(e, ERROR_SYSTEM, 0, "no semaphore can be made");
    j->has_thread = uv_thread_create(&j->thread, run_thread, j) == 0;
    if (j->has_thread)
        return true;
    uv_sem_destroy(&j->wanted);
    return error_set(e, ERROR_SYSTEM, 0, "no thread can be made for transactions");
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

static void free_positions(job *j)
{
    free(j->positions);
    j->positions = NULL;
    j->position_count = 0;
}

bool job_find(job *j, const partition *partitions, uint32_t count, bool is_seeking)
{
    assert(!job_runs(j));
    free_positions(j);
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
    free_positions(j);
    if (!j->has_thread)
        return;
    j->stops = true;
    uv_sem_post(&j->wanted);
    uv_thread_join(&j->thread);
    uv_sem_destroy(&j->wanted);
    j->has_thread = false;
}
