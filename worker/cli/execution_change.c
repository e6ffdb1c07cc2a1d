/* carillon execution cancel | retry. Neither writes a record: each asks the owner of the partition
 * (worker/records/record_command.h), waits until that has acted, and says from the record what came of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "worker/cli/execution.h"
#include "worker/records/record_command.h"

enum {
    OPTION_WAIT = CLI_LONG_ONLY,
    OPTION_YES,
    WAIT_SECONDS_DEFAULT = 10,
    WAIT_SECONDS_MAX = 24 * 60 * 60,
    LOOK_AGAIN_MS = 50,
    TARGETS_MAX = 10000, /* found by a filter, at once */
    IDS_MAX = 1000,      /* on the command line */
    TARGET_MEMORY = 16 * LIMIT_RECORD_BYTES,
};

#define CHANGE_OPTIONS                                                                                 \
    EXECUTION_FILTER_OPTIONS, {OPTION_YES, "yes", NULL, "do it to more than one that a filter finds"}, \
        {OPTION_WAIT, "wait", "SECONDS", "for the owner to act; default 10, 0: do not wait"}, STORE_OPTIONS

#define CHANGE_NOTES                                                                            \
    "exit codes: 0 done, 1 one of them has no record or is not in a state for it, 3 Redis is\n" \
    "unreachable, 4 nobody has acted in time: no worker owns the partition at present. The\n"   \
    "command stays, and the next owner carries it out."

static const cli_option change_options[] = {CHANGE_OPTIONS};

static const cli_usage cancel_usage = {
    .synopsis = "execution cancel [OPTION...] (ID... | --workflow=ID | --status=STATUS)",
    .summary = "Ends executions that wait or run: FAILED, with the reason \"cancelled\", before\n"
               "their next step. What is being delivered at the moment is not called back.",
    .options = change_options,
    .option_count = sizeof change_options / sizeof change_options[0],
    .rest_max = IDS_MAX,
    .notes = CHANGE_NOTES,
};

static const cli_usage retry_usage = {
    .synopsis = "execution retry [OPTION...] (ID... | --workflow=ID | --status=FAILED)",
    .summary = "Runs FAILED executions again, from the step that failed, with the payload, the\n"
               "version and the controls that they began with.",
    .options = change_options,
    .option_count = sizeof change_options / sizeof change_options[0],
    .rest_max = IDS_MAX,
    .notes = CHANGE_NOTES,
};

/* What is asked of one execution. */
typedef struct target {
    identity id;
    int64_t run; /* that it was in */
    record_command command;
} target;

typedef struct change {
    record_verb verb;
    execution_filter filter;
    bool yes;
    int64_t wait_seconds;

    store_session *session;
    records *records;
    partition_name *partitions;
    size_t partition_count;
    target *targets;
    size_t count;
    size_t capacity;
    bool more;     /* than may be had at once */
    arena memory;  /* of one record */
    int code;      /* CLI_FAILED once one has failed */
    uint64_t left; /* commands that nobody has taken yet */
} change;

static const char *verb_name(const change *c)
{
    return c->verb == RECORD_CANCEL ? "cancel" : "retry";
}

/* ---- what may be asked ---- */

/* Why it cannot be, by the engine's own rules on a copy; NULL: it can. */
static const char *objection(const change *c, const execution *x)
{
    execution copy = *x;
    arena memory;
    const char *why = NULL;
    arena_init(&memory, 4096, TARGET_MEMORY);
    copy.steps = arena_calloc(&memory, x->step_count, sizeof *x->steps);
    if (copy.steps == NULL)
        return "there is no memory for it";
    memcpy(copy.steps, x->steps, x->step_count * sizeof *x->steps);
    if (c->verb == RECORD_CANCEL && !execution_cancel(&copy, cli_now_ms()))
        why = "it had ended already";
    else if (c->verb == RECORD_RETRY && x->status != EXECUTION_FAILED)
        why = "only a FAILED execution can be run again";
    else if (c->verb == RECORD_RETRY && !execution_retry(&copy, cli_now_ms()))
        why = "it has expired, so no step would run";
    arena_free(&memory);
    return why;
}

static void refuse(change *c, const char *id, const execution *x, const char *why)
{
    c->code = CLI_FAILED;
    printf("%s: %s: %s\n", id, execution_status_name(x->status), why);
}

