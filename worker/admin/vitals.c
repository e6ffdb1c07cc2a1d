#include "worker/admin/vitals.h"

#include "worker/admin/metrics.h"

static int64_t now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

static unsigned shard_count(const vitals *v)
{
    return atomic_load_explicit(&v->shard_count, memory_order_acquire);
}

void vitals_add_shard(vitals *v, shard *s)
{
    unsigned count = shard_count(v);
    v->shards[count] = s;
    atomic_store_explicit(&v->shard_count, count + 1, memory_order_release);
}

void vitals_turn(vitals *v)
{
    atomic_store_explicit(&v->turned_ms, now_ms(), memory_order_relaxed);
}

bool vitals_alive(const vitals *v, error *e)
{
    int64_t oldest_ms = now_ms() - VITALS_TURN_MAX_MS;
    if (atomic_load_explicit(&v->turned_ms, memory_order_relaxed) < oldest_ms)
        return error_set(e, ERROR_SYSTEM, 0, "the main loop is stuck");
    for (unsigned i = 0; i < shard_count(v); i++)
        if (shard_turned_ms(v->shards[i]) < oldest_ms)
            return error_set(e, ERROR_SYSTEM, 0, "the loop of shard %u is stuck", i);
    return true;
}

static bool shard_ready(unsigned number, shard *s, error *e)
{
    shard_status status = shard_get_status(s);
    if (status.ready)
        return true;
    const char *reason = status.failed || status.stopped ? "has stopped"
                         : status.kafka_unreachable      ? "cannot reach Kafka"
                         : !status.store_ready           ? "has no connection to Redis"
                                                         : "has no assignment";
    return error_set(e, ERROR_SYSTEM, 0, "shard %u %s", number, reason);
}

bool vitals_ready(const vitals *v, error *e)
{
    unsigned count = shard_count(v);
    if (atomic_load_explicit(&v->stopping, memory_order_relaxed))
        return error_set(e, ERROR_SYSTEM, 0, "stopping");
    if (count < v->shards_wanted)
        return error_set(e, ERROR_SYSTEM, 0, "starting: waits for topics and workflows");
    for (unsigned i = 0; i < count; i++)
        if (!shard_ready(i, v->shards[i], e))
            return false;
    return true;
}

void vitals_write_metrics(const vitals *v, buffer *b)
{
    unsigned count = shard_count(v);
    shard_metrics *shards = arena_calloc(b->arena, count, sizeof *shards);
    b->failed |= shards == NULL;
    for (unsigned i = 0; i < count && !b->failed; i++) {
        shards[i].ready = shard_get_status(v->shards[i]).ready;
        b->failed = !shard_read_figures(v->shards[i], &shards[i].figures, &shards[i].lags, b->arena);
    }
    if (!b->failed)
        metrics_write(b, &(metrics){.topics = &v->config->triggers,
                                    .providers = v->config->providers,
                                    .provider_count = v->config->provider_count,
                                    .shards = shards,
                                    .shard_count = count,
                                    .process = process_read(),
                                    .start_seconds = v->start_seconds});
}
