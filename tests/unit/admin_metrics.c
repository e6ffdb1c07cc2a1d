#include <criterion/criterion.h>
#include <stdio.h>

#include "worker/admin/metrics.h"

static arena memory;
static buffer text;
static const char *const names[] = {"orders", "accounts"};
static const config_list topics = {.items = names, .count = 2};

static void begin(void)
{
    arena_init(&memory, 4096, 1 << 20);
    buffer_init(&text, &memory, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(admin_metrics, .init = begin, .fini = end);

static void write_all(const shard_metrics *shards, unsigned count)
{
    metrics_write(&text, &(metrics){.topics = &topics, .shards = shards, .shard_count = count});
    cr_assert_not(text.failed);
    buffer_add_byte(&text, '\0');
}

static void expect(const char *lines)
{
    cr_expect_not_null(strstr(text.bytes, lines), "no %s in\n%s", lines, text.bytes);
}

Test(admin_metrics, adds_shards_up_or_tells_them_apart)
{
    static shard_metrics shards[2];
    shards[0].figures = (figures){.taken = 3, .tally = {.completed = 2, .replayed = 1}, .in_flight = 1};
    shards[1].figures = (figures){.taken = 7, .tally = {.completed = 4, .failed = 2, .duplicates = 1}};
    shards[1].ready = true;
    write_all(shards, 2);
    expect("# TYPE carillon_triggers_taken_total counter\n"
           "carillon_triggers_taken_total{shard=\"0\"} 3\n"
           "carillon_triggers_taken_total{shard=\"1\"} 7\n#");
    expect("carillon_triggers_in_flight{shard=\"0\"} 1\n");
    expect("carillon_shard_ready{shard=\"0\"} 0\ncarillon_shard_ready{shard=\"1\"} 1\n");
    expect("carillon_executions_total{status=\"COMPLETED\"} 6\n"
           "carillon_executions_total{status=\"FAILED\"} 2\n");
    expect("\ncarillon_triggers_duplicate_total 1\n");
    expect("\ncarillon_executions_replayed_total 1\n");
    expect("\ncarillon_unaccounted_triggers 0\n");
}

Test(admin_metrics, names_types_and_reasons)
{
    static shard_metrics shard;
    tally *t = &shard.figures.tally;
    t->steps[STEP_SMS][STEP_SKIPPED] = 4;
    t->rejected[ERROR_INVALID_PAYLOAD] = 5;
    write_all(&shard, 1);
    expect("carillon_steps_total{type=\"SMS\",status=\"SKIPPED\"} 4\n");
    expect("carillon_triggers_rejected_total{reason=\"invalid_payload\"} 5\n");
    expect("carillon_triggers_rejected_total{reason=\"decode_failed\"} 0\n");
    cr_expect_null(strstr(text.bytes, "reason=\"kafka\""), "no input is guilty of that");
}

Test(admin_metrics, buckets_count_what_is_below_them)
{
    static shard_metrics shards[2];
    histogram_observe(&shards[0].figures.commit, 4000);
    histogram_observe(&shards[1].figures.commit, 30000);
    histogram_observe(&shards[1].figures.commit, 30000000);
    write_all(shards, 2);
    expect("carillon_commit_duration_seconds_bucket{le=\"0.025\"} 1\n"
           "carillon_commit_duration_seconds_bucket{le=\"0.05\"} 2\n");
    expect("carillon_commit_duration_seconds_bucket{le=\"10\"} 2\n"
           "carillon_commit_duration_seconds_bucket{le=\"+Inf\"} 3\n"
           "carillon_commit_duration_seconds_sum 30.034000\n"
           "carillon_commit_duration_seconds_count 3\n");
}

Test(admin_metrics, shows_the_latest_commit_and_every_lag)
{
    static shard_metrics shards[2];
    lag lags[] = {{.topic = 1, .partition = 12, .triggers = 345}, {.topic = 0, .partition = 0}};
    shards[0].lags = (lag_list){lags, 2};
    shards[0].figures.last_commit_ms = 1767225600250;
    shards[1].figures.last_commit_ms = 1767225599000;
    write_all(shards, 2);
    expect("carillon_last_commit_timestamp_seconds 1767225600.25\n");
    expect("carillon_lag_triggers{topic=\"accounts\",partition=\"12\"} 345\n"
           "carillon_lag_triggers{topic=\"orders\",partition=\"0\"} 0\n");
}

Test(admin_metrics, deliveries_are_told_by_provider)
{
    static shard_metrics shards[2];
    static const config_provider providers[] = {{.name = "inbox"}, {.name = "mail"}};
    shards[0].figures.deliveries[1] =
        (lane_figures){.delivered = 3, .unknown = 1, .queued = 2, .given_up = 1};
    shards[1].figures.deliveries[1] = (lane_figures){.delivered = 4, .retriable = 5, .permanent = 6};
    shards[1].figures.deliveries[1].postponed = 7;
    histogram_observe(&shards[1].figures.deliveries[1].duration, 20000);
    metrics_write(&text, &(metrics){.topics = &topics,
                                    .providers = providers,
                                    .provider_count = 2,
                                    .shards = shards,
                                    .shard_count = 2});
    cr_assert_not(text.failed);
    buffer_add_byte(&text, '\0');
    expect("# TYPE carillon_deliveries_total counter\n"
           "carillon_deliveries_total{provider=\"inbox\",outcome=\"delivered\"} 0\n");
    expect("carillon_deliveries_total{provider=\"mail\",outcome=\"delivered\"} 7\n"
           "carillon_deliveries_total{provider=\"mail\",outcome=\"retriable\"} 5\n"
           "carillon_deliveries_total{provider=\"mail\",outcome=\"permanent\"} 6\n"
           "carillon_deliveries_total{provider=\"mail\",outcome=\"unknown\"} 1\n");
    expect("carillon_delivery_duration_seconds_bucket{provider=\"mail\",le=\"0.01\"} 0\n"
           "carillon_delivery_duration_seconds_bucket{provider=\"mail\",le=\"0.025\"} 1\n");
    expect("carillon_delivery_duration_seconds_sum{provider=\"mail\"} 0.020000\n"
           "carillon_delivery_duration_seconds_count{provider=\"mail\"} 1\n");
    expect("carillon_deliveries_queued{provider=\"mail\"} 2\n");
    expect("carillon_deliveries_postponed_total{provider=\"mail\"} 7\n");
    expect("carillon_provider_open{provider=\"mail\"} 1\n");
}

Test(admin_metrics, a_worker_without_shards_has_zeros)
{
    write_all(NULL, 0);
    expect("carillon_executions_total{status=\"COMPLETED\"} 0\n");
    expect("carillon_trigger_latency_seconds_bucket{le=\"+Inf\"} 0\n");
    expect("carillon_last_commit_timestamp_seconds 0\n");
}

Test(admin_metrics, text_without_room_is_no_text)
{
    static shard_metrics shard;
    buffer_init(&text, &memory, 1000);
    metrics_write(&text, &(metrics){.topics = &topics, .shards = &shard, .shard_count = 1});
    cr_expect(text.failed);
}
