/* execution_key: the key of an execution's record as a command has it: "$<size>\r\n<key>\r\n" (resp.h,
 * keys.h).
 *
 * All of it but the id is the same for a whole partition. Messages come in runs of one partition, and so do
 * what is read and written for them: the text of the last one is kept. */
#ifndef WORKER_SHARD_EXECUTION_KEY_H
#define WORKER_SHARD_EXECUTION_KEY_H

#include "engine/execution/identity.h"
#include "worker/config/config.h"

typedef struct execution_key {
    const config *config; /* borrowed */
    arena memory;         /* of `head` */
    buffer head;          /* up to the id; nothing: none is kept */
    uint32_t topic;       /* that it is for */
    int32_t partition;
} execution_key;

void execution_key_init(execution_key *k, const config *c);
void execution_key_free(execution_key *k);

/* Appends `before`, which is the command so far, and the key. */
void execution_key_write(execution_key *k, buffer *b, const char *before, size_t before_size, uint32_t topic,
                         int32_t partition, const identity *id);

#endif
