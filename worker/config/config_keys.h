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
    CONFIG_TYPE_HTTP_URL,    /* http_url; of a mail server too (smtp_url.h) */
    CONFIG_TYPE_KIND,        /* int, config_provider_kind */
    CONFIG_TYPE_TEMPLATE,    /* text with expressions and ${NAME}s */
    CONFIG_TYPE_SECRET,      /* text; its value comes when all layers are read (config_named.h) */
    CONFIG_TYPE_FILE,        /* text: the path of a file that can be read */
    CONFIG_TYPE_WORD,        /* text: letters and digits */
    CONFIG_TYPE_HOSTS,       /* config_list: host names, or *.domain */
    CONFIG_TYPE_STATUSES,    /* http_statuses */
    CONFIG_TYPE_ANSWER,      /* text: a JSON pointer, or header:NAME */
    CONFIG_TYPE_PRESET,      /* text: the name of a preset */
    CONFIG_TYPE_ROUTE,       /* config_route: names of config.providers, looked up once all are known */
} config_type;

typedef struct config_key {
    const char *section;
    const char *name;
    config_type type;
    size_t offset;        /* of its field in config (or in config_provider) */
    const char *fallback; /* the default as text; NULL: computed at start, or must be given, or optional */
    int64_t minimum;      /* of numbers, durations and sizes */
    int64_t maximum;
    const char *choices[5]; /* NULL after the last, where there are fewer */
    unsigned kinds;         /* of providers that it is for, KIND() of each; 0: all */
    bool optional;          /* a provider's: it may stay without a value */
    const char *help;
} config_key;

#define KIND(kind) (1u << (kind))

extern const config_key config_keys[];
extern const size_t config_key_count;

/* NULL where there is none. */
const config_key *config_key_find(const char *section, const char *name);

/* Writes the value into its field of `owner`, a config or config_provider; texts go into the arena. Errors
 * are sentences without the key's name. */
MUST_CHECK bool config_value_parse(arena *a, void *owner, const config_key *key, const char *text, error *e);

/* Where a key's variable begins: SECTION_KEY in upper case, dots and dashes as underscores. */
void config_variable_name(char *out, size_t size, const char *section, const char *name);

/* What [provider.NAME] may hold. */
extern const config_key config_provider_keys[CONFIG_PROVIDER_KEYS];

/* NULL where there is none. */
const config_key *config_provider_key_find(const char *name);
/* Whether it is for providers of this kind. */
bool config_provider_key_fits(const config_key *key, int kind);
/* Names the nearest key of a provider. Returns false. */
bool config_provider_refuse_key(const char *section, const char *name, error *e);
/* Makes the built-in ones. ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool config_providers_init(config *c, error *e);
/* What holds between a provider's keys, once all are known. A sentence without the section's name; *key gets
 * the one to blame. */
MUST_CHECK bool config_provider_check(config_provider *p, const config_key **key, error *e);
/* True for sections that are [provider.NAME], or were meant to be. */
bool config_is_provider_section(const char *section);
/* The provider of a section, with its defaults where this is the first that is heard of it. NULL with the
 * error: a sentence without the section's name. */
MUST_CHECK config_provider *config_provider_open(config *c, const char *section, error *e);
/* Finds what is meant by CARILLON_PROVIDER_<rest>: a section and one of its keys. The longest key at the end
 * is meant; before it stands the name of a provider that there is, in capitals and with underscores for
 * dashes, or that of a new one, in small letters then. NULL with the error. */
MUST_CHECK const config_key *config_provider_variable(const config *c, const char *rest, char *section,
                                                      size_t section_size, error *e);

/* The properties of [kafka], [kafka.consumer] or [kafka.producer]; NULL for any other section. */
config_properties *config_kafka_section(config *c, const char *section);
/* Adds a property or replaces it, after librdkafka has taken it on the configuration `scratch`. Errors are
 * sentences without the property's name. */
MUST_CHECK bool config_kafka_set(config *c, config_properties *properties, const config_property *property,
                                 struct rd_kafka_conf_s *scratch, error *e);
/* True where the property's value must never be shown. */
bool config_kafka_is_secret(const char *name);

#endif
