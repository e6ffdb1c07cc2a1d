/* Figures of all shards are added up; a shard is a label only where shards are to be compared. A table says
 * what the plain ones are called and where they come from. */
#include "worker/admin/metrics.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>

typedef enum metric_type { COUNTER, GAUGE, HISTOGRAM } metric_type;

static void write_head(buffer *b, const char *name, metric_type type, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    buffer_format(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

/* ---- plain figures ---- */

typedef uint64_t getter(const figures *f);

#define FIGURE_GETTER(name, expression)          \
    static uint64_t get_##name(const figures *f) \
    {                                            \
        return expression;                       \
    }
FIGURE_GETTER(taken, f->taken)
FIGURE_GETTER(in_flight, f->in_flight)
FIGURE_GETTER(partitions, f->partitions)
FIGURE_GETTER(returned, f->returned)
FIGURE_GETTER(duplicates, f->tally.duplicates)
FIGURE_GETTER(replayed, f->tally.replayed)
FIGURE_GETTER(waiting, f->tally.waiting)
FIGURE_GETTER(resuming, f->resuming)
FIGURE_GETTER(fences_lost, f->fences_lost)
FIGURE_GETTER(store_losses, f->store_losses)
FIGURE_GETTER(outbox_depth, f->outbox_depth)
FIGURE_GETTER(assignments, f->assignments)
FIGURE_GETTER(epochs_committed, f->epochs_committed)
FIGURE_GETTER(epochs_aborted, f->epochs_aborted)
FIGURE_GETTER(store_pending, f->store_pending)
FIGURE_GETTER(store_reconnects, f->store_reconnects)
#undef FIGURE_GETTER

static const struct plain {
    const char *name;
    metric_type type;
    getter *get;
    bool by_shard;
    const char *help;
} plains[] = {
    {"carillon_triggers_taken_total", COUNTER, get_taken, true, "Triggers read from Kafka."},
    {"carillon_triggers_in_flight", GAUGE, get_in_flight, true, "Triggers taken whose epoch has not ended."},
    {"carillon_assigned_partitions", GAUGE, get_partitions, true, "Trigger partitions assigned."},
    {"carillon_triggers_returned_total", COUNTER, get_returned, false,
     "Triggers taken and left to the log again, to be read once more."},
    {"carillon_triggers_duplicate_total", COUNTER, get_duplicates, false,
     "Triggers whose execution another trigger had started."},
    {"carillon_executions_replayed_total", COUNTER, get_replayed, false,
     "Executions told from their record, without running again."},
    {"carillon_triggers_waiting_total", COUNTER, get_waiting, false,
     "Triggers whose execution was left waiting in the store (a delay, a retry, a slow delivery)."},
    {"carillon_executions_resuming", GAUGE, get_resuming, true,
     "Executions under way that went on from the store."},
    {"carillon_outbox_depth", GAUGE, get_outbox_depth, true,
     "Transitions of such executions whose events are not committed yet."},
    {"carillon_fences_lost_total", COUNTER, get_fences_lost, false,
     "Times that another worker had taken partitions over before the group said so."},
    {"carillon_store_losses_total", COUNTER, get_store_losses, false,
     "Partitions taken over of which Redis had lost acknowledged writes."},
    {"carillon_assignments_total", COUNTER, get_assignments, false, "Assignments that shards received."},
    {"carillon_epochs_committed_total", COUNTER, get_epochs_committed, false, "Transactions committed."},
    {"carillon_epochs_aborted_total", COUNTER, get_epochs_aborted, false, "Transactions aborted."},
    {"carillon_store_pending_requests", GAUGE, get_store_pending, false,
     "Requests to Redis without an answer."},
    {"carillon_store_reconnects_total", COUNTER, get_store_reconnects, false,
     "Times that a lost connection to Redis was made again."},
};

static void write_by_shard(buffer *b, const metrics *m, const struct plain *p)
{
    for (unsigned i = 0; i < m->shard_count; i++)
        buffer_format(b, "%s{shard=\"%u\"} %" PRIu64 "\n", p->name, i, p->get(&m->shards[i].figures));
}

static void write_sum(buffer *b, const metrics *m, const struct plain *p)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < m->shard_count; i++)
        sum += p->get(&m->shards[i].figures);
    buffer_format(b, "%s %" PRIu64 "\n", p->name, sum);
}

static void write_plains(buffer *b, const metrics *m)
{
    for (size_t i = 0; i < sizeof plains / sizeof *plains; i++) {
        const struct plain *p = &plains[i];
        write_head(b, p->name, p->type, p->help);
        if (p->by_shard)
            write_by_shard(b, m, p);
        else
            write_sum(b, m, p);
    }
}

/* ---- what came of triggers ---- */

static void write_executions(buffer *b, const tally *t)
{
    static const char name[] = "carillon_executions_total";
    write_head(b, name, COUNTER, "Executions whose completion is committed.");
    buffer_format(b, "%s{status=\"COMPLETED\"} %" PRIu64 "\n", name, t->completed);
    buffer_format(b, "%s{status=\"FAILED\"} %" PRIu64 "\n", name, t->failed);
}

