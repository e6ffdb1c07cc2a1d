/* The life of a worker, on the calling thread's own loop:
 *
 *   PREPARING  the topics are looked for (and made) on the loop's worker pool, again and again until they are
 *              there, while the catalog's watch applies the folder's documents and loads the catalog
 *     -> SERVING   both are there
 *     -> STOPPED   a stop, or a failure that trying again cannot mend
 *   SERVING    the shards run; their status changes are watched
 *     -> STOPPING  a stop, or a shard that failed
 *   STOPPING   every shard was told to stop
 *     -> STOPPED   all of them have
 *
 * A second request to stop ends the loop whatever the state: WORKER_ABORTED. */
#include "worker/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "worker/admin/admin.h"
#include "worker/admin/process.h"
#include "worker/catalog/catalog_watch.h"
#include "worker/kafka/topics.h"

enum {
    TOPICS_TIMEOUT_MS = 5000,
    TOPICS_PAUSE_MS = 1000,
    SHARDS_MAX = VITALS_SHARDS_MAX,
    PULSE_MS = 1000, /* an idle loop turns so often, to show that it lives */
};

typedef enum worker_stage { STAGE_PREPARING, STAGE_SERVING, STAGE_STOPPING, STAGE_STOPPED } worker_stage;

struct worker {
    worker_options options;
    worker_stage stage;
    worker_outcome outcome;
    unsigned stops; /* how often it was asked to stop */
    uv_loop_t loop;
    uv_async_t stop;
    uv_async_t changed; /* by the shards and the catalog's watch */
    uv_signal_t sigterm;
    uv_signal_t sigint;
    uv_timer_t retry;
    uv_timer_t pulse;
    uv_work_t topics_work;
    topics_outcome topics;
    error topics_error;
    log_limiter topics_limiter;
    bool topics_pending;
    catalog_cell catalog;
    catalog_watch *watch;
    shard *shards[SHARDS_MAX];
    unsigned shard_count;
    uint32_t assignments_told; /* the sum over all shards when `ready` was last said */
    vitals vitals;
    admin *admin; /* NULL: off */
};

/* ---- the end ---- */

static void close_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The loop ends with its last handle; topics that are still being looked for are waited for first, and the
 * catalog's watch, which sends to one of the handles. */
static void finish(worker *w)
{
    w->stage = STAGE_STOPPED;
    catalog_watch_stop(w->watch);
    w->watch = NULL;
    if (!w->topics_pending)
        uv_walk(&w->loop, close_handle, NULL);
}

static void stop_shards(worker *w)
{
    w->stage = STAGE_STOPPING;
    for (unsigned i = 0; i < w->shard_count; i++)
        shard_stop(w->shards[i]);
    if (w->shard_count == 0)
        finish(w);
}

static void end_with(worker *w, worker_outcome outcome)
{
    if (w->outcome == WORKER_STOPPED)
        w->outcome = outcome;
    if (w->stage == STAGE_PREPARING)
        finish(w);
    else if (w->stage == STAGE_SERVING)
        stop_shards(w);
}

static void request_stop(worker *w)
{
    w->stops++;
    atomic_store(&w->vitals.stopping, true);
    if (w->stops == 1) {
        log_info(w->options.log, "stopping", log_int("shards", w->shard_count));
        end_with(w, WORKER_STOPPED);
    } else {
        log_warn(w->options.log, "aborting", log_text("message", "asked to stop a second time"));
        w->outcome = WORKER_ABORTED;
        uv_stop(&w->loop);
    }
}

