/* config: what a worker is told by its file, its environment and its command line.
 *
 * A later layer overrides an earlier one: the defaults, the file (INI), environment variables
 * CARILLON_SECTION_KEY (dots become underscores), --set section.key=value. The keys, their defaults, bounds
 * and documentation stand in one table, worker/config/config_keys.c. An unknown key is an error that names
 * the nearest known one, a bad value one that says where it stands and what is right. Values are checked
 * where they are given, also where a later layer would override them. */
#ifndef WORKER_CONFIG_H
#define WORKER_CONFIG_H

#include <stdio.h>

#include "engine/value/arena.h"
#include "worker/config/http_statuses.h"
#include "worker/config/http_url.h"
#include "worker/config/redis_url.h"
#include "worker/config/secret.h"
#include "worker/log.h"

struct rd_kafka_conf_s;

enum {
    CONFIG_KEYS_MAX = 48,
    CONFIG_CHANNELS = 4,
    CONFIG_PROVIDERS_MAX = 3 + 32, /* built in, and sections [provider.NAME] */
    CONFIG_ROUTE_MAX = 8,          /* providers that serve one step type */
    CONFIG_CONCURRENCY_MAX = 10000,
    CONFIG_PROVIDER_KEYS = 50,
    CONFIG_SECRETS_MAX = 32, /* names that one provider's texts stand for */
};

typedef enum config_framing { CONFIG_SINGLE_OBJECT, CONFIG_CONFLUENT, CONFIG_AUTO } config_framing;
/* The first three are built in: providers of their own name, at this place in config.providers. */
typedef enum config_provider_kind {
    CONFIG_INBOX,
    CONFIG_LOG,
    CONFIG_NULL,
    CONFIG_HTTP,
    CONFIG_SMTP,
    CONFIG_KAFKA,
} config_provider_kind;
enum { CONFIG_KINDS = CONFIG_KAFKA + 1 };
typedef enum config_on_unknown { CONFIG_UNKNOWN_RETRY, CONFIG_UNKNOWN_FAIL } config_on_unknown;
typedef enum config_method {
    CONFIG_METHOD_POST,
    CONFIG_METHOD_PUT,
    CONFIG_METHOD_PATCH,
    CONFIG_METHOD_GET,
    CONFIG_METHOD_DELETE,
} config_method;
typedef enum config_http_version { CONFIG_HTTP_AUTO, CONFIG_HTTP_1_1, CONFIG_HTTP_2 } config_http_version;
typedef enum config_sign { CONFIG_SIGN_NONE, CONFIG_SIGN_HMAC_SHA256 } config_sign;
typedef enum config_auth { CONFIG_AUTH_NONE, CONFIG_AUTH_GOOGLE, CONFIG_AUTH_APNS } config_auth;
/* In the order of the data model's step types. */
typedef enum config_channel { CONFIG_IN_APP, CONFIG_EMAIL, CONFIG_SMS, CONFIG_PUSH } config_channel;

typedef enum config_layer {
    CONFIG_DEFAULT,
    CONFIG_PRESET, /* of a provider: what it leaves out (config_preset.h) */
    CONFIG_FILE,
    CONFIG_ENVIRONMENT,
    CONFIG_SET
} config_layer;

/* Where a value stands. */
typedef struct config_origin {
    config_layer layer;
    const char *name; /* of the preset, the file or the variable */
    int line;         /* in the preset or the file */
} config_origin;

typedef struct config_list {
    const char *const *items;
    size_t count;
} config_list;

/* Who is asked to deliver, in this order. */
typedef struct config_route {
    int places[CONFIG_ROUTE_MAX]; /* in config.providers */
    size_t count;
} config_route;

/* Where to listen. */
typedef struct config_listen {
    const char *host; /* a name or an address, without brackets; NULL: nowhere */
    const char *port; /* decimal; "0": any that is free */
    bool is_default;  /* nobody asked for it */
} config_listen;

typedef struct config_property {
    const char *name;
    const char *value;
    config_origin origin;
} config_property;

/* librdkafka properties in the order they were given; a name occurs once. */
typedef struct config_properties {
    config_property *items;
    size_t count;
} config_properties;

typedef struct config_setting {
    const char *text;
    config_origin origin;
} config_setting;

/* What only providers of kind http have. Texts that were not given are NULL. */
typedef struct config_http {
    int method;             /* config_method */
    config_properties form; /* form.NAME */
    const char *body;       /* JSON, a template */
    const char *body_text;  /* a template */
    const char *content_type;
    http_statuses success;
    http_statuses retriable;
    http_statuses permanent;
    const char *message_id; /* a JSON pointer into the answer, or header:NAME */
    const char *error;      /* the same, of the provider's own word for what went wrong */
    int64_t max_answer_bytes;
    int version; /* config_http_version */
    int64_t redirects;
    const char *tls_cert_file;
    const char *tls_key_file;
    config_list allowed_hosts;
    int sign; /* config_sign */
    const char *sign_secret;
    const char *sign_header;
    int auth; /* config_auth */
    const char *auth_key_file;
    const char *auth_key_id;
    const char *auth_team_id;
    const char *auth_scope;
} config_http;

