/* cli: the subcommands of `carillon`, one file each, and how they are found.
 *
 * A subcommand gets its own name as argv[0], reads its options with worker/cli/options.h, answers --help, and
 * returns an exit code. */
#ifndef WORKER_CLI_CLI_H
#define WORKER_CLI_CLI_H

#include <stddef.h>

/* What the shell sees. Scripts depend on these: add, never renumber. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1, /* the work failed: an invalid document, an input that cannot be read, a fatal error */
    CLI_USAGE = 2,  /* wrong command line or configuration; nothing was tried */
    CLI_UNREACHABLE = 3, /* Kafka or Redis did not answer, and the caller asked not to wait for them */
    CLI_WAITING = 4,     /* what was asked for is noted, but nobody has acted yet */
    /* For main() alone: the work was broken off and its threads still run, so the process must end at once,
     * with CLI_FAILED, and nothing may be freed under them. */
    CLI_ABORTED = 100,
};

typedef struct cli_command {
    const char *name;
    const char *summary; /* one line for `carillon help` */
    int (*run)(int argc, char **argv);
} cli_command;

/* Runs the subcommand that argv[1] names; `help`, --help and --version are understood beside the table. */
int cli_run(const cli_command *commands, size_t command_count, int argc, char **argv);

int cli_check_schema(int argc, char **argv);
int cli_control(int argc, char **argv);
int cli_decode(int argc, char **argv);
int cli_dev(int argc, char **argv);
int cli_eval(int argc, char **argv);
int cli_execution(int argc, char **argv);
int cli_fsck(int argc, char **argv);
int cli_provider(int argc, char **argv);
int cli_inbox(int argc, char **argv);
int cli_render(int argc, char **argv);
int cli_version(int argc, char **argv);
int cli_worker(int argc, char **argv);
int cli_workflow(int argc, char **argv);

#endif
