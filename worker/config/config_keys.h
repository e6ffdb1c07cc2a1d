/* config_keys: the table of what may be configured, and how a text becomes a key's value. Private to
 * worker/config*.c. */
#ifndef WORKER_CONFIG_KEYS_H
#define WORKER_CONFIG_KEYS_H

#include "worker/config/config.h"

typedef enum config_type {
    CONFIG_TYPE_TEXT,        /* not empty */
    CONFIG_TYPE_TOPIC,       /* a legal topic name */
    CONFIG_TYPE_TOPICS,      /* a comma-separated list of them */
    CONFIG_TYPE_INTEGER,     /* int64_t */
    CONFIG_TYPE_BOOLEAN,     /* bool */
    CONFIG_TYPE_CHOICE,      /* int, an index into `choices` */
    CONFIG_TYPE_MILLISECOND, /* int64_t: a duration; a bare number is in milliseconds */
    CONFIG_TYPE_DURATION,    /* int64_t milliseconds; needs its unit */
    CONFIG_TYPE_SIZE,        /* int64_t bytes; a bare number is in bytes */
    CONFIG_TYPE_REDIS_URL,   /* redis_url */
    CONFIG_TYPE_LISTEN,      /* config_listen: host:port, or nothing */
} config_type;

typedef struct config_key {
    const char *section;
    const char *name;
    config_type type;
    size_t offset;        /* of its field in config */
    const char *fallback; /* the default as text; NULL: computed at start */
    int64_t minimum;      /* of numbers, durations and sizes */
    int64_t maximum;
    const char *choices[4]; /* NULL after the last, where there are fewer */
    const char *help;
} config_key;

extern const config_key config_keys[];
extern const size_t config_key_count;

/* NULL where there is none. */
const config_key *config_key_find(const char *section, const char *name);

/* Writes the value into its field. Errors are sentences without the key's name. */
MUST_CHECK bool config_value_parse(config *c, const config_key *key, const char *text, error *e);

/* The properties of [kafka], [kafka.consumer] or [kafka.producer]; NULL for any other section. */
config_properties *config_kafka_section(config *c, const char *section);
/* Adds a property or replaces it, after librdkafka has taken it on the configuration `scratch`. Errors are
 * sentences without the property's name. */
MUST_CHECK bool config_kafka_set(config *c, config_properties *properties, const config_property *property,
                                 struct rd_kafka_conf_s *scratch, error *e);
/* True where the property's value must never be shown. */
bool config_kafka_is_secret(const char *name);

#endif