static void write_steps(buffer *b, const tally *t)
{
    static const char name[] = "carillon_steps_total";
    static const step_status ends[] = {STEP_COMPLETED, STEP_SKIPPED, STEP_FAILED};
    write_head(b, name, COUNTER, "Steps whose completion is committed.");
    for (int type = 0; type < STEP_TYPE_COUNT; type++)
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            buffer_format(b, "%s{type=\"%s\",status=\"%s\"} %" PRIu64 "\n", name,
                          step_type_name((step_type)type), step_status_name(ends[i]),
                          t->steps[type][ends[i]]);
}

/* Only what an input can be guilty of, or what happened all the same. */
static void write_rejected(buffer *b, const tally *t)
{
    static const char name[] = "carillon_triggers_rejected_total";
    write_head(b, name, COUNTER, "Triggers published on the rejected topic.");
    for (int code = 0; code < TALLY_REASONS; code++)
        if (error_class_of((error_code)code) == ERROR_POISON || t->rejected[code] > 0)
            buffer_format(b, "%s{reason=\"%s\"} %" PRIu64 "\n", name, error_reason((error_code)code),
                          t->rejected[code]);
}

/* labels: `name="value"`, or nothing. */
static void write_buckets(buffer *b, const char *name, const char *labels, const histogram *h)
{
    const char *comma = *labels == '\0' ? "" : ",";
    uint64_t count = 0;
    for (unsigned i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        count += h->counts[i];
        buffer_format(b, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma, histogram_label(i),
                      count);
    }
    const char *open = *labels == '\0' ? "" : "{", *close = *labels == '\0' ? "" : "}";
    buffer_format(b, "%s_sum%s%s%s %.6f\n", name, open, labels, close, h->sum_seconds);
    buffer_format(b, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, count);
}

static void write_histogram(buffer *b, const char *name, const char *help, const histogram *h)
{
    write_head(b, name, HISTOGRAM, help);
    write_buckets(b, name, "", h);
}

/* ---- deliveries ---- */

static void write_outcomes(buffer *b, const metrics *m, const lane_figures *all)
{
    static const char name[] = "carillon_deliveries_total";
    write_head(b, name, COUNTER, "Deliveries that providers were asked for, by what came of them.");
    for (size_t i = 0; i < m->provider_count; i++) {
        const struct {
            const char *outcome;
            uint64_t count;
        } outcomes[] = {{"delivered", all[i].delivered},
                        {"retriable", all[i].retriable},
                        {"permanent", all[i].permanent},
                        {"unknown", all[i].unknown}};
        for (size_t j = 0; j < sizeof outcomes / sizeof *outcomes; j++)
            buffer_format(b, "%s{provider=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", name, m->providers[i].name,
                          outcomes[j].outcome, outcomes[j].count);
    }
}

static void write_durations(buffer *b, const metrics *m, const lane_figures *all)
{
    static const char name[] = "carillon_delivery_duration_seconds";
    char labels[128];
    write_head(b, name, HISTOGRAM,
               "Deliveries from their begin to the provider's answer, or the lack of one.");
    for (size_t i = 0; i < m->provider_count; i++) {
        snprintf(labels, sizeof labels, "provider=\"%s\"", m->providers[i].name);
        write_buckets(b, name, labels, &all[i].duration);
    }
}

typedef uint64_t lane_getter(const lane_figures *f);

#define LANE_GETTER(name, expression)                      \
    static uint64_t get_lane_##name(const lane_figures *f) \
    {                                                      \
        return (uint64_t)(expression);                     \
    }
LANE_GETTER(postponed, f->postponed)
LANE_GETTER(in_flight, f->in_flight)
LANE_GETTER(queued, f->queued)
LANE_GETTER(given_up, f->given_up)
#undef LANE_GETTER

static void write_lanes(buffer *b, const metrics *m, const lane_figures *all)
{
    static const struct {
        const char *name;
        metric_type type;
        lane_getter *get;
        const char *help;
    } lanes[] = {
        {"carillon_deliveries_postponed_total", COUNTER, get_lane_postponed,
         "Deliveries that a provider had no room for, and that wait in the store."},
        {"carillon_deliveries_in_flight", GAUGE, get_lane_in_flight, "Deliveries under way."},
        {"carillon_deliveries_queued", GAUGE, get_lane_queued,
         "Deliveries that wait for their turn in memory."},
        {"carillon_provider_open", GAUGE, get_lane_given_up,
         "Shards in which the provider is given up for a while, or probed."},
    };
    for (size_t j = 0; j < sizeof lanes / sizeof *lanes; j++) {
        write_head(b, lanes[j].name, lanes[j].type, lanes[j].help);
        for (size_t i = 0; i < m->provider_count; i++)
            buffer_format(b, "%s{provider=\"%s\"} %" PRIu64 "\n", lanes[j].name, m->providers[i].name,
                          lanes[j].get(&all[i]));
    }
}

