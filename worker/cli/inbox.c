#include "worker/cli/inbox.h"

#include "engine/limits.h"
#include "worker/cli/group.h"

static const cli_command commands[] = {
    {"list", "what is in a recipient's inbox, the latest first", cli_inbox_list},
    {"read", "mark items as read", cli_inbox_read},
    {"archive", "take items out", cli_inbox_archive},
};

static const cli_group group = {
    .name = "inbox",
    .summary = "Inboxes as Redis has them: what providers of the kind inbox have delivered to\n"
               "a recipient, and nobody has archived.",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int cli_inbox(int argc, char **argv)
{
    return cli_group_run(&group, argc, argv);
}

int cli_inbox_open(store_session *s, const char *recipient, inbox_session *inbox)
{
    error e = {0};
    const value name = value_cstring(recipient);
    if (name.count == 0 || name.count > LIMIT_RECIPIENT_BYTES)
        return cli_fail(s->usage, CLI_USAGE, "a recipient has 1 to %d bytes", LIMIT_RECIPIENT_BYTES);
    int code = store_session_configure(s);
    if (code != CLI_OK)
        return code;
    if (!inbox_keys_init(&inbox->keys, &s->memory, s->config.group, &name))
        return cli_fail(s->usage, CLI_FAILED, "no memory");
    inbox->redis = redis_session_open(&s->redis, s->config.redis_timeout_ms, &e);
    return inbox->redis != NULL ? CLI_OK : cli_fail(s->usage, CLI_UNREACHABLE, "%s", e.message);
}

void cli_inbox_close(inbox_session *inbox)
{
    redis_session_close(inbox->redis);
}
