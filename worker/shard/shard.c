/* A shard's life from outside: how it is made and ends, and what other threads may know of it. Its turns are
 * in shard_loop.c.
 *
 * What others know is a copy behind a mutex: the status, renewed when it changes, and the figures, some times
 * a second; never on the way of a trigger. */
#include "worker/shard/shard.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "worker/kafka/kafka_client.h"
#include "worker/shard/shard_state.h"

/* More than two heartbeats of the group (heartbeat.interval.ms is 3 s): by then it has said whose the
 * partitions are. */
enum { FENCE_AGAIN_MS = 8000 };

/* ---- status ---- */

static bool same_status(const shard_status *a, const shard_status *b)
{
    return a->ready == b->ready && a->store_ready == b->store_ready &&
           a->kafka_unreachable == b->kafka_unreachable && a->store_unreachable == b->store_unreachable &&
           a->stopped == b->stopped && a->failed == b->failed && a->partitions == b->partitions &&
           a->assignments == b->assignments;
}

void shard_publish_status(shard *s)
{
    s->status.store_ready = store_is_ready(s->store);
    s->status.ready = s->stage == STAGE_RUNNING && s->assigned && s->status.store_ready;
    uv_mutex_lock(&s->mutex);
    bool same = same_status(&s->published, &s->status);
    s->published = s->status;
    uv_mutex_unlock(&s->mutex);
    if (!same)
        uv_async_send(s->options.changed);
}

shard_status shard_get_status(shard *s)
{
    uv_mutex_lock(&s->mutex);
    shard_status status = s->published;
    uv_mutex_unlock(&s->mutex);
    return status;
}

/* ---- figures ---- */

void shard_post_figures(shard *s)
{
    figures *f = &s->figures;
    f->taken = s->tasks.taken;
    f->returned = custody_returned(s->custody);
    f->in_flight = custody_in_flight(s->custody);
    f->resuming = custody_resumed(s->custody);
    f->resumed = s->tasks.resumed;
    f->fences_lost = custody_fences_lost(s->custody);
    f->store_losses = custody_store_losses(s->custody);
    f->outbox_depth = custody_outbox_depth(s->custody);
    int64_t wall_ms = (int64_t)uv_now(&s->loop) + s->tasks.clock_offset_ms;
    int64_t oldest_ms = custody_oldest_timer_ms(s->custody);
    f->overdue_ms = oldest_ms < wall_ms ? wall_ms - oldest_ms : 0;
    f->partitions = s->status.partitions;
    f->assignments = s->status.assignments;
    f->store_pending = store_pending_count(s->store);
    for (size_t i = 0; i < s->tasks.channels.count; i++)
        f->deliveries[i] = channel_figures(&s->tasks.channels, i);
    if (figures_board_post(&s->board, f))
        s->posted_ms = uv_now(&s->loop);
}

void shard_post_lags(shard *s)
{
    const partition *partitions = custody_partitions(s->custody);
    uint32_t count = s->assigned ? custody_partition_count(s->custody) : 0;
    lag_list lags = {.items = malloc((count + 1) * sizeof *lags.items)};
    for (uint32_t i = 0; i < count && lags.items != NULL; i++) {
        const partition *p = &partitions[i];
        int64_t triggers = intake_lag(s->intake, p);
        if (triggers >= 0)
            lags.items[lags.count++] = (lag){p->topic, p->number, triggers};
    }
    figures_board_post_lags(&s->board, lags);
}

int64_t shard_turned_ms(const shard *s)
{
    return atomic_load_explicit(&s->turned_ms, memory_order_relaxed);
}

bool shard_read_figures(shard *s, figures *f, lag_list *lags, arena *a)
{
    return figures_board_read(&s->board, f, lags, a);
}

/* ---- the end ---- */