static void on_stop(uv_async_t *async)
{
    request_stop(async->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    request_stop(handle->data);
}

void worker_stop(worker *w)
{
    uv_async_send(&w->stop);
}

/* ---- the shards ---- */

typedef struct overview {
    unsigned ready;
    unsigned stopped;
    bool failed;
    bool unreachable;
    uint32_t partitions;
    uint32_t assignments;
} overview;

static overview look_over(worker *w)
{
    overview o = {.unreachable = w->watch != NULL && catalog_watch_unreachable(w->watch)};
    for (unsigned i = 0; i < w->shard_count; i++) {
        shard_status status = shard_get_status(w->shards[i]);
        o.ready += status.ready;
        o.stopped += status.stopped;
        o.failed |= status.failed;
        o.unreachable |= status.kafka_unreachable || status.store_unreachable;
        o.partitions += status.partitions;
        o.assignments += status.assignments;
    }
    return o;
}

static void tell_ready(worker *w, const overview *o)
{
    const config *c = w->options.config;
    const catalog *newest = catalog_cell_get(&w->catalog);
    w->assignments_told = o->assignments;
    log_info(w->options.log, "ready", log_text("group", c->group), log_text("worker_id", c->id),
             log_int("shards", w->shard_count), log_int("partitions", o->partitions),
             log_int("workflows", (int64_t)catalog_count(newest)));
    catalog_release(newest);
    if (w->options.ready != NULL)
        w->options.ready(w->options.context, o->partitions);
}

/* worker.shards, or one for each core. */
static unsigned shard_count(const config *c)
{
    long cores = c->shards > 0 ? (long)c->shards : sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > SHARDS_MAX ? SHARDS_MAX : (unsigned)cores;
}

static void start_shards(worker *w)
{
    error e;
    unsigned count = shard_count(w->options.config);
    w->stage = STAGE_SERVING;
    for (unsigned i = 0; i < count; i++) {
        const shard_options options = {
            .number = i,
            .count = count,
            .config = w->options.config,
            .catalog = &w->catalog,
            .registry = w->options.registry,
            .log = w->options.log,
            .hash_seed = w->options.hash_seed,
            .changed = &w->changed,
        };
        w->shards[i] = shard_start(&options, &e);
        if (w->shards[i] == NULL) {
            log_error(w->options.log, "fatal", log_int("shard", i), log_text("message", e.message));
            end_with(w, WORKER_FAILED);
            return;
        }
        w->shard_count = i + 1;
        vitals_add_shard(&w->vitals, w->shards[i]);
    }
}

/* Shards without a catalog could only reject. */
static void start_when_prepared(worker *w)
{
    const catalog *newest = catalog_cell_get(&w->catalog);
    if (w->stage == STAGE_PREPARING && newest != NULL && !w->topics_pending && w->topics == TOPICS_READY)
        start_shards(w);
    catalog_release(newest);
}

static void on_changed(uv_async_t *async)
{
    worker *w = async->data;
    overview o = look_over(w);
    if (o.failed)
        end_with(w, WORKER_FAILED);
    else if (o.unreachable && w->options.config->exit_on_unreachable)
        end_with(w, WORKER_UNREACHABLE);
    start_when_prepared(w);
    if (w->stage == STAGE_SERVING && o.ready == w->shard_count && o.assignments != w->assignments_told)
        tell_ready(w, &o);
    if (w->stage == STAGE_STOPPING && o.stopped == w->shard_count)
        finish(w);
}

/* ---- the topics ---- */

static void look_for_topics(worker *w);

static void on_retry(uv_timer_t *timer)
{
    look_for_topics(timer->data);
}

static void topics_not_ready(worker *w)
{
    const char *event = w->topics == TOPICS_UNREACHABLE ? "kafka_unreachable"
                        : w->topics == TOPICS_MISSING   ? "topic_missing"
                                                        : "fatal";
    uint64_t suppressed;
    if (log_limiter_allow(&w->topics_limiter, uv_now(&w->loop), &suppressed))
        log_error(w->options.log, event, log_text("message", w->topics_error.message),
                  log_int("suppressed", (int64_t)suppressed));
    if (w->topics == TOPICS_FAILED)
        end_with(w, WORKER_FAILED);
    else if (w->options.config->exit_on_unreachable)
        end_with(w, WORKER_UNREACHABLE);
    else
        uv_timer_start(&w->retry, on_retry, TOPICS_PAUSE_MS, 0);
}

static void run_topics(uv_work_t *work)
{
    worker *w = work->data;
    w->topics = topics_ensure(w->options.config, w->options.log, TOPICS_TIMEOUT_MS, &w->topics_error);
}

static void on_topics(uv_work_t *work, int status)
{
    worker *w = work->data;
    (void)status;
    w->topics_pending = false;
    if (w->stage == STAGE_STOPPED)
        finish(w);
    else if (w->topics == TOPICS_READY)
        start_when_prepared(w);
    else
        topics_not_ready(w);
}

static void look_for_topics(worker *w)
{
    w->topics_pending = true;
    uv_queue_work(&w->loop, &w->topics_work, run_topics, on_topics);
}

/* ---- life ---- */

static void watch_signal(worker *w, uv_signal_t *handle, int number)
{
    uv_signal_init(&w->loop, handle);
    handle->data = w;
    uv_signal_start(handle, on_signal, number);
}

static void on_pulse(uv_timer_t *timer)
{
    worker *w = timer->data;
    vitals_turn(&w->vitals);
}

static void make_loop(worker *w)
{
    uv_loop_init(&w->loop);
    uv_async_init(&w->loop, &w->stop, on_stop);
    uv_async_init(&w->loop, &w->changed, on_changed);
    uv_timer_init(&w->loop, &w->retry);
    uv_timer_init(&w->loop, &w->pulse);
    w->stop.data = w->changed.data = w->retry.data = w->pulse.data = w->topics_work.data = w;
    uv_timer_start(&w->pulse, on_pulse, PULSE_MS, PULSE_MS);
    if (w->options.handle_signals) {
        watch_signal(w, &w->sigterm, SIGTERM);
        watch_signal(w, &w->sigint, SIGINT);
    }
}

/* False with the error where it cannot listen. */
static bool start_admin(worker *w, error *e)
{
    const config *c = w->options.config;
    w->vitals.config = c;
    w->vitals.shards_wanted = shard_count(c);
    w->vitals.start_seconds = process_start();
    vitals_turn(&w->vitals);
    if (c->admin_listen.host == NULL)
        return true;
    w->admin = admin_start(&c->admin_listen, &w->vitals, w->options.log, e);
    return w->admin != NULL;
}

worker *worker_new(const worker_options *options, error *e)
{
    worker *w = calloc(1, sizeof *w);
    if (w == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a worker");
        return NULL;
    }
    w->options = *options;
    signal(SIGPIPE, SIG_IGN); /* a Redis that is gone must be an error of write(), not our end */
    if (!start_admin(w, e)) {
        free(w);
        return NULL;
    }
    catalog_cell_init(&w->catalog);
    make_loop(w);
    return w;
}

static void start_watch(worker *w)
{
    error e;
    w->watch = catalog_watch_start(&(catalog_watch_options){.config = w->options.config,
                                                            .documents = w->options.documents,
                                                            .cell = &w->catalog,
                                                            .log = w->options.log,
                                                            .changed = &w->changed},
                                   &e);
    if (w->watch != NULL)
        return;
    log_error(w->options.log, "fatal", log_text("message", e.message));
    end_with(w, WORKER_FAILED);
}

worker_outcome worker_run(worker *w)
{
    look_for_topics(w);
    start_watch(w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    if (w->outcome == WORKER_ABORTED)
        return WORKER_ABORTED;
    admin_stop(w->admin); /* it looks at the shards */
    w->admin = NULL;
    for (unsigned i = 0; i < w->shard_count; i++)
        shard_join(w->shards[i]);
    return w->outcome;
}

const char *worker_admin_address(const worker *w)
{
    return w->admin == NULL ? NULL : admin_address(w->admin);
}

void worker_free(worker *w)
{
    if (w == NULL)
        return;
    admin_stop(w->admin);
    uv_loop_close(&w->loop);
    catalog_cell_free(&w->catalog);
    free(w);
}
