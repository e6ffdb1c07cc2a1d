/* execution: the subcommands of `carillon execution`, and what they have in common. */
#ifndef WORKER_CLI_EXECUTION_H
#define WORKER_CLI_EXECUTION_H

#include "worker/cli/store_command.h"
#include "worker/records/records.h"

int cli_execution_list(int argc, char **argv);
int cli_execution_show(int argc, char **argv);
int cli_execution_retry(int argc, char **argv);
int cli_execution_cancel(int argc, char **argv);

/* Which executions a person means. */
typedef struct execution_filter {
    const char *workflow; /* its id; NULL: any */
    bool has_status;
    execution_status status;
    bool waiting; /* only what waits for a time */
} execution_filter;

enum { OPTION_WORKFLOW = CLI_LONG_ONLY + 50, OPTION_STATUS };

#define EXECUTION_FILTER_OPTIONS                                                                        \
    {OPTION_WORKFLOW, "workflow", "ID", "only executions of this workflow"},                            \
    {                                                                                                   \
        OPTION_STATUS, "status", "STATUS", "only these: PENDING, RUNNING, COMPLETED, FAILED or waiting" \
    }

/* Takes one of these options. False for any other, or, after saying so, where its argument is wrong. */
bool execution_filter_take(execution_filter *f, const cli_options *o);
bool execution_filter_matches(const execution_filter *f, const execution *x);

/* Opens the group's records for a command that opens late: CLI_OK, or says what is wrong and returns the exit
 * code. */
int cli_records_open(store_session *s, records **r);

/* Reads an execution's id. False after saying what is wrong. */
MUST_CHECK bool cli_read_execution_id(const cli_usage *usage, const char *text, identity *id);

/* Says that there is no record of an execution, and what may be the reason. Returns the exit code. */
int cli_execution_unknown(const store_session *s, const identity *id);

/* Milliseconds since the epoch, UTC. */
int64_t cli_now_ms(void);

#endif
