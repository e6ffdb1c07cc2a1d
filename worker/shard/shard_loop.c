/* The loop of a shard.
 *
 * Each turn, before the loop sleeps: take messages while custody lets us, do what custody says, arm the timer
 * for what it waits for. Replies of Redis and deliverers come in between and only move tasks. Calls into
 * librdkafka that block run as the one job on a thread beside it (job.h), and the loop goes on meanwhile.
 *
 *   JOINING   the transactional id is registered, again and again until it is
 *     -> RUNNING  on_job_done(JOB_JOIN)
 *     -> CLOSING  shard_stop, or a fatal error
 *   RUNNING   subscribed; turns as above
 *     -> CLOSING  custody says that all is drained after shard_stop, or a fatal error
 *   CLOSING   the job, the store and the handles end, then the loop; the thread leaves the group
 */
#include "worker/shard/shard_state.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "worker/kafka/kafka_client.h"
#include "worker/shard/outbox_events.h"

enum {
    MESSAGES_A_TURN = 256, /* so that replies and timers get their turn under load */
    /* So many records may be read, and as many be written, before more triggers are taken: enough to keep
       Redis busy, and few enough for their memory to stay in the processor's caches. */
    AHEAD_MAX = 256,
    RETRY_PAUSE_MS = 500, /* before a job that found no broker is started again */
    ABORT_PAUSE_MAX_MS = 5000,
    /* An idle loop turns so often. It shows that it lives, and polls the consumer even if nothing comes, or
       the group thinks that we are stuck (max.poll.interval.ms). */
    PULSE_MS = 500,      /* people who command wait for it */
    POST_PAUSE_MS = 100, /* figures are posted no more often */
};

/* ---- the assignment ---- */

static void on_assigned(void *context, const partition *partitions, uint32_t count)
{
    shard *s = context;
    if (!custody_assign(s->custody, partitions, count)) {
        shard_fail_for_memory(s, "an assignment");
        return;
    }
    s->assigned = true;
    s->status.partitions = count;
    s->status.assignments++;
    shard_publish_status(s);
}

static void on_revoked(void *context, bool lost)
{
    shard *s = context;
    if (lost)
        log_warn(s->options.log, "assignment_lost", log_int("shard", s->options.number),
                 log_int("in_flight", custody_in_flight(s->custody)));
    s->assigned = false;
    custody_revoke(s->custody, (int64_t)uv_now(&s->loop), lost);
    shard_publish_status(s);
}

static void release(shard *s)
{
    intake_release(s->intake);
    custody_released(s->custody);
    s->status.partitions = 0;
    shard_publish_status(s);
}

static void on_intake_fatal(void *context, const char *reason)
{
    error e;
    error_set(&e, ERROR_KAFKA, 0, "the consumer has failed: %s", reason);
    shard_fail(context, &e);
}

intake_listener shard_loop_listener(shard *s)
{
    return (intake_listener){
        .context = s, .assigned = on_assigned, .revoked = on_revoked, .fatal = on_intake_fatal};
}

/* ---- messages ---- */

static bool give_batch(shard *s, epoch *e)
{
    if (e->shell == NULL)
        e->shell = batch_new(catalog_cell_get(s->options.catalog), &s->tasks.batches);
    if (e->shell == NULL)
        shard_fail_for_memory(s, "an epoch");
    return e->shell != NULL;
}

static void take(shard *s, rd_kafka_message_t *message, uint32_t topic)
{
    epoch *e = custody_take(s->custody, topic, message->partition, message->offset, message->len,
                            (int64_t)uv_now(&s->loop));
    if (e == NULL) {
        rd_kafka_message_destroy(message); /* not ours, or not any more: the log still has it */
        return;
    }
    if (!give_batch(s, e)) {
        custody_settle(s->custody, e);
        rd_kafka_message_destroy(message);
        return;
    }
    tasks_start(&s->tasks, message, topic, e);
}

static bool is_ahead(const shard *s)
{
    return store_pending_count(s->store) >= AHEAD_MAX || custody_unwritten(s->custody) >= AHEAD_MAX;
}

/* Without an assignment the intake is polled all the same: that is how one comes. */
static bool may_poll(const shard *s)
{
    return s->intake_waits && !s->status.failed &&
           (!s->assigned || (custody_may_poll(s->custody) && !is_ahead(s) && !s->channels_fill));
}

