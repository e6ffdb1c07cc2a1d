#include <stdio.h>
#include <sys/stat.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/difference.h"
#include "worker/catalog/workflow_files.h"
#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

enum { OPTION_VERSION = CLI_LONG_ONLY, OPTION_TO, SHOWN_BYTES_MAX = 200 };

static const cli_option options[] = {
    {OPTION_VERSION, "version", "N", "the old side, instead of what executes (or the latest draft)"},
    {OPTION_TO, "to", "N", "the new side, instead of the latest version"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "workflow diff [OPTION...] ID|FILE",
    .summary = "Prints what differs between two stored versions of a workflow, or between what\n"
               "is stored and a document that would be applied: one place a line, + for what\n"
               "is new, - for what is gone, ~ for what is other than before. A step's place is\n"
               "named by its id. Exit code 0: nothing differs; 1: something (or an error).",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
};

typedef struct sides {
    int before; /* version; 0: what executes */
    int after;  /* version; 0: the latest */
} sides;

static bool take_option(void *data, const cli_options *o)
{
    sides *chosen = data;
    return cli_read_version(&usage, o->argument, o->letter == OPTION_TO ? &chosen->after : &chosen->before);
}

static void print_value(arena *memory, const value *v)
{
    buffer b;
    buffer_init(&b, memory, LIMIT_DOCUMENT_MEMORY);
    json_write(&b, v);
    int shown = b.size > SHOWN_BYTES_MAX ? SHOWN_BYTES_MAX : (int)b.size;
    while (shown < (int)b.size && shown > 0 && ((unsigned char)b.bytes[shown] & 0xC0) == 0x80)
        shown--;
    printf("%.*s%s", shown, b.bytes, shown < (int)b.size ? "..." : "");
}

static void print_difference(void *data, const char *place, const value *before, const value *after)
{
    printf("%c %s: ", before == NULL ? '+' : after == NULL ? '-' : '~', place);
    if (before != NULL)
        print_value(data, before);
    if (before != NULL && after != NULL)
        printf(" -> ");
    if (after != NULL)
        print_value(data, after);
    putchar('\n');
}

/* Both without the keys that are no content: only stored documents lack them. */
static int compare(store_session *s, const value *before, const value *after)
{
    bool complete;
    buffer b;
    value content;
    buffer_init(&b, &s->memory, LIMIT_DOCUMENT_MEMORY);
    content_write_document(&b, after);
    if (b.failed || !json_read(&s->memory, b.bytes, b.size, &content, NULL))
        return cli_fail(&usage, CLI_FAILED, "the document is too large to compare");
    size_t count = difference_find(before, &content, &s->memory, print_difference, &s->memory, &complete);
    if (!complete)
        return cli_fail(&usage, CLI_FAILED, "the documents are too large to compare");
    return count == 0 ? CLI_OK : CLI_FAILED;
}

/* The old side, and what the store knows about the workflow. */
static bool read_before(store_session *s, const value *id, int version, workflow_life *life,
                        stored_version *stored, error *e)
{
    return catalog_store_life(s->store, id, life, e) &&
           catalog_store_version(s->store, id, version != 0 ? version : workflow_life_version(life),
                                 &s->memory, stored, e);
}

static int compare_versions(store_session *s, const sides *chosen, const char *id_text)
{
    const value id = value_cstring(id_text);
    workflow_life life;
    stored_version before, after;
    error e = {0};
    if (!read_before(s, &id, chosen->before, &life, &before, &e) ||
        !catalog_store_version(s->store, &id, chosen->after != 0 ? chosen->after : life.latest, &s->memory,
                               &after, &e))
        return store_session_fail(s, &e);
    return compare(s, before.document, after.document);
}

static int compare_file(store_session *s, const sides *chosen, const compiled_file *file)
{
    workflow_life life;
    stored_version before;
    error e = {0};
    if (!read_before(s, &file->workflow->id, chosen->before, &life, &before, &e))
        return store_session_fail(s, &e);
    return compare(s, before.document, file->document.root);
}

static int compile_and_compare(store_session *s, const sides *chosen, const workflow_file *file)
{
    compiled_file compiled;
    workflow_findings findings;
    int code = CLI_FAILED;
    workflow_findings_init(&findings, &s->memory);
    if (workflow_file_compile(file, &compiled, &findings))
        code = compare_file(s, chosen, &compiled);
    else
        cli_print_findings(&findings);
    compiled_file_free(&compiled);
    return code;
}

static int load_and_compare(store_session *s, const sides *chosen, const char *path)
{
    workflow_files files;
    workflow_findings findings;
    int code = CLI_FAILED;
    workflow_findings_init(&findings, &s->memory);
    if (!workflow_files_load(&files, &path, 1, &findings))
        cli_print_findings(&findings);
    else if (files.count != 1)
        code = cli_fail(&usage, CLI_USAGE, "%s: compare one document at a time", path);
    else
        code = compile_and_compare(s, chosen, &files.items[0]);
    workflow_files_free(&files);
    return code;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    const sides *chosen = data;
    struct stat status;
    if (stat(rest[0], &status) != 0)
        return compare_versions(s, chosen, rest[0]);
    if (chosen->after != 0)
        return cli_fail(&usage, CLI_USAGE, "--to is for versions: %s is a file", rest[0]);
    return load_and_compare(s, chosen, rest[0]);
}

int cli_workflow_diff(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .take_option = take_option, .run = run};
    sides chosen = {0};
    return store_command_run(&command, &chosen, argc, argv);
}
