#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "worker/cli/execution.h"
#include "worker/cli/plain.h"

enum {
    OPTION_LIMIT = CLI_LONG_ONLY,
    OPTION_ALL,
    OPTION_JSON,
    LIMIT_DEFAULT = 50,
    LIMIT_MAX = 10000,
    LINE_BYTES_MAX = 64 << 10,
    PROGRESS_MS = 1000, /* between two of its lines, and before the first */
};

static const cli_option options[] = {
    EXECUTION_FILTER_OPTIONS,
    {OPTION_LIMIT, "limit", "N", "at most so many; default 50"},
    {OPTION_ALL, "all", NULL, "look at every record, so that these are the newest of all"},
    {OPTION_JSON, "json", NULL, "one JSON object an execution"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "execution list [OPTION...]",
    .summary = "Lists executions, those that began last first: id, status, run, start, workflow\n"
               "and current step. Redis keeps records in no order, so without --all these are\n"
               "the first that were come across.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

/* A line to print. */
typedef struct listed {
    int64_t started_ms;
    identity id;
    size_t size;
    char *line;
} listed;

typedef struct list {
    execution_filter filter;
    int64_t limit;
    bool all;
    bool json;
    listed *items; /* newest first */
    size_t count;
    uint64_t matched;
    uint64_t unreadable;
    bool stopped;
    int64_t progress_ms; /* when to tell the next; 0: not at all */
} list;

/* ---- lines ---- */

static const step_state *current_step(const execution *x)
{
    return x->current_step < x->step_count ? &x->steps[x->current_step] : NULL;
}

static void write_member(buffer *b, const char *name, const value *v)
{
    buffer_format(b, ",\"%s\":", name);
    json_write(b, v);
}

static void write_time(buffer *b, const char *name, int64_t ms)
{
    char text[TIMESTAMP_TEXT_SIZE];
    value v = ms != 0 && timestamp_format_millis(ms, text) > 0 ? value_cstring(text) : value_null();
    write_member(b, name, &v);
}

static void write_json(buffer *b, const execution *x)
{
    const step_state *at = current_step(x);
    value run = value_int(x->run), version = value_int(x->workflow_version);
    value status = value_cstring(execution_status_name(x->status));
    value step_id = at != NULL ? at->step_id : value_null();
    buffer_format(b, "{\"execution_id\":\"%s\"", x->id.text);
    write_member(b, "status", &status);
    write_member(b, "reason", &x->reason);
    write_member(b, "run", &run);
    write_member(b, "workflow_id", &x->workflow_id);
    write_member(b, "workflow_version", &version);
    write_member(b, "recipient", &x->recipient);
    write_member(b, "current_step", &step_id);
    write_time(b, "started_at", x->started_ms);
    write_time(b, "completed_at", x->completed_ms);
    write_time(b, "due_at", x->due_ms);
    buffer_add_byte(b, '}');
}

static void write_text(buffer *b, const execution *x)
{
    char time[TIMESTAMP_TEXT_SIZE] = "-";
    const step_state *at = current_step(x);
    timestamp_format_millis(x->started_ms, time);
    buffer_format(b, "%s %-9s %3" PRId64 " %-24s ", x->id.text, execution_status_name(x->status), x->run,
                  time);
    plain_write(b, &x->workflow_id);
    if (at != NULL) {
        buffer_add_byte(b, ' ');
        plain_write(b, &at->step_id);
    }
    if (x->reason.kind == VALUE_STRING) {
        buffer_add_byte(b, ' ');
        plain_write(b, &x->reason);
    }
    if (x->due_ms != 0 && timestamp_format_millis(x->due_ms, time) > 0)
        buffer_format(b, " until %s", time);
}

/* ---- what is kept ---- */

static bool is_before(const listed *a, const listed *b)
{
    return a->started_ms != b->started_ms ? a->started_ms > b->started_ms
                                          : strcmp(a->id.text, b->id.text) < 0;
}

/* Before which item it belongs. */
static size_t place_of(const list *l, const listed *item)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (is_before(&l->items[middle], item))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool copy_line(list *l, listed *item, const execution *x)
{
    arena memory;
    buffer b;
    arena_init(&memory, 1024, 2 * LINE_BYTES_MAX);
    buffer_init(&b, &memory, LINE_BYTES_MAX);
    if (l->json)
        write_json(&b, x);
    else
        write_text(&b, x);
    item->size = b.size;
    item->line = b.failed ? NULL : malloc(b.size);
    if (item->line != NULL)
        memcpy(item->line, b.bytes, b.size);
    arena_free(&memory);
    return item->line != NULL;
}

static bool keep(list *l, const execution *x, error *e)
{
    listed item = {.started_ms = x->started_ms, .id = x->id};
    size_t place = place_of(l, &item);
    if (place < l->count && strcmp(l->items[place].id.text, item.id.text) == 0)
        return true; /* a walk may come across something twice */
    l->matched++;
    if (place == (size_t)l->limit)
        return true;
    if (!copy_line(l, &item, x))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the list");
    if (l->count == (size_t)l->limit)
        free(l->items[--l->count].line);
    memmove(&l->items[place + 1], &l->items[place], (l->count - place) * sizeof *l->items);
    l->items[place] = item;
    l->count++;
    return true;
}

/* ---- the walk ---- */

static void tell_progress(list *l, const records_walk *w)
{
    if (l->progress_ms == 0 || cli_now_ms() < l->progress_ms)
        return;
    fprintf(stderr, "\r%" PRIu64 " records looked at, %zu found", w->looked_at, l->count);
    l->progress_ms = cli_now_ms() + PROGRESS_MS;
}

/* The line is wiped out if it was ever written. */
static void end_progress(const list *l, int64_t begun_ms)
{
    if (l->progress_ms > begun_ms + PROGRESS_MS)
        fputs("\r\033[K", stderr);
}

static bool walk(list *l, records_walk *w, error *e)
{
    const record_found *found;
    while ((found = records_walk_next(w, e)) != NULL) {
        tell_progress(l, w);
        l->unreadable += !found->readable;
        if (!found->readable || !execution_filter_matches(&l->filter, &found->execution))
            continue;
        if (!l->all && l->count == (size_t)l->limit) {
            l->stopped = true;
            return true;
        }
        if (!keep(l, &found->execution, e))
            return false;
    }
    return e->code == ERROR_NONE;
}

static void print_items(const list *l)
{
    if (!l->json && l->count > 0)
        printf("%-36s %-9s %3s %-24s %s\n", "EXECUTION", "STATUS", "RUN", "STARTED", "WORKFLOW, STEP");
    for (size_t i = 0; i < l->count; i++) {
        fwrite(l->items[i].line, 1, l->items[i].size, stdout);
        putchar('\n');
    }
}

static void tell_rest(const list *l, const records_walk *w, uint64_t keys)
{
    if (l->unreadable > 0)
        fprintf(stderr, "%" PRIu64 " records cannot be read; carillon fsck names them\n", l->unreadable);
    if (l->stopped)
        fprintf(stderr,
                "there are more: %" PRIu64 " records were looked at, Redis has %" PRIu64
                " keys; see --all and --limit\n",
                w->looked_at, keys);
    else if (l->matched > l->count)
        fprintf(stderr, "and %" PRIu64 " more; see --limit\n", l->matched - l->count);
}

static int print_list(store_session *s, list *l, records *r)
{
    records_walk w;
    error e = {0};
    uint64_t keys;
    int64_t begun_ms = cli_now_ms();
    if (!records_key_count(r, &keys, &e))
        return store_session_fail(s, &e);
    l->progress_ms = isatty(STDERR_FILENO) ? begun_ms + PROGRESS_MS : 0;
    records_walk_begin(&w, r);
    bool walked = walk(l, &w, &e);
    end_progress(l, begun_ms);
    if (walked) {
        print_items(l);
        fflush(stdout);
        tell_rest(l, &w, keys);
    }
    records_walk_end(&w);
    return walked ? CLI_OK : store_session_fail(s, &e);
}

/* ---- the command ---- */

static bool take_limit(list *l, const cli_options *o)
{
    if (cli_options_number(o, 1, LIMIT_MAX, &l->limit))
        return true;
    cli_fail(o->usage, CLI_USAGE, "--limit is a number from 1 to %d", LIMIT_MAX);
    return false;
}

static bool take_option(void *data, const cli_options *o)
{
    list *l = data;
    switch (o->letter) {
    case OPTION_LIMIT:
        return take_limit(l, o);
    case OPTION_ALL:
        return l->all = true;
    case OPTION_JSON:
        return l->json = true;
    default:
        return execution_filter_take(&l->filter, o);
    }
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest;
    (void)rest_count;
    list *l = data;
    records *r;
    int code = cli_records_open(s, &r);
    if (code != CLI_OK)
        return code;
    l->items = calloc((size_t)l->limit, sizeof *l->items);
    if (l->items == NULL)
        code = cli_fail(&usage, CLI_FAILED, "no memory for the list");
    else
        code = print_list(s, l, r);
    records_close(r);
    return code;
}

int cli_execution_list(int argc, char **argv)
{
    static const store_command command = {
        .usage = &usage, .take_option = take_option, .run = run, .opens_late = true};
    list l = {.limit = LIMIT_DEFAULT};
    int code = store_command_run(&command, &l, argc, argv);
    for (size_t i = 0; i < l.count; i++)
        free(l.items[i].line);
    free(l.items);
    return code;
}
