/* inbox: the subcommands of `carillon inbox`, and what they have in common. */
#ifndef WORKER_CLI_INBOX_H
#define WORKER_CLI_INBOX_H

#include "worker/channel/inbox/inbox_session.h"
#include "worker/cli/store_command.h"

int cli_inbox_list(int argc, char **argv);
int cli_inbox_read(int argc, char **argv);
int cli_inbox_archive(int argc, char **argv);

/* The inbox of a recipient for a command that opens late: CLI_OK, or says what is wrong and returns the exit
 * code. */
int cli_inbox_open(store_session *s, const char *recipient, inbox_session *inbox);
void cli_inbox_close(inbox_session *inbox);

#endif