static void take_messages(shard *s)
{
    s->channels_fill = channels_are_filling(&s->tasks.channels);
    for (int i = 0; i < MESSAGES_A_TURN && may_poll(s); i++) {
        uint32_t topic;
        rd_kafka_message_t *message = intake_poll(s->intake, &topic, uv_now(&s->loop));
        if (message == NULL)
            s->intake_waits = false;
        else
            take(s, message, topic);
    }
}

/* ---- jobs ---- */

static void find_positions(shard *s)
{
    if (!job_find(&s->job, custody_partitions(s->custody), custody_partition_count(s->custody),
                  custody_accepted(s->custody)))
        shard_fail_for_memory(s, "an assignment");
}

static void on_retry(uv_timer_t *handle)
{
    shard *s = handle->data;
    if (s->retry_kind == JOB_JOIN)
        job_join(&s->job);
    else if (custody_wants_positions(s->custody))
        find_positions(s);
    else
        custody_positioned(s->custody); /* the assignment is gone: nothing to find */
}

/* An epoch that is aborted again and again (a topic refuses an event, say) must not become a busy loop. */
static void find_positions_later(shard *s)
{
    uint64_t pause_ms = s->aborts < 2 ? 0 : (uint64_t)RETRY_PAUSE_MS * s->aborts;
    s->retry_kind = JOB_FIND;
    uv_timer_start(&s->retry, on_retry, pause_ms < ABORT_PAUSE_MAX_MS ? pause_ms : ABORT_PAUSE_MAX_MS, 0);
}

static void retry_job(shard *s, job_kind kind)
{
    uint64_t suppressed;
    s->status.kafka_unreachable = true;
    if (log_limiter_allow(&s->job_limiter, uv_now(&s->loop), &suppressed))
        log_warn(s->options.log, "kafka_unreachable", log_int("shard", s->options.number),
                 log_text("servers", kafka_client_servers(s->options.config)),
                 log_text("message", s->job.error.message), log_int("suppressed", (int64_t)suppressed));
    s->retry_kind = kind;
    uv_timer_start(&s->retry, on_retry, RETRY_PAUSE_MS, 0);
}

static void on_joined(shard *s)
{
    error e;
    if (!intake_subscribe(s->intake, &e)) {
        shard_fail(s, &e);
        return;
    }
    s->stage = STAGE_RUNNING;
    s->intake_waits = true;
}

static uint64_t now_us(void)
{
    return uv_hrtime() / 1000;
}

static void count_commit(shard *s)
{
    s->figures.epochs_committed++;
    s->figures.last_commit_ms = (int64_t)uv_now(&s->loop) + s->tasks.clock_offset_ms;
    histogram_observe(&s->figures.commit, (int64_t)(now_us() - s->commit_started_us));
}

static void on_commit_done(shard *s)
{
    uint64_t suppressed;
    if (s->job.outcome == PUBLISHER_OK) {
        count_commit(s);
        custody_committed(s->custody, s->job.epoch);
        s->aborts = 0;
        log_limiter_reset(&s->abort_limiter);
        return;
    }
    s->aborts++;
    s->figures.epochs_aborted++;
    if (log_limiter_allow(&s->abort_limiter, uv_now(&s->loop), &suppressed))
        log_warn(s->options.log, "epoch_aborted", log_int("shard", s->options.number),
                 log_int("triggers", s->job.epoch->trigger_count), log_text("message", s->job.error.message),
                 log_int("suppressed", (int64_t)suppressed));
    custody_aborted(s->custody, s->job.epoch);
}

static void on_positions(shard *s)
{
    for (uint32_t i = 0; i < s->job.position_count; i++) {
        const intake_position *p = &s->job.positions[i];
        custody_position(s->custody, p->topic, p->number, p->offset, p->metadata, p->metadata_size);
    }
    custody_positioned(s->custody);
}

static void on_job_done(void *context, job_kind kind)
{
    shard *s = context;
    publisher_outcome outcome = s->job.outcome;
    if (outcome == PUBLISHER_FATAL)
        shard_fail(s, &s->job.error);
    if (kind == JOB_COMMIT)
        on_commit_done(s);
    if (s->stage == STAGE_CLOSING) {
        shard_close(s);
        return;
    }
    if (outcome == PUBLISHER_RETRY) {
        retry_job(s, kind);
    } else if (outcome == PUBLISHER_OK) {
        s->status.kafka_unreachable = false;
        log_limiter_reset(&s->job_limiter);
        if (kind == JOB_JOIN)
            on_joined(s);
        if (kind == JOB_FIND)
            on_positions(s);
    }
    shard_publish_status(s);
}

