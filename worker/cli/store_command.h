/* store_command: what every subcommand that works on a group's Redis has in common: the configuration, where
 * the Redis is, who asks, and opening the catalog. */
#ifndef WORKER_CLI_STORE_COMMAND_H
#define WORKER_CLI_STORE_COMMAND_H

#include "worker/catalog/catalog_store.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/config/config.h"

enum { STORE_SETS_MAX = 32, OPTION_STORE_SET = CLI_LONG_ONLY + 100, OPTION_STORE_REDIS, OPTION_STORE_ACTOR };

/* For a command's table of options. */
#define STORE_OPTIONS                                                                              \
    {'c', "config", "FILE", "read the Redis and the workers' group from this configuration file"}, \
        {OPTION_STORE_SET, "set", "SECTION.KEY=VALUE", "override one key of it; may be repeated"}, \
    {                                                                                              \
        OPTION_STORE_REDIS, "redis", "URL", "the Redis, instead of the configuration's"            \
    }
#define STORE_ACTOR_OPTION                                                           \
    {                                                                                \
        OPTION_STORE_ACTOR, "actor", "NAME", "who does it; default: the user's name" \
    }

/* What a running command has. */
typedef struct store_session {
    const cli_usage *usage;
    const char *config_path;
    const char *sets[STORE_SETS_MAX];
    size_t set_count;
    const char *redis_url;
    const char *actor;
    config config; /* once configured */
    redis_url redis;
    catalog_store *store; /* once open */
    arena memory;         /* for the command's own use */
} store_session;

typedef struct store_command {
    const cli_usage *usage;
    /* One option that is not among the above. False where its argument is wrong, after saying so. */
    bool (*take_option)(void *data, const cli_options *o); /* may be NULL */
    /* The work, over the other arguments. Returns the exit code. */
    int (*run)(store_session *s, void *data, char **rest, size_t rest_count);
    bool opens_late; /* `run` calls store_session_configure or store_session_open when it needs them */
} store_command;

/* Reads the command line, opens the store, runs, closes. */
int store_command_run(const store_command *command, void *data, int argc, char **argv);

/* CLI_OK, or says what is wrong and returns the exit code. The first reads the configuration, the second
 * opens the catalog as well. */
int store_session_configure(store_session *s);
int store_session_open(store_session *s);
/* Who asks, and now. Borrows from s. */
catalog_author store_session_author(const store_session *s);
/* Says what failed and returns the exit code that fits it. */
int store_session_fail(const store_session *s, const error *e);

#endif
