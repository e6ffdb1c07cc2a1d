/* workflow: the subcommands of `carillon workflow`, one file each, and what they print in common. */
#ifndef WORKER_CLI_WORKFLOW_H
#define WORKER_CLI_WORKFLOW_H

#include "engine/workflow/findings.h"
#include "worker/cli/options.h"

int cli_workflow_lint(int argc, char **argv);
int cli_workflow_apply(int argc, char **argv);
int cli_workflow_list(int argc, char **argv);
int cli_workflow_show(int argc, char **argv);
int cli_workflow_diff(int argc, char **argv);
int cli_workflow_activate(int argc, char **argv);
int cli_workflow_archive(int argc, char **argv);

/* Prints findings to stdout, one a line, and how many there are beyond those that are kept. */
void cli_print_findings(const workflow_findings *f);

/* Reads a version's number (from 1). False after saying what is wrong. */
MUST_CHECK bool cli_read_version(const cli_usage *usage, const char *text, int *version);

#endif