static void write_deliveries(buffer *b, const metrics *m)
{
    lane_figures all[CONFIG_PROVIDERS_MAX] = {0};
    for (unsigned i = 0; i < m->shard_count; i++)
        for (size_t j = 0; j < m->provider_count; j++)
            lane_figures_add(&all[j], &m->shards[i].figures.deliveries[j]);
    write_outcomes(b, m, all);
    write_durations(b, m, all);
    write_lanes(b, m, all);
}

/* ---- the worker ---- */

static void write_gauge(buffer *b, const char *name, const char *help, double number)
{
    write_head(b, name, GAUGE, help);
    buffer_format(b, "%s %.15g\n", name, number);
}

static void write_build(buffer *b)
{
    static const char name[] = "carillon_build_info";
    write_head(b, name, GAUGE, "What runs; always 1.");
    buffer_format(b, "%s{version=\"%s\",librdkafka=\"%s\"} 1\n", name, CARILLON_VERSION,
                  rd_kafka_version_str());
}

static void write_shards(buffer *b, const metrics *m)
{
    static const char name[] = "carillon_shard_ready";
    write_head(b, name, GAUGE, "1 where the shard has an assignment and its store answers.");
    for (unsigned i = 0; i < m->shard_count; i++)
        buffer_format(b, "%s{shard=\"%u\"} %d\n", name, i, m->shards[i].ready);
}

static void write_unaccounted(buffer *b, const metrics *m)
{
    static const char name[] = "carillon_unaccounted_triggers";
    int64_t sum = 0;
    for (unsigned i = 0; i < m->shard_count; i++)
        sum += figures_unaccounted(&m->shards[i].figures);
    write_head(b, name, GAUGE, "Triggers taken of which nothing is known; anything but 0 is a bug.");
    buffer_format(b, "%s %" PRId64 "\n", name, sum);
}

static void write_last_commit(buffer *b, const metrics *m)
{
    int64_t last_ms = 0;
    for (unsigned i = 0; i < m->shard_count; i++)
        if (m->shards[i].figures.last_commit_ms > last_ms)
            last_ms = m->shards[i].figures.last_commit_ms;
    write_gauge(b, "carillon_last_commit_timestamp_seconds",
                "When a transaction was last committed, 0 before the first.", (double)last_ms / 1e3);
}

static void write_lags(buffer *b, const metrics *m)
{
    static const char name[] = "carillon_lag_triggers";
    write_head(b, name, GAUGE, "Messages in a partition's log beyond the last trigger taken.");
    for (unsigned i = 0; i < m->shard_count; i++) {
        const lag_list *lags = &m->shards[i].lags;
        for (size_t j = 0; j < lags->count; j++) {
            const lag *l = &lags->items[j];
            buffer_format(b, "%s{topic=\"%s\",partition=\"%d\"} %" PRId64 "\n", name,
                          m->topics->items[l->topic], l->partition, l->triggers);
        }
    }
}

static void write_process(buffer *b, const metrics *m)
{
    const process_figures *p = &m->process;
    write_head(b, "process_cpu_seconds_total", COUNTER, "User and system time.");
    buffer_format(b, "process_cpu_seconds_total %.3f\n", p->cpu_seconds);
    write_gauge(b, "process_start_time_seconds", "When the process started, since 1970.", m->start_seconds);
    write_gauge(b, "process_resident_memory_bytes", "Resident memory.", (double)p->resident_bytes);
    write_gauge(b, "process_virtual_memory_bytes", "Virtual memory.", (double)p->virtual_bytes);
    write_gauge(b, "process_open_fds", "Open file descriptors.", (double)p->open_descriptors);
    write_gauge(b, "process_max_fds", "Most file descriptors that may be open.", (double)p->descriptors_max);
}

static void write_overdue(buffer *b, const metrics *m)
{
    int64_t most_ms = 0;
    for (unsigned i = 0; i < m->shard_count; i++)
        if (m->shards[i].figures.overdue_ms > most_ms)
            most_ms = m->shards[i].figures.overdue_ms;
    write_gauge(b, "carillon_oldest_overdue_timer_seconds",
                "How late the oldest waiting execution is that should have gone on; 0: none is late.",
                (double)most_ms / 1000);
}

void metrics_write(buffer *b, const metrics *m)
{
    tally all = {0};
    histogram commit = {0};
    for (unsigned i = 0; i < m->shard_count; i++) {
        tally_add(&all, &m->shards[i].figures.tally);
        tally_add(&all, &m->shards[i].figures.resumed);
        histogram_add(&commit, &m->shards[i].figures.commit);
    }
    write_build(b);
    write_shards(b, m);
    write_plains(b, m);
    write_executions(b, &all);
    write_steps(b, &all);
    write_rejected(b, &all);
    write_unaccounted(b, m);
    write_histogram(b, "carillon_trigger_latency_seconds",
                    "From a trigger's timestamp until it was settled, of committed ones.", &all.latency);
    write_histogram(b, "carillon_commit_duration_seconds", "Transactions from begin to commit.", &commit);
    write_deliveries(b, m);
    write_last_commit(b, m);
    write_overdue(b, m);
    write_lags(b, m);
    write_process(b, m);
}
