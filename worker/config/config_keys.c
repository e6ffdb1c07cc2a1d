#include "worker/config/config_keys.h"

#include <stddef.h>
#include <string.h>

#include "engine/limits.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

#define FIELD(field) .offset = offsetof(config, field)

/* Grouped by section; the order is that of --help and --print-config. */
const config_key config_keys[] = {
    {"worker", "group", CONFIG_TYPE_TEXT, FIELD(group), "carillon",
     .help = "consumer group; replicas with the same group share the work"},
    {"worker", "id", CONFIG_TYPE_TEXT, FIELD(id), NULL,
     .help = "name of this replica, unique in the group (default: host name and process id)"},
    {"worker", "shards", CONFIG_TYPE_INTEGER, FIELD(shards), "0", 0, 1024,
     .help = "threads that share nothing, each a member of the group; 0: one a core"},
    {"worker", "triggers", CONFIG_TYPE_TOPICS, FIELD(triggers), "carillon.triggers",
     .help = "topics to read triggers from, separated by commas"},
    {"worker", "step_completions", CONFIG_TYPE_TOPIC, FIELD(step_completions), "carillon.step-completions",
     .help = "topic of the event for each step that completed, failed or was skipped"},
    {"worker", "execution_completions", CONFIG_TYPE_TOPIC, FIELD(execution_completions),
     "carillon.execution-completions", .help = "topic of the event for each execution that ended"},
    {"worker", "rejected", CONFIG_TYPE_TOPIC, FIELD(rejected), "carillon.rejected",
     .help = "topic of triggers that can never run, with the reason in their headers"},
    {"worker", "workflows", CONFIG_TYPE_TEXT, FIELD(workflows), "/etc/carillon/workflows",
     .help = "folder of workflow documents (YAML or JSON), loaded at start"},
    {"worker", "schemas", CONFIG_TYPE_TEXT, FIELD(schemas), "/etc/carillon/schemas",
     .help = "folder of Avro writer schemas (*.avsc), found by their fingerprints"},
    {"worker", "framing", CONFIG_TYPE_CHOICE, FIELD(framing), "single-object",
     .choices = {"single-object", "confluent", "auto"},
     .help = "how triggers name their schema; only single-object is supported yet"},
    {"worker", "commit.interval.ms", CONFIG_TYPE_MILLISECOND, FIELD(commit_interval_ms), "100", 1, MINUTE_MS,
     .help = "time between transactions: completions become visible this late"},
    {"worker", "epoch.max.ms", CONFIG_TYPE_MILLISECOND, FIELD(epoch_max_ms), "1s", 100, HOUR_MS,
     .help = "age at which an epoch is closed with what still runs in it"},
    {"worker", "revoke.max.ms", CONFIG_TYPE_MILLISECOND, FIELD(revoke_max_ms), "10s", 0, HOUR_MS,
     .help = "time to finish a partition's epoch when the group takes the partition away"},
    {"worker", "max_trigger_bytes", CONFIG_TYPE_SIZE, FIELD(max_trigger_bytes), "1MiB", 64,
     LIMIT_TRIGGER_DECODED_BYTES, .help = "a larger trigger is rejected"},
    {"worker", "max_inflight", CONFIG_TYPE_INTEGER, FIELD(max_inflight), "10000", 1, 10000000,
     .help = "triggers in work in one shard; at the bound it stops reading"},
    {"worker", "max_inflight_bytes", CONFIG_TYPE_SIZE, FIELD(max_inflight_bytes), "64MiB", 1 << 16,
     INT64_C(1) << 40, .help = "their bytes; at the bound the shard stops reading"},
    {"worker", "create_topics", CONFIG_TYPE_BOOLEAN, FIELD(create_topics), "true",
     .help = "create topics that are missing; false: report them"},
    {"worker", "create_topics.partitions", CONFIG_TYPE_INTEGER, FIELD(create_topics_partitions), "-1", -1,
     100000, .help = "partitions of a topic that is created; -1: the broker's default"},
    {"worker", "create_topics.replication", CONFIG_TYPE_INTEGER, FIELD(create_topics_replication), "-1", -1,
     INT16_MAX, .help = "replicas of a topic that is created; -1: the broker's default"},
    {"worker", "exit_on_unreachable", CONFIG_TYPE_BOOLEAN, FIELD(exit_on_unreachable), "false",
     .help = "end with exit code 3 where Kafka or Redis does not answer; false: try again for ever"},
    {"worker", "log.level", CONFIG_TYPE_CHOICE, FIELD(log_level), "info",
     .choices = {"debug", "info", "warn", "error"}, .help = "lines below this level are not written"},
    {"worker", "log.format", CONFIG_TYPE_CHOICE, FIELD(log_format), "logfmt", .choices = {"logfmt", "json"},
     .help = "form of the lines on standard error"},
    {"admin", "listen", CONFIG_TYPE_LISTEN, FIELD(admin_listen), "127.0.0.1:9464",
     .help = "host:port of /metrics, /livez and /readyz; port 0: a free one, told in the log; empty: off"},
    {"redis", "url", CONFIG_TYPE_REDIS_URL, FIELD(redis), "redis://127.0.0.1:6379/0",
     .help = "redis://[[user]:password@]host[:port][/database] or unix:///path[?db=database]"},
    {"redis", "timeout.ms", CONFIG_TYPE_MILLISECOND, FIELD(redis_timeout_ms), "5s", 10, HOUR_MS,
     .help = "a command without an answer for so long means that the connection is lost"},
    {"redis", "retention", CONFIG_TYPE_DURATION, FIELD(retention_ms), "24h", SECOND_MS,
     INT64_C(3660) * 24 * HOUR_MS,
     .help = "how long the record of a finished execution is kept; repeated triggers are known as long"},
    {"redis", "wait.replicas", CONFIG_TYPE_INTEGER, FIELD(redis_wait_replicas), "0", 0, 100,
     .help = "a record counts as written when so many replicas have it too; without them nothing goes on"},
    {"channels", "IN_APP", CONFIG_TYPE_ROUTE, FIELD(channels[CONFIG_IN_APP]), "inbox",
     .help = "who delivers IN_APP steps: inbox (in Redis), log (a line without content), null (nothing), the "
             "NAME of a section [provider.NAME], or several of them, in the order in which they are asked"},
    {"channels", "EMAIL", CONFIG_TYPE_ROUTE, FIELD(channels[CONFIG_EMAIL]), "log",
     .help = "who delivers EMAIL steps"},
    {"channels", "SMS", CONFIG_TYPE_ROUTE, FIELD(channels[CONFIG_SMS]), "log",
     .help = "who delivers SMS steps"},
    {"channels", "PUSH", CONFIG_TYPE_ROUTE, FIELD(channels[CONFIG_PUSH]), "log",
     .help = "who delivers PUSH steps"},
};

const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];
static_assert(sizeof config_keys / sizeof config_keys[0] <= CONFIG_KEYS_MAX, "config.settings is too small");

const config_key *config_key_find(const char *section, const char *name)
{
    for (size_t i = 0; i < config_key_count; i++) {
        if (strcmp(config_keys[i].section, section) == 0 && strcmp(config_keys[i].name, name) == 0)
            return &config_keys[i];
    }
    return NULL;
}