/* `partition` has a topic with a NUL. */
static bool add_target(change *c, const execution *x, const partition_name *partition, error *e)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity == 0 ? 16 : 2 * c->capacity;
        target *targets = realloc(c->targets, capacity * sizeof *targets);
        if (targets == NULL)
            return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for so many executions");
        c->targets = targets;
        c->capacity = capacity;
    }
    target *t = &c->targets[c->count++];
    t->id = x->id;
    t->run = x->run;
    record_command_make(&t->command, c->verb, &x->id, partition);
    return true;
}

/* ---- by id ---- */

static bool add_found(change *c, const record_found *f, error *e)
{
    if (!f->readable) {
        c->code = CLI_FAILED;
        cli_fail(c->session->usage, CLI_FAILED, "%.*s: %s", (int)f->id.count, f->id.text, f->fault.message);
        return true;
    }
    const char *why = objection(c, &f->execution);
    if (why == NULL)
        return add_target(c, &f->execution, &f->partition, e);
    refuse(c, f->execution.id.text, &f->execution, why);
    return true;
}

static bool add_id(change *c, const identity *id, error *e)
{
    record_found *found;
    size_t count;
    arena_reset(&c->memory);
    if (!records_find(c->records, &c->memory, c->partitions, c->partition_count, id, &found, &count, e))
        return false;
    if (count == 0)
        c->code = cli_execution_unknown(c->session, id);
    for (size_t i = 0; i < count; i++)
        if (!add_found(c, &found[i], e))
            return false;
    return true;
}

/* ---- by filter ---- */

static const partition_name *known_partition(const change *c, const partition_name *p)
{
    for (size_t i = 0; i < c->partition_count; i++)
        if (partition_name_compare(&c->partitions[i], p) == 0)
            return &c->partitions[i];
    return NULL; /* nobody ever owned it, so nobody would act */
}

static bool add_matching(change *c, error *e)
{
    records_walk w;
    const record_found *f;
    bool added = true;
    records_walk_begin(&w, c->records);
    while (added && !c->more && (f = records_walk_next(&w, e)) != NULL) {
        const partition_name *p = known_partition(c, &f->partition);
        if (p == NULL || !f->readable || !execution_filter_matches(&c->filter, &f->execution) ||
            objection(c, &f->execution) != NULL)
            continue;
        c->more = c->count == TARGETS_MAX;
        added = c->more || add_target(c, &f->execution, p, e);
    }
    records_walk_end(&w);
    return added && e->code == ERROR_NONE;
}

static int ask_back(const change *c)
{
    return cli_fail(c->session->usage, CLI_USAGE, "%s%zu executions match; add --yes to %s them",
                    c->more ? "more than " : "", c->count, verb_name(c));
}

/* ---- asking, waiting, telling ---- */

static bool push_all(change *c, error *e)
{
    for (size_t i = 0; i < c->count; i++)
        if (!record_command_push(c->records, &c->targets[i].command, e)) {
            fprintf(stderr, "%zu of %zu were asked for\n", i, c->count);
            return false;
        }
    return true;
}

/* What came of a command that was carried out. */
static void tell_outcome(change *c, const target *t, const execution *x)
{
    const char *status = execution_status_name(x->status);
    const char *id = t->id.text;
    bool cancelled = x->status == EXECUTION_FAILED && value_is_text(&x->reason, "cancelled");
    if (c->verb == RECORD_CANCEL && cancelled) {
        printf("%s: FAILED: cancelled\n", id);
    } else if (c->verb == RECORD_CANCEL) {
        refuse(c, id, x, execution_ended(x) ? "it ended before it could be cancelled" : "not cancelled");
    } else if (x->run > t->run) {
        printf("%s: %s: run %" PRId64 "\n", id, status, x->run);
    } else {
        refuse(c, id, x, "not run again");
    }
}

static bool tell(change *c, const target *t, error *e)
{
    record_found *found;
    size_t count;
    arena_reset(&c->memory);
    if (!records_find(c->records, &c->memory, &t->command.partition, 1, &t->id, &found, &count, e))
        return false;
    if (count == 1 && found->readable) {
        tell_outcome(c, t, &found->execution);
        return true;
    }
    c->code = CLI_FAILED;
    printf("%s: its record is %s\n", t->id.text, count == 0 ? "gone" : "broken");
    return true;
}

