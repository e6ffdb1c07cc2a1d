#include "worker/cli/store_command.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "engine/limits.h"
#include "worker/config/config.h"

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

/* The group outlives the configuration that names it. */
static int connect_to(store_session *s, const redis_url *url, const config *c)
{
    error e = {0};
    const char *group = arena_copy(&s->memory, c->group, strlen(c->group));
    if (group == NULL)
        return cli_fail(s->usage, CLI_USAGE, "the group's name is too long");
    s->store = catalog_store_open(url, group, c->redis_timeout_ms, &e);
    return s->store != NULL ? CLI_OK : cli_fail(s->usage, CLI_UNREACHABLE, "%s", e.message);
}

int store_session_open(store_session *s)
{
    config c;
    error e = {0};
    redis_url url;
    const config_source source = {
        .path = s->config_path, .environment = environ, .sets = s->sets, .set_count = s->set_count};
    int code;
    if (!config_load(&c, &source, &e))
        code = cli_fail(s->usage, CLI_USAGE, "%s", e.message);
    else if (s->redis_url == NULL)
        code = connect_to(s, &c.redis, &c);
    else if (redis_url_parse(&s->memory, s->redis_url, &url, &e))
        code = connect_to(s, &url, &c);
    else
        code = cli_fail(s->usage, CLI_USAGE, "--redis: %s", e.message);
    config_free(&c);
    return code;
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
    arena_free(&s.memory);
    return code;
}
