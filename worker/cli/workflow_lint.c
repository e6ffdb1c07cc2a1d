#include <stdio.h>

#include "engine/limits.h"
#include "worker/catalog/workflow_files.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/cli/workflow.h"

static const cli_usage usage = {
    .synopsis = "workflow lint FILE...",
    .summary = "Checks workflow documents (YAML or JSON; a folder stands for those in it; - is\n"
               "standard input) and prints everything that is wrong with them, one a line:\n"
               "file:line: location: rule: sentence. Exit code 0: nothing; 1: something.",
    .rest_min = 1,
    .rest_max = LIMIT_CATALOG_WORKFLOWS,
};

int cli_workflow_lint(int argc, char **argv)
{
    cli_options o;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o))
        ;
    if (o.ended)
        return o.exit_code;
    arena memory;
    workflow_findings findings;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    workflow_files files;
    bool sound = workflow_files_load(&files, (const char *const *)o.rest, o.rest_count, &findings);
    if (sound)
        printf("%zu workflow%s, nothing to say\n", files.count, files.count == 1 ? "" : "s");
    else
        cli_print_findings(&findings);
    workflow_files_free(&files);
    arena_free(&memory);
    return sound ? CLI_OK : CLI_FAILED;
}
