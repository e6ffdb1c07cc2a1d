#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/cli/inbox.h"
#include "worker/cli/plain.h"

enum {
    OPTION_LIMIT = CLI_LONG_ONLY,
    OPTION_ALL,
    OPTION_UNREAD,
    OPTION_JSON,
    LIMIT_DEFAULT = 50,
    SUBJECT_BYTES_MAX = 60,
    PAGE_MEMORY = INBOX_PAGE * 2 * LIMIT_INBOX_ITEM_BYTES + (1 << 20),
    ITEM_MEMORY = 64 * LIMIT_INBOX_ITEM_BYTES,
};

static const cli_option options[] = {
    {OPTION_LIMIT, "limit", "N", "at most so many, the latest; default 50"},
    {OPTION_ALL, "all", NULL, "all of them"},
    {OPTION_UNREAD, "unread", NULL, "only what nobody has read"},
    {OPTION_JSON, "json", NULL, "one JSON object an item, with all that was delivered"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "inbox list [OPTION...] RECIPIENT",
    .summary = "Lists a recipient's inbox, the latest item first: * where it is unread, time,\n"
               "id, workflow, step, and the subject or how the text begins.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
    .notes = "exit codes: 0 done (also where the inbox is empty), 1 an item cannot be read,\n"
             "3 Redis is unreachable",
};

typedef struct list {
    int64_t limit;
    bool unread;
    bool json;
    size_t broken;
} list;

/* ---- one item ---- */

static const value *text_of(const value *item, const char *name)
{
    static const value none = {.kind = VALUE_NULL};
    const value *found = value_field(item, name);
    return found != NULL && found->kind == VALUE_STRING ? found : &none;
}

static void write_json(buffer *b, const value *item, bool unread)
{
    buffer_add_byte(b, '{');
    for (uint32_t i = 0; i < item->count; i++) {
        json_write_string(b, item->members[i].key.text, item->members[i].key.count);
        buffer_add_byte(b, ':');
        json_write(b, &item->members[i].value);
        buffer_add_byte(b, ',');
    }
    buffer_format(b, "\"unread\":%s}", unread ? "true" : "false");
}

/* Cut between two characters. */
static value beginning_of(const value *text)
{
    uint32_t size = text->count;
    if (text->kind != VALUE_STRING || size <= SUBJECT_BYTES_MAX)
        return *text;
    for (size = SUBJECT_BYTES_MAX; size > 0 && ((unsigned char)text->text[size] & 0xC0) == 0x80;)
        size--;
    return value_string(text->text, size);
}

/* What a person knows an item by: the first of these that it has. */
static const value *subject_of(const value *item)
{
    static const char *const names[] = {"subject", "title", "body", "text"};
    const value *found = text_of(item, names[0]);
    for (size_t i = 1; found->kind != VALUE_STRING && i < sizeof names / sizeof *names; i++)
        found = text_of(item, names[i]);
    return found;
}

static void write_line(buffer *b, const value *item, bool unread)
{
    value subject = beginning_of(subject_of(item));
    buffer_add_text(b, unread ? "* " : "  ");
    plain_write(b, text_of(item, "created_at"));
    buffer_add_byte(b, ' ');
    plain_write(b, text_of(item, "id"));
    buffer_add_byte(b, ' ');
    plain_write(b, text_of(item, "workflow_id"));
    buffer_add_byte(b, ' ');
    plain_write(b, text_of(item, "step_id"));
    buffer_add_text(b, ": ");
    plain_write(b, &subject);
}

/* False where the text is no item. */
static bool print_item(const list *l, const inbox_item *item)
{
    arena memory;
    buffer b;
    value parsed;
    arena_init(&memory, 4096, ITEM_MEMORY);
    buffer_init(&b, &memory, SIZE_MAX);
    bool readable =
        json_read(&memory, item->text.text, item->text.count, &parsed, NULL) && parsed.kind == VALUE_MAP;
    if (readable && l->json)
        write_json(&b, &parsed, item->unread);
    else if (readable)
        write_line(&b, &parsed, item->unread);
    readable = readable && !b.failed;
    if (readable) {
        fwrite(b.bytes, 1, b.size, stdout);
        putchar('\n');
    }
    arena_free(&memory);
    return readable;
}

/* ---- all of them ---- */

static bool print_page(list *l, inbox_session *inbox, const value *ids, size_t count, error *e)
{
    inbox_item items[INBOX_PAGE];
    arena memory;
    arena_init(&memory, 64 << 10, PAGE_MEMORY);
    bool taken = inbox_session_items(inbox, ids, count, &memory, items, e);
    for (size_t i = 0; taken && i < count; i++) {
        if (items[i].text.kind == VALUE_NULL || print_item(l, &items[i]))
            continue;
        l->broken++;
        fprintf(stderr, "%.*s: cannot be read\n", (int)ids[i].count, ids[i].text);
    }
    arena_free(&memory);
    return taken;
}

static bool print_items(list *l, inbox_session *inbox, arena *a, error *e)
{
    value *ids;
    size_t count;
    int64_t all, unread;
    if (!inbox_session_ids(inbox, l->unread ? INBOX_UNREAD : INBOX_INDEX, (size_t)l->limit, a, &ids, &count,
                           e))
        return false;
    for (size_t i = 0; i < count; i += INBOX_PAGE)
        if (!print_page(l, inbox, ids + i, count - i < INBOX_PAGE ? count - i : INBOX_PAGE, e))
            return false;
    if (!inbox_session_count(inbox, INBOX_INDEX, &all, e) ||
        !inbox_session_count(inbox, INBOX_UNREAD, &unread, e))
        return false;
    fflush(stdout);
    if (!l->json)
        fprintf(stderr, "%" PRId64 " items, %" PRId64 " unread\n", all, unread);
    return true;
}

/* ---- the command ---- */

static bool take_limit(list *l, const cli_options *o)
{
    if (cli_options_number(o, 1, LIMIT_INBOX_ITEMS, &l->limit))
        return true;
    cli_fail(o->usage, CLI_USAGE, "--limit is a number from 1 to %d", LIMIT_INBOX_ITEMS);
    return false;
}

static bool take_option(void *data, const cli_options *o)
{
    list *l = data;
    switch (o->letter) {
    case OPTION_LIMIT:
        return take_limit(l, o);
    case OPTION_ALL:
        l->limit = LIMIT_INBOX_ITEMS;
        return true;
    case OPTION_UNREAD:
        return l->unread = true;
    default:
        return l->json = true;
    }
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    list *l = data;
    inbox_session inbox;
    error e = {0};
    int code = cli_inbox_open(s, rest[0], &inbox);
    if (code != CLI_OK)
        return code;
    if (!print_items(l, &inbox, &s->memory, &e))
        code = store_session_fail(s, &e);
    else if (l->broken > 0)
        code = CLI_FAILED;
    cli_inbox_close(&inbox);
    return code;
}

int cli_inbox_list(int argc, char **argv)
{
    static const store_command command = {
        .usage = &usage, .take_option = take_option, .run = run, .opens_late = true};
    list l = {.limit = LIMIT_DEFAULT};
    return store_command_run(&command, &l, argc, argv);
}
