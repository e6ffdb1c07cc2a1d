/* carillon fsck: what Redis and Kafka have of a group's executions, held against each other. */
#include <inttypes.h>
#include <stdio.h>

#include "engine/value/json.h"
#include "worker/cli/store_command.h"
#include "worker/fsck/fsck.h"

enum { OPTION_COMPLETIONS = CLI_LONG_ONLY, OPTION_JSON };

static const cli_option options[] = {
    {OPTION_COMPLETIONS, "completions", NULL, "read the topic of execution completions, too"},
    {OPTION_JSON, "json", NULL, "one JSON object a partition"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "fsck [OPTION...]",
    .summary = "Holds what Kafka has committed against what Redis remembers, and says what was\n"
               "lost: by a failover, or a restart without AOF. It changes nothing, and workers\n"
               "may run meanwhile. Run it with the workers' configuration.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "exit codes: 0 sound, 1 something was lost, 3 Kafka or Redis is unreachable\n\n"
             "It reads every record once, and keeps 32 bytes of each execution that waits and,\n"
             "with --completions, of each completion that is younger than redis.retention. A\n"
             "topic of completions that is compacted has lost some; so has one that another\n"
             "group publishes to, which has no records here.",
};

typedef struct fsck_wish {
    bool completions;
    bool json;
} fsck_wish;

/* ---- text ---- */

static void print_finding(const char *where, const audit_finding *f)
{
    printf("%s: %s", where, audit_verdict_name(f->verdict));
    if (f->id.text[0] != '\0')
        printf(" %s", f->id.text);
    if (f->to != 0)
        printf(" %" PRIu64 " to %" PRIu64, f->from, f->to);
    printf(": %s\n", audit_verdict_sentence(f->verdict));
}

static void print_findings(const char *where, const audit_findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        print_finding(where, &f->items[i]);
}

static void print_verdict(const char *where, size_t findings)
{
    if (findings == 0)
        printf("%s: sound", where);
    else
        printf("%s: %zu findings", where, findings);
}

static void print_partition(const audit_partition *p)
{
    char where[512];
    snprintf(where, sizeof where, "%.*s/%d", (int)p->name.topic.count, p->name.topic.text, p->name.number);
    print_findings(where, &p->findings);
    print_verdict(where, p->findings.count);
    if (p->committed < 0)
        printf("; nothing committed");
    else
        printf("; committed %" PRId64, p->committed);
    printf("; outbox %" PRIu64 " of %" PRIu64 " published; %" PRIu64 " ended, %" PRIu64 " waiting, %" PRIu64
           " running, %" PRIu64 " not committed, %" PRIu64 " stale timers\n",
           p->published_last, p->last > p->published_last ? p->last : p->published_last, p->ended, p->waiting,
           p->running, p->uncommitted, p->stale);
}

static void print_completions(const fsck_result *r)
{
    print_findings("completions", &r->findings);
    print_verdict("completions", r->findings.count);
    printf("; %" PRIu64 " read, %" PRIu64 " other messages, %" PRIu64
           " executions older than what the topic still has\n",
           r->completions, r->foreign, r->unchecked);
}

/* ---- JSON ---- */

static void print_json_findings(const audit_findings *f)
{
    printf("\"sound\":%s,\"findings\":[", f->count == 0 ? "true" : "false");
    for (size_t i = 0; i < f->count; i++) {
        const audit_finding *item = &f->items[i];
        printf("%s{\"finding\":\"%s\"", i > 0 ? "," : "", audit_verdict_name(item->verdict));
        if (item->id.text[0] != '\0')
            printf(",\"execution_id\":\"%s\"", item->id.text);
        if (item->to != 0)
            printf(",\"from\":%" PRIu64 ",\"to\":%" PRIu64, item->from, item->to);
        putchar('}');
    }
    putchar(']');
}

/* A topic's name needs no escapes: Kafka allows letters, digits, '.', '_' and '-', and what Redis says is one
 * was held against that. */
static void print_json_partition(const audit_partition *p)
{
    printf("{\"topic\":\"%.*s\",\"partition\":%d,", (int)p->name.topic.count, p->name.topic.text,
           p->name.number);
    print_json_findings(&p->findings);
    printf(",\"committed\":");
    if (p->committed < 0)
        printf("null");
    else
        printf("%" PRId64, p->committed);
    printf(",\"outbox_published\":%" PRIu64 ",\"outbox_last\":%" PRIu64 ",\"ended\":%" PRIu64
           ",\"waiting\":%" PRIu64 ",\"running\":%" PRIu64 ",\"uncommitted\":%" PRIu64
           ",\"stale_timers\":%" PRIu64 "}\n",
           p->published_last, p->last, p->ended, p->waiting, p->running, p->uncommitted, p->stale);
}

static void print_json_completions(const fsck_result *r)
{
    printf("{\"topic\":null,\"partition\":null,");
    print_json_findings(&r->findings);
    printf(",\"completions\":%" PRIu64 ",\"other_messages\":%" PRIu64 ",\"unchecked\":%" PRIu64 "}\n",
           r->completions, r->foreign, r->unchecked);
}

/* ---- the command ---- */

static int print_result(const fsck_result *r, const fsck_wish *w)
{
    bool sound = r->findings.count == 0;
    for (size_t i = 0; i < r->count; i++) {
        if (w->json)
            print_json_partition(&r->partitions[i]);
        else
            print_partition(&r->partitions[i]);
        sound = sound && r->partitions[i].findings.count == 0;
    }
    if (w->completions && w->json)
        print_json_completions(r);
    else if (w->completions)
        print_completions(r);
    return sound ? CLI_OK : CLI_FAILED;
}

static bool take_option(void *data, const cli_options *o)
{
    fsck_wish *w = data;
    if (o->letter == OPTION_COMPLETIONS)
        w->completions = true;
    else
        w->json = true;
    return true;
}

static int fail(const store_session *s, const error *e)
{
    if (e->code == ERROR_KAFKA)
        return cli_fail(s->usage, CLI_UNREACHABLE, "%s", e->message);
    if (e->code == ERROR_CONFIG)
        return cli_fail(s->usage, CLI_USAGE, "%s", e->message);
    return store_session_fail(s, e);
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest;
    (void)rest_count;
    const fsck_wish *w = data;
    fsck_result r;
    error e = {0};
    int code = store_session_configure(s);
    if (code != CLI_OK)
        return code;
    const fsck_options o = {.config = &s->config, .redis = &s->redis, .completions = w->completions};
    code = fsck_run(&r, &o, &e) ? print_result(&r, w) : fail(s, &e);
    fsck_free(&r);
    return code;
}

int cli_fsck(int argc, char **argv)
{
    static const store_command command = {
        .usage = &usage, .take_option = take_option, .run = run, .opens_late = true};
    fsck_wish w = {0};
    return store_command_run(&command, &w, argc, argv);
}
