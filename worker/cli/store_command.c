#include "worker/cli/store_command.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "engine/limits.h"

static bool take_common(store_session *s, const cli_options *o)
{
    switch (o->letter) {
    case 'c':
        s->config_path = o->argument;
        return true;
    case OPTION_STORE_SET:
        if (s->set_count < STORE_SETS_MAX)
            s->sets[s->set_count++] = o->argument;
        return true;
    case OPTION_STORE_REDIS:
        s->redis_url = o->argument;
        return true;
    case OPTION_STORE_ACTOR:
        s->actor = o->argument;
        return true;
    default:
        return false;
    }
}

int store_session_configure(store_session *s)
{
    error e = {0};
    const config_source source = {
        .path = s->config_path, .environment = environ, .sets = s->sets, .set_count = s->set_count};
    if (!config_load(&s->config, &source, &e))
        return cli_fail(s->usage, CLI_USAGE, "%s", e.message);
    s->redis = s->config.redis;
    if (s->redis_url != NULL && !redis_url_parse(&s->memory, s->redis_url, &s->redis, &e))
        return cli_fail(s->usage, CLI_USAGE, "--redis: %s", e.message);
    return CLI_OK;
}

int store_session_open(store_session *s)
{
    error e = {0};
    int code = store_session_configure(s);
    if (code != CLI_OK)
        return code;
    s->store = catalog_store_open(&s->redis, s->config.group, s->config.redis_timeout_ms, &e);
    return s->store != NULL ? CLI_OK : cli_fail(s->usage, CLI_UNREACHABLE, "%s", e.message);
}

catalog_author store_session_author(const store_session *s)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const struct passwd *user = s->actor == NULL ? getpwuid(getuid()) : NULL;
    const char *name = user != NULL ? user->pw_name : "unknown";
    return (catalog_author){.name = s->actor != NULL ? s->actor : name,
                            .time_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000};
}

int store_session_fail(const store_session *s, const error *e)
{
    return cli_fail(s->usage, e->code == ERROR_REDIS ? CLI_UNREACHABLE : CLI_FAILED, "%s", e->message);
}

static bool take_options(const store_command *command, store_session *s, void *data, cli_options *o)
{
    bool right = true;
    while (cli_options_next(o))
        if (!take_common(s, o))
            right = command->take_option(data, o) && right;
    return right;
}

int store_command_run(const store_command *command, void *data, int argc, char **argv)
{
    cli_options o;
    store_session s = {.usage = command->usage};
    arena_init(&s.memory, 4096, LIMIT_DOCUMENT_MEMORY);
    cli_options_begin(&o, command->usage, argc, argv);
    int code = CLI_USAGE;
    if (take_options(command, &s, data, &o) && !o.ended) {
        code = command->opens_late ? CLI_OK : store_session_open(&s);
        if (code == CLI_OK)
            code = command->run(&s, data, o.rest, o.rest_count);
    } else if (o.ended) {
        code = o.exit_code;
    }
    catalog_store_close(s.store);
    config_free(&s.config);
    arena_free(&s.memory);
    return code;
}