static void pause_shortly(void)
{
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static bool wait_for(change *c, const target *t, int64_t deadline_ms, error *e)
{
    bool waits;
    for (;;) {
        if (!record_command_waits(c->records, &t->command, &waits, e))
            return false;
        if (!waits)
            return tell(c, t, e);
        if (cli_now_ms() >= deadline_ms) {
            c->left++;
            printf("%s: still to be done\n", t->id.text);
            return true;
        }
        fflush(stdout);
        pause_shortly();
    }
}

static int finish(const change *c)
{
    if (c->more)
        fprintf(stderr, "there are more than %d: run it again\n", TARGETS_MAX);
    if (c->left == 0)
        return c->code;
    fprintf(stderr,
            "nobody has taken %" PRIu64 " of %zu commands within %" PRId64
            " s: no worker owns the partition at "
            "present, or it has much to do. They stay, and the next owner carries them out\n",
            c->left, c->count, c->wait_seconds);
    return c->code != CLI_OK ? c->code : CLI_WAITING;
}

static int carry_out(change *c)
{
    error e = {0};
    if (!push_all(c, &e))
        return store_session_fail(c->session, &e);
    if (c->wait_seconds == 0) {
        for (size_t i = 0; i < c->count; i++)
            printf("%s: asked for\n", c->targets[i].id.text);
        return finish(c);
    }
    int64_t deadline_ms = cli_now_ms() + c->wait_seconds * 1000;
    for (size_t i = 0; i < c->count; i++)
        if (!wait_for(c, &c->targets[i], deadline_ms, &e))
            return store_session_fail(c->session, &e);
    return finish(c);
}

/* ---- the command ---- */

static int change_by_id(change *c, char **rest, size_t rest_count)
{
    error e = {0};
    for (size_t i = 0; i < rest_count; i++) {
        identity id;
        if (!cli_read_execution_id(c->session->usage, rest[i], &id))
            return CLI_USAGE;
        if (!add_id(c, &id, &e))
            return store_session_fail(c->session, &e);
    }
    return carry_out(c);
}

static int change_matching(change *c)
{
    error e = {0};
    if (!add_matching(c, &e))
        return store_session_fail(c->session, &e);
    if (c->count > 1 && !c->yes)
        return ask_back(c);
    if (c->count == 0)
        fprintf(stderr, "nothing to %s: none matches\n", verb_name(c));
    return carry_out(c);
}

static bool has_filter(const change *c)
{
    return c->filter.workflow != NULL || c->filter.has_status || c->filter.waiting;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    change *c = data;
    error e = {0};
    c->session = s;
    if (has_filter(c) == (rest_count > 0))
        return cli_fail(s->usage, CLI_USAGE, "say which: by their ids, or by --workflow and --status");
    int code = cli_records_open(s, &c->records);
    if (code != CLI_OK)
        return code;
    arena_init(&c->memory, 64 << 10, TARGET_MEMORY);
    if (!records_partitions(c->records, &s->memory, &c->partitions, &c->partition_count, &e))
        code = store_session_fail(s, &e);
    else
        code = has_filter(c) ? change_matching(c) : change_by_id(c, rest, rest_count);
    arena_free(&c->memory);
    records_close(c->records);
    free(c->targets);
    return code;
}

static bool take_wait(change *c, const cli_options *o)
{
    if (cli_options_number(o, 0, WAIT_SECONDS_MAX, &c->wait_seconds))
        return true;
    cli_fail(o->usage, CLI_USAGE, "--wait is a number of seconds from 0 to %d", WAIT_SECONDS_MAX);
    return false;
}

static bool take_option(void *data, const cli_options *o)
{
    change *c = data;
    switch (o->letter) {
    case OPTION_WAIT:
        return take_wait(c, o);
    case OPTION_YES:
        return c->yes = true;
    default:
        return execution_filter_take(&c->filter, o);
    }
}

static int run_change(record_verb verb, const store_command *command, int argc, char **argv)
{
    change c = {.verb = verb, .wait_seconds = WAIT_SECONDS_DEFAULT};
    return store_command_run(command, &c, argc, argv);
}

int cli_execution_cancel(int argc, char **argv)
{
    static const store_command command = {
        .usage = &cancel_usage, .take_option = take_option, .run = run, .opens_late = true};
    return run_change(RECORD_CANCEL, &command, argc, argv);
}

int cli_execution_retry(int argc, char **argv)
{
    static const store_command command = {
        .usage = &retry_usage, .take_option = take_option, .run = run, .opens_late = true};
    return run_change(RECORD_RETRY, &command, argc, argv);
}