/* Of a mail server's connection. */
typedef enum config_tls {
    CONFIG_TLS_STARTTLS, /* asked for in clear, and required */
    CONFIG_TLS_IMPLICIT, /* from the first byte on */
    CONFIG_TLS_NONE,
} config_tls;

/* What only providers of kind smtp have. Texts that were not given are NULL. */
typedef struct config_smtp {
    int tls; /* config_tls */
    const char *from;
    const char *helo;
    const char *message_id_domain;
    const char *list_unsubscribe; /* a template */
} config_smtp;

/* Who delivers. Which fields mean something for its kind says the table in config_provider.c. */
typedef struct config_provider {
    const char *name;
    int kind;           /* config_provider_kind */
    const char *preset; /* NULL: none */
    http_url url;
    const char *user; /* a secret, as password; NULL: none */
    const char *password;
    const char *tls_ca_file; /* NULL: the system's */
    bool tls_verify;
    bool allow_link_local;
    config_properties headers;   /* header.NAME: templates */
    config_properties variables; /* var.NAME: secrets */
    secrets secrets;             /* what each ${NAME} of its texts stands for */
    config_http http;
    config_smtp smtp;
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    int64_t concurrency;      /* deliveries in flight per shard; INT64_MAX: any number */
    int64_t queue;            /* and more that wait for their turn */
    int64_t rate;             /* deliveries a second; 0: any number */
    int64_t rate_burst;       /* so many at once; 0: bucket.h says */
    bool rate_shared;         /* by all replicas of the group */
    int64_t breaker_failures; /* in a row; 0: it is never given up */
    int64_t breaker_open_ms;
    int64_t breaker_open_max_ms;
    int on_unknown; /* config_on_unknown */
    const char *topic;
    int64_t inbox_max_items;
    int64_t inbox_max_age_ms;
    config_setting settings[CONFIG_PROVIDER_KEYS]; /* as given, in the table's order */
} config_provider;

/* Filled by config_load, read-only afterwards. All texts live in `memory`. */
typedef struct config {
    /* [worker] */
    const char *group;
    const char *id; /* of this process among the replicas */
    int64_t shards; /* 0: one a core */
    config_list triggers;
    const char *step_completions;
    const char *execution_completions;
    const char *rejected;
    const char *workflows;
    const char *schemas;
    int framing; /* config_framing */
    int64_t commit_interval_ms;
    int64_t epoch_max_ms;
    int64_t revoke_max_ms;
    int64_t max_trigger_bytes;
    int64_t max_inflight;
    int64_t max_inflight_bytes;
    bool create_topics;
    int64_t create_topics_partitions;  /* -1: the broker's default */
    int64_t create_topics_replication; /* -1: the broker's default */
    bool exit_on_unreachable;
    int log_level;  /* log_level */
    int log_format; /* log_format */
    /* [admin] */
    config_listen admin_listen;
    /* [kafka], [kafka.consumer], [kafka.producer] */
    config_properties kafka;
    config_properties kafka_consumer;
    config_properties kafka_producer;
    /* [redis] */
    redis_url redis;
    int64_t redis_timeout_ms;
    int64_t retention_ms;
    int64_t redis_wait_replicas;
    /* [channels] */
    config_route channels[CONFIG_CHANNELS]; /* by config_channel */
    /* [provider.NAME] */
    config_provider providers[CONFIG_PROVIDERS_MAX];
    size_t provider_count;

    arena memory;
    config_setting settings[CONFIG_KEYS_MAX]; /* as given, in the table's order */
} config;

typedef struct config_source {
    const char *path;         /* of the file; NULL: none */
    char *const *environment; /* NAME=value, ends with NULL; may be NULL: none */
    const char *const *sets;  /* section.key=value */
    size_t set_count;
} config_source;

/* False with ERROR_CONFIG (or ERROR_SYSTEM, ERROR_LIMIT for the file itself, ERROR_OUT_OF_MEMORY); *c must
 * then be freed as well. Paths of the source are borrowed. */
MUST_CHECK bool config_load(config *c, const config_source *source, error *e);
void config_free(config *c);

const char *config_kind_name(int kind);
/* The provider's place in c->providers; provider_count where none has this name. */
size_t config_find_provider(const config *c, const char *name, size_t size);
/* The provider whose name is nearest, or NULL where none is near. */
const char *config_nearest_provider(const config *c, const char *name);

/* Sets [kafka]'s properties and then `specific` (may be NULL) ones on a librdkafka configuration. */
MUST_CHECK bool config_apply_kafka(const config *c, const config_properties *specific,
                                   struct rd_kafka_conf_s *conf, error *e);

/* The whole configuration as a file with the origin of each value; secrets are masked. */
void config_print(const config *c, FILE *out);
/* Every key with its default and documentation. */
void config_print_keys(FILE *out);

#endif