/* ---- the loop ---- */

/* What an epoch publishes of a partition's outbox. */
static bool add_outbox(shard *s, batch *b, const epoch_offset *o)
{
    const partition *p = custody_partition(s->custody, o->topic, o->partition);
    error e;
    for (const outbox_entry *entry = p->outbox.first; entry != NULL && entry->number <= o->outbox;
         entry = entry->next) {
        if (entry->number <= o->outbox_from || outbox_events_read(b, entry->bytes, entry->size, &e))
            continue;
        shard_fail(s, &e);
        return false;
    }
    return true;
}

static void start_commit(shard *s, epoch *e)
{
    bool ok = give_batch(s, e);
    for (uint32_t i = 0; ok && i < e->offset_count; i++)
        if (e->offsets[i].outbox > e->offsets[i].outbox_from)
            ok = add_outbox(s, e->shell, &e->offsets[i]);
    s->commit_started_us = now_us();
    if (ok)
        job_commit(&s->job, e);
    else
        custody_aborted(s->custody, e); /* the shard closes */
}

static void end_epoch(shard *s, const custody_effect *effect)
{
    const batch *b = effect->epoch->shell;
    if (effect->committed && b != NULL)
        tally_add(&s->figures.tally, &b->tally);
    batch_free(effect->epoch->shell);
    epoch_free(effect->epoch);
}

static void on_timer(uv_timer_t *handle)
{
    (void)handle; /* the turn that follows does the work */
}

static void wake_at(shard *s, int64_t wake_ms)
{
    int64_t pause_ms = wake_ms - (int64_t)uv_now(&s->loop);
    if (wake_ms == INT64_MAX)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_timer, pause_ms > 0 ? (uint64_t)pause_ms : 0, 0);
}

static void begin_intake(shard *s)
{
    intake_accept(s->intake, s->job.positions, s->job.position_count);
    custody_accept(s->custody);
    s->intake_waits = true;
    shard_publish_status(s);
}

static void obey_store(shard *s, const custody_effect *effect)
{
    switch (effect->action) {
    case CUSTODY_FENCE:
        ledger_fence(&s->ledger, effect->ask);
        break;
    case CUSTODY_LOAD:
        ledger_load(&s->ledger, effect->ask);
        break;
    case CUSTODY_WATCH:
        ledger_watch(&s->ledger);
        break;
    case CUSTODY_WRITE:
        ledger_write(&s->ledger, effect->block, effect->renew);
        break;
    default:
        ledger_fetch(&s->ledger, effect->partition, &effect->timer, effect->ask);
        break;
    }
}

/* Does what custody says until it says to wait. */
static void obey(shard *s)
{
    while (!s->status.failed) {
        int64_t now_ms = (int64_t)uv_now(&s->loop);
        custody_effect effect = custody_next(s->custody, now_ms, now_ms + s->tasks.clock_offset_ms);
        switch (effect.action) {
        case CUSTODY_PROCEED:
            tasks_proceed(&s->tasks, effect.activation);
            break;
        case CUSTODY_TIMER:
            tasks_start_timer(&s->tasks, effect.partition, &effect.timer);
            break;
        case CUSTODY_COMMIT:
            start_commit(s, effect.epoch);
            break;
        case CUSTODY_END:
            end_epoch(s, &effect);
            break;
        case CUSTODY_POSITION:
            find_positions_later(s);
            break;
        case CUSTODY_ACCEPT:
            begin_intake(s);
            break;
        case CUSTODY_RELEASE:
            release(s);
            break;
        case CUSTODY_FAILED:
            shard_fail_for_memory(s, "custody");
            break;
        case CUSTODY_STOPPED:
            shard_close(s);
            return;
        case CUSTODY_WAIT:
            wake_at(s, effect.wake_ms);
            return;
        default:
            obey_store(s, &effect);
            break;
        }
    }
}

static void on_nothing(uv_idle_t *idle)
{
    (void)idle;
}

/* Both clocks count whole milliseconds, so their difference flutters by one: it must not let time go back. */
static void read_clock(shard *s)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t offset_ms = wall.tv_sec * 1000 + wall.tv_nsec / 1000000 - (int64_t)uv_now(&s->loop);
    if (offset_ms != s->tasks.clock_offset_ms - 1)
        s->tasks.clock_offset_ms = offset_ms;
}

