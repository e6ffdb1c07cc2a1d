/* carillon inbox read | archive. */
#include <stdio.h>

#include "engine/limits.h"
#include "worker/cli/execution.h"
#include "worker/cli/inbox.h"

enum { OPTION_ALL = CLI_LONG_ONLY, IDS_MAX = 1000 };

#define SETTLE_NOTES                                                                   \
    "exit codes: 0 done, 1 one of them is not in the inbox, 3 Redis is unreachable.\n" \
    "Live clients are told (see worker/README.md)."

static const cli_option read_options[] = {
    {OPTION_ALL, "all", NULL, "every item that is unread"},
    STORE_OPTIONS,
};

static const cli_usage read_usage = {
    .synopsis = "inbox read [OPTION...] RECIPIENT (ID... | --all)",
    .summary = "Marks items as read, and says how many were unread.",
    .options = read_options,
    .option_count = sizeof read_options / sizeof read_options[0],
    .rest_min = 1,
    .rest_max = 1 + IDS_MAX,
    .notes = SETTLE_NOTES,
};

static const cli_option archive_options[] = {
    {OPTION_ALL, "all", NULL, "every item"},
    STORE_OPTIONS,
};

static const cli_usage archive_usage = {
    .synopsis = "inbox archive [OPTION...] RECIPIENT (ID... | --all)",
    .summary = "Takes items out of an inbox, read or not, and says how many. Redis keeps nothing\n"
               "of them but the id, for redis.retention: the same delivery does not bring it back.",
    .options = archive_options,
    .option_count = sizeof archive_options / sizeof archive_options[0],
    .rest_min = 1,
    .rest_max = 1 + IDS_MAX,
    .notes = SETTLE_NOTES,
};

typedef struct settling {
    inbox_event event;
    bool all;
    size_t changed;
    size_t absent;
} settling;

static void tell(settling *t, const value *id, inbox_outcome outcome)
{
    t->changed += outcome == INBOX_CHANGED;
    if (outcome != INBOX_ABSENT || t->all)
        return; /* what left between being found and now is settled as well */
    t->absent++;
    fprintf(stderr, "%.*s: not in the inbox\n", (int)id->count, id->text);
}

static bool settle(settling *t, store_session *s, inbox_session *inbox, const value *ids, size_t count,
                   error *e)
{
    inbox_outcome outcomes[INBOX_PAGE];
    for (size_t done = 0; done < count; done += INBOX_PAGE) {
        size_t size = count - done < INBOX_PAGE ? count - done : INBOX_PAGE;
        if (!inbox_session_settle(inbox, t->event, ids + done, size, cli_now_ms(), s->config.retention_ms,
                                  outcomes, e))
            return false;
        for (size_t i = 0; i < size; i++)
            tell(t, &ids[done + i], outcomes[i]);
    }
    return true;
}

static bool settle_all(settling *t, store_session *s, inbox_session *inbox, error *e)
{
    value *ids;
    size_t count;
    inbox_key key = t->event == INBOX_READ ? INBOX_UNREAD : INBOX_INDEX;
    return inbox_session_ids(inbox, key, LIMIT_INBOX_ITEMS, &s->memory, &ids, &count, e) &&
           settle(t, s, inbox, ids, count, e);
}

static bool settle_named(settling *t, store_session *s, inbox_session *inbox, char **names, size_t count,
                         error *e)
{
    value ids[IDS_MAX];
    for (size_t i = 0; i < count; i++)
        ids[i] = value_cstring(names[i]);
    return settle(t, s, inbox, ids, count, e);
}

static bool are_ids(const cli_usage *usage, char **names, size_t count)
{
    identity id;
    for (size_t i = 0; i < count; i++) {
        const value name = value_cstring(names[i]);
        if (!identity_parse(&name, &id)) {
            cli_fail(usage, CLI_USAGE, "an item's id is a UUID, as carillon inbox list prints it");
            return false;
        }
    }
    return true;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    settling *t = data;
    inbox_session inbox;
    error e = {0};
    if (t->all == (rest_count > 1))
        return cli_fail(s->usage, CLI_USAGE, "say which: by their ids, or --all");
    if (!are_ids(s->usage, rest + 1, rest_count - 1))
        return CLI_USAGE;
    int code = cli_inbox_open(s, rest[0], &inbox);
    if (code != CLI_OK)
        return code;
    if (!(t->all ? settle_all(t, s, &inbox, &e) : settle_named(t, s, &inbox, rest + 1, rest_count - 1, &e)))
        code = store_session_fail(s, &e);
    else
        code = t->absent > 0 ? CLI_FAILED : CLI_OK;
    printf("%zu %s\n", t->changed, t->event == INBOX_READ ? "marked as read" : "archived");
    cli_inbox_close(&inbox);
    return code;
}

static bool take_option(void *data, const cli_options *o)
{
    settling *t = data;
    (void)o;
    return t->all = true;
}

int cli_inbox_read(int argc, char **argv)
{
    static const store_command command = {
        .usage = &read_usage, .take_option = take_option, .run = run, .opens_late = true};
    settling t = {.event = INBOX_READ};
    return store_command_run(&command, &t, argc, argv);
}

int cli_inbox_archive(int argc, char **argv)
{
    static const store_command command = {
        .usage = &archive_usage, .take_option = take_option, .run = run, .opens_late = true};
    settling t = {.event = INBOX_ARCHIVED};
    return store_command_run(&command, &t, argc, argv);
}
