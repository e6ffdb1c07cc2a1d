/* record_command: what a person asks of an execution's owner: cancel it, or run it again.
 *
 * The owner of the partition looks at the list "<group>:{<topic>/<number>}:commands" twice a second, carries
 * a command out under its fence, and takes it off the list in the same atomic write. So a command that is not
 * on the list any more has been carried out, or had nothing to do. */
#ifndef WORKER_RECORD_COMMAND_H
#define WORKER_RECORD_COMMAND_H

#include "engine/limits.h"
#include "worker/records/records.h"

typedef enum record_verb { RECORD_CANCEL, RECORD_RETRY } record_verb;

typedef struct record_command {
    partition_name partition; /* its topic is NUL-terminated; borrowed */
    char text[LIMIT_COMMAND_BYTES];
} record_command;

/* "<verb> <execution id> <a random UUID>", so that two alike are two. */
void record_command_make(record_command *c, record_verb verb, const identity *id,
                         const partition_name *partition);
/* Puts it on the partition's list. ERROR_LIMIT where that is too long: nobody carries anything out. */
MUST_CHECK bool record_command_push(records *r, const record_command *c, error *e);
/* Whether it is still on the list. */
MUST_CHECK bool record_command_waits(records *r, const record_command *c, bool *waits, error *e);

#endif