static void on_turn(uv_prepare_t *prepare)
{
    shard *s = prepare->data;
    read_clock(s);
    atomic_store_explicit(&s->turned_ms, (int64_t)uv_now(&s->loop), memory_order_relaxed);
    if (s->status.failed || (s->stopping && s->stage == STAGE_JOINING)) {
        shard_close(s);
        return;
    }
    if (s->stage == STAGE_RUNNING)
        take_messages(s);
    obey(s);
    if (uv_now(&s->loop) - s->posted_ms >= POST_PAUSE_MS && s->stage != STAGE_CLOSING)
        shard_post_figures(s);
    if (s->stage == STAGE_RUNNING && may_poll(s))
        uv_idle_start(&s->busy, on_nothing);
    else
        uv_idle_stop(&s->busy);
}

static void on_pulse(uv_timer_t *handle)
{
    shard *s = handle->data;
    s->intake_waits = true;
    shard_post_figures(s);
    shard_post_lags(s);
    if (custody_is_owner(s->custody))
        ledger_look_for_commands(&s->ledger);
}

static void on_intake_event(uv_poll_t *poll, int status, int events)
{
    shard *s = poll->data;
    uint64_t count;
    (void)status;
    (void)events;
    if (read(s->intake_descriptor, &count, sizeof count) == (ssize_t)sizeof count)
        s->intake_waits = true;
}

static void on_stop(uv_async_t *async)
{
    shard *s = async->data;
    s->stopping = true;
    custody_stop(s->custody, (int64_t)uv_now(&s->loop));
}

static void on_store_changed(void *data, store_state state, const error *e)
{
    shard *s = data;
    (void)e; /* the store has logged it */
    s->figures.store_reconnects += state == STORE_READY && s->store_was_ready;
    s->store_was_ready |= state == STORE_READY;
    if (state == STORE_LOST)
        custody_disarm(s->custody); /* the connection's watch is gone with it */
    s->status.store_unreachable = state == STORE_UNREACHABLE;
    shard_publish_status(s);
}

/* All of it that is not the channels' and the job's. */
static void make_handles(shard *s)
{
    uv_prepare_init(&s->loop, &s->turn);
    uv_idle_init(&s->loop, &s->busy);
    uv_timer_init(&s->loop, &s->timer);
    uv_timer_init(&s->loop, &s->retry);
    uv_timer_init(&s->loop, &s->pulse);
    uv_async_init(&s->loop, &s->stop, on_stop);
    uv_poll_init(&s->loop, &s->intake_poll, s->intake_descriptor);
    s->turn.data = s->retry.data = s->pulse.data = s->stop.data = s->intake_poll.data = s;
    uv_prepare_start(&s->turn, on_turn);
    uv_timer_start(&s->pulse, on_pulse, PULSE_MS, PULSE_MS);
    uv_poll_start(&s->intake_poll, UV_READABLE, on_intake_event);
    intake_notify(s->intake, s->intake_descriptor);
}

bool shard_loop_make(shard *s, error *e)
{
    const config *c = s->options.config;
    uv_loop_init(&s->loop);
    s->store = store_new(&(store_options){
        .loop = &s->loop,
        .url = &c->redis,
        .log = s->options.log,
        .timeout_ms = (uint64_t)c->redis_timeout_ms,
        .changed = on_store_changed,
        .data = s,
    });
    if (s->store == NULL) {
        uv_loop_close(&s->loop);
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a shard");
    }
    s->tasks.store = s->ledger.store = s->store;
    s->job = (job){.loop = &s->loop,
                   .intake = s->intake,
                   .publisher = s->publisher,
                   .trigger_topics = c->triggers.items,
                   .context = s,
                   .done = on_job_done};
    versions_init(&s->tasks.versions, c, s->options.log, &s->loop);
    s->tasks.channels.site = (provider_site){
        .config = c, .log = s->options.log, .loop = &s->loop, .store = s->store, .shards = s->options.count};
    if (!job_init(&s->job, e) || !channels_init(&s->tasks.channels, e)) {
        store_close(s->store, shard_close_handles, s);
        uv_run(&s->loop, UV_RUN_DEFAULT);
        uv_loop_close(&s->loop);
        return false;
    }
    make_handles(s);
    job_join(&s->job);
    return true;
}