static void close_handle(uv_handle_t *handle, void *data)
{
    (void)data;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void shard_close_handles(void *data)
{
    shard *s = data;
    uv_walk(&s->loop, close_handle, NULL);
}

void shard_close(shard *s)
{
    if (s->stage != STAGE_CLOSING) {
        s->stage = STAGE_CLOSING;
        s->tasks.closing = s->ledger.closing = true;
        custody_close(s->custody);
        versions_close(&s->tasks.versions);
        uv_prepare_stop(&s->turn);
        uv_idle_stop(&s->busy);
        uv_timer_stop(&s->retry);
        uv_timer_stop(&s->pulse);
        intake_notify(s->intake, -1);
        channels_close(&s->tasks.channels);
        shard_publish_status(s);
        shard_post_figures(s);
        atomic_store_explicit(&s->turned_ms, INT64_MAX, memory_order_relaxed);
    }
    if (!job_runs(&s->job))
        store_close(s->store, shard_close_handles, s);
}

void shard_fail(shard *s, const error *why)
{
    if (s->status.failed)
        return;
    s->status.failed = true;
    log_error(s->options.log, "fatal", log_int("shard", s->options.number),
              log_text("message", why->message));
}

void shard_fail_for_memory(shard *s, const char *what)
{
    error e;
    error_set(&e, ERROR_OUT_OF_MEMORY, 0, "no memory for %s", what);
    shard_fail(s, &e);
}

static void on_fatal(void *context, const error *why)
{
    shard_fail(context, why);
}

static void on_discard(void *context, uint32_t topic, int32_t number, const value *text)
{
    shard *s = context;
    ledger_discard_command(&s->ledger, topic, number, text->text, text->count);
}

static void on_command(void *context, uint32_t topic, int32_t number, const char *text, size_t size)
{
    shard *s = context;
    if (!custody_is_owner(s->custody) || custody_partition(s->custody, topic, number) == NULL)
        return;
    if (!tasks_start_command(&s->tasks, topic, number, text, size))
        ledger_discard_command(&s->ledger, topic, number, text, size);
}

void shard_stop(shard *s)
{
    uv_async_send(&s->stop);
}

static void run_thread(void *argument)
{
    shard *s = argument;
    uv_run(&s->loop, UV_RUN_DEFAULT);
    intake_close(s->intake);
    s->intake = NULL;
    uv_mutex_lock(&s->mutex);
    s->published.stopped = true;
    s->published.ready = false;
    uv_mutex_unlock(&s->mutex);
    uv_async_send(s->options.changed);
}

/* ---- life ---- */

static void free_batch(void *shell)
{
    batch_free(shell);
}

/* Whatever there is of it. The publisher goes before the batches, whose memory it may still send from. */
static void free_shard(shard *s)
{
    intake_close(s->intake);
    publisher_free(s->publisher);
    custody_free(s->custody, free_batch);
    tasks_free(&s->tasks);
    versions_free(&s->tasks.versions);
    ledger_free(&s->ledger);
    job_free(&s->job);
    if (s->intake_descriptor >= 0)
        close(s->intake_descriptor);
    uv_mutex_destroy(&s->mutex);
    figures_board_free(&s->board);
    free(s);
}

static publisher_topics output_topics(const config *c)
{
    publisher_topics t = {.of_kind = {[EVENT_STEP_COMPLETION] = c->step_completions,
                                      [EVENT_EXECUTION_COMPLETION] = c->execution_completions,
                                      [EVENT_REJECTED] = c->rejected}};
    for (size_t i = 0; i < c->provider_count; i++)
        if (c->providers[i].kind == CONFIG_KAFKA)
            t.of_requests[t.request_count++] = c->providers[i].topic;
    return t;
}

static bool make_clients(shard *s, error *e)
{
    const config *c = s->options.config;
    const publisher_topics outputs = output_topics(c);
    const intake_listener listener = shard_loop_listener(s);
    rd_kafka_conf_t *conf = kafka_client_producer(c, s->options.number, e);
    if (conf == NULL)
        return false;
    s->publisher = publisher_new(conf, &outputs, s->options.log, e);
    if (s->publisher == NULL)
        return false;
    conf = kafka_client_consumer(c, s->options.number, e);
    if (conf == NULL)
        return false;
    s->intake =
        intake_new(conf, c->triggers.items, (uint32_t)c->triggers.count, &listener, s->options.log, e);
    return s->intake != NULL;
}

static bool make_rules(shard *s, error *e)
{
    const config *c = s->options.config;
    const custody_limits limits = {
        .commit_interval_ms = c->commit_interval_ms,
        .epoch_max_ms = c->epoch_max_ms,
        .revoke_max_ms = c->revoke_max_ms,
        .fence_again_ms = FENCE_AGAIN_MS,
        .triggers_max = (uint32_t)c->max_inflight,
        .bytes_max = (size_t)c->max_inflight_bytes,
    };
    s->custody = custody_new(&limits);
    s->tasks = (tasks){
        .config = c,
        .registry = s->options.registry,
        .log = s->options.log,
        .custody = s->custody,
        .hash_seed = s->options.hash_seed,
        .loop = &s->loop,
        .context = s,
        .fatal = on_fatal,
        .discard = on_discard,
    };
    s->ledger = (ledger){
        .config = c,
        .log = s->options.log,
        .loop = &s->loop,
        .custody = s->custody,
        .shard = s->options.number,
        .context = s,
        .failed = on_fatal,
        .commanded = on_command,
    };
    ledger_init(&s->ledger);
    return s->custody == NULL ? error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a shard")
                              : tasks_init(&s->tasks, e);
}

shard *shard_start(const shard_options *options, error *e)
{
    shard *s = calloc(1, sizeof *s);
    if (s == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a shard");
        return NULL;
    }
    s->options = *options;
    uv_mutex_init(&s->mutex);
    figures_board_init(&s->board);
    s->turned_ms = (int64_t)(uv_hrtime() / 1000000);
    s->intake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->intake_descriptor < 0)
        error_set(e, ERROR_SYSTEM, 0, "no event descriptor can be made");
    if (s->intake_descriptor < 0 || !make_clients(s, e) || !make_rules(s, e) || !shard_loop_make(s, e)) {
        free_shard(s);
        return NULL;
    }
    uv_thread_create(&s->thread, run_thread, s);
    return s;
}

void shard_join(shard *s)
{
    uv_thread_join(&s->thread);
    uv_loop_close(&s->loop);
    free_shard(s);
}
