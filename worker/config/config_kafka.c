#include <librdkafka/rdkafka.h>
#include <string.h>

#include "engine/nearest.h"
#include "worker/config/config_keys.h"

enum { PROPERTIES_MAX = 256 };

/* What carillon decides itself, and what to do instead. */
static const struct {
    const char *name;
    const char *advice;
} owned[] = {
    {"group.id", "is set by worker.group"},
    {"transactional.id", "is made from worker.group, worker.id and the shard"},
    {"enable.auto.commit", "cannot be set: offsets are committed in the transaction of their completions"},
    {"enable.auto.offset.store",
     "cannot be set: offsets are committed in the transaction of their completions"},
    {"enable.idempotence", "cannot be set: completions are produced in transactions"},
};

config_properties *config_kafka_section(config *c, const char *section)
{
    if (strcmp(section, "kafka") == 0)
        return &c->kafka;
    if (strcmp(section, "kafka.consumer") == 0)
        return &c->kafka_consumer;
    if (strcmp(section, "kafka.producer") == 0)
        return &c->kafka_producer;
    return NULL;
}

bool config_kafka_is_secret(const char *name)
{
    static const char *const words[] = {"password", "secret", "ssl.key", "ssl_key", "oauthbearer.config"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(name, words[i]) != NULL)
            return true;
    }
    return false;
}

static bool refuse_owned(const config_property *property, error *e)
{
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        if (strcmp(property->name, owned[i].name) == 0)
            return error_set(e, ERROR_CONFIG, 0, "%s", owned[i].advice);
    }
    /* A shard gives back all of its partitions at once. Below librdkafka 2.10 a commit during a cooperative
     * rebalance would lose the assignment besides. */
    if (strcmp(property->name, "partition.assignment.strategy") == 0 &&
        strstr(property->value, "cooperative") != NULL)
        return error_set(e, ERROR_CONFIG, 0,
                         "cooperative assignment is not supported; use range or roundrobin");
    return true;
}

/* librdkafka's own sentence, and the nearest name. Its list leaves out what has no default. */
static bool refuse_unknown(const char *name, const char *sentence, struct rd_kafka_conf_s *scratch, error *e)
{
    static const char *const unlisted[] = {"bootstrap.servers",        "sasl.username",    "sasl.password",
                                           "ssl.ca.location",          "ssl.key.location", "ssl.key.password",
                                           "ssl.certificate.location", "client.rack"};
    size_t count;
    const char **known = rd_kafka_conf_dump(scratch, &count);
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; known != NULL && i < count; i += 2)
        nearest_try(&n, known[i]);
    for (size_t i = 0; i < sizeof unlisted / sizeof unlisted[0]; i++)
        nearest_try(&n, unlisted[i]);
    const char *found = nearest_found(&n);
    error_set(e, ERROR_CONFIG, 0, "%s%s%s%s", sentence, found == NULL ? "" : "; did you mean ",
              found == NULL ? "" : found, found == NULL ? "" : "?");
    if (known != NULL)
        rd_kafka_conf_dump_free(known, count);
    return false;
}

static bool check(const config_property *property, struct rd_kafka_conf_s *scratch, error *e)
{
    char sentence[256];
    if (!refuse_owned(property, e))
        return false;
    switch (rd_kafka_conf_set(scratch, property->name, property->value, sentence, sizeof sentence)) {
    case RD_KAFKA_CONF_OK:
        return true;
    case RD_KAFKA_CONF_UNKNOWN:
        return refuse_unknown(property->name, sentence, scratch, e);
    default:
        if (config_kafka_is_secret(property->name))
            return error_set(e, ERROR_CONFIG, 0, "librdkafka refuses the value");
        return error_set(e, ERROR_CONFIG, 0, "%s", sentence);
    }
}

bool config_kafka_set(config *c, config_properties *properties, const config_property *property,
                      struct rd_kafka_conf_s *scratch, error *e)
{
    if (!check(property, scratch, e))
        return false;
    if (properties->items == NULL)
        properties->items = arena_calloc(&c->memory, PROPERTIES_MAX, sizeof *properties->items);
    config_property copy = *property;
    copy.name = arena_copy(&c->memory, property->name, strlen(property->name));
    copy.value = arena_copy(&c->memory, property->value, strlen(property->value));
    if (properties->items == NULL || copy.name == NULL || copy.value == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    size_t i = 0;
    while (i < properties->count && strcmp(properties->items[i].name, property->name) != 0)
        i++;
    if (i == PROPERTIES_MAX)
        return error_set(e, ERROR_CONFIG, 0, "is one property too many: at most %d", PROPERTIES_MAX);
    if (i < properties->count && property->origin.layer == CONFIG_FILE &&
        properties->items[i].origin.layer == CONFIG_FILE)
        return error_set(e, ERROR_CONFIG, 0, "is given twice, first in line %d",
                         properties->items[i].origin.line);
    properties->items[i] = copy;
    if (i == properties->count)
        properties->count++;
    return true;
}

static bool apply(const config_properties *properties, struct rd_kafka_conf_s *conf, error *e)
{
    char sentence[256];
    for (size_t i = 0; i < properties->count; i++) {
        const config_property *p = &properties->items[i];
        if (rd_kafka_conf_set(conf, p->name, p->value, sentence, sizeof sentence) != RD_KAFKA_CONF_OK)
            return error_set(e, ERROR_CONFIG, 0, "kafka: %s: librdkafka refuses it", p->name);
    }
    return true;
}

bool config_apply_kafka(const config *c, const config_properties *specific, struct rd_kafka_conf_s *conf,
                        error *e)
{
    return apply(&c->kafka, conf, e) && (specific == NULL || apply(specific, conf, e));
}
