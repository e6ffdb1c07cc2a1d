#include <stdio.h>

#include "engine/limits.h"
#include "worker/catalog/workflow_files.h"
#include "worker/cli/store_command.h"
#include "worker/cli/workflow.h"

static const cli_option options[] = {
    {'a', "activate", NULL, "make what is applied the version that executes"},
    STORE_OPTIONS,
    STORE_ACTOR_OPTION,
};

static const cli_usage usage = {
    .synopsis = "workflow apply [OPTION...] FILE...",
    .summary = "Stores workflow documents (a folder stands for those in it) as immutable,\n"
               "numbered versions; a content that is stored already makes no new version.\n"
               "Nothing is stored unless all of them are sound. A document's own `status` is\n"
               "not looked at: --activate, and the commands activate and archive, change it.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = LIMIT_CATALOG_WORKFLOWS,
};

static const char *what_happened(const catalog_applied *applied, bool activate)
{
    if (applied->is_new)
        return applied->is_activated ? "stored and activated" : "stored";
    if (applied->is_activated)
        return "stored before, activated";
    return activate ? "stored and active before" : "stored before";
}

static int apply_compiled(store_session *s, const compiled_file *file, bool activate)
{
    catalog_applied applied;
    error e = {0};
    const catalog_author author = store_session_author(s);
    if (!catalog_store_apply(s->store, &file->document, file->workflow,
                             activate ? WORKFLOW_ACTIVE : WORKFLOW_DRAFT, &author, &applied, &e)) {
        (void)error_prefix(&e, "%s", file->workflow->id.text);
        return store_session_fail(s, &e);
    }
    printf("%s: version %d, %s\n", file->workflow->id.text, applied.version,
           what_happened(&applied, activate));
    return CLI_OK;
}

static int apply_one(store_session *s, const workflow_file *file, bool activate)
{
    compiled_file compiled;
    workflow_findings findings;
    workflow_findings_init(&findings, &s->memory);
    int code = CLI_FAILED;
    if (workflow_file_compile(file, &compiled, &findings))
        code = apply_compiled(s, &compiled, activate);
    else
        cli_print_findings(&findings);
    compiled_file_free(&compiled);
    return code;
}

/* One that is refused does not keep the others from being applied. */
static int apply_all(store_session *s, const workflow_files *files, bool activate)
{
    int worst = store_session_open(s);
    if (worst != CLI_OK)
        return worst;
    for (size_t i = 0; i < files->count; i++) {
        int code = apply_one(s, &files->items[i], activate);
        worst = code != CLI_OK ? code : worst;
    }
    return worst;
}

static bool take_option(void *data, const cli_options *o)
{
    (void)o;
    *(bool *)data = true;
    return true;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    const bool *activate = data;
    workflow_files files;
    workflow_findings findings;
    int code = CLI_FAILED;
    workflow_findings_init(&findings, &s->memory);
    if (workflow_files_load(&files, (const char *const *)rest, rest_count, &findings))
        code = apply_all(s, &files, *activate);
    else
        cli_print_findings(&findings);
    workflow_files_free(&files);
    return code;
}

int cli_workflow_apply(int argc, char **argv)
{
    static const store_command command = {
        .usage = &usage, .take_option = take_option, .run = run, .opens_late = true};
    bool activate = false;
    return store_command_run(&command, &activate, argc, argv);
}
