/* worker: some shards, started and stopped together, and the thread that watches over them. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "worker/catalog/workflow_files.h"
#include "worker/shard/shard.h"

typedef struct worker worker;

typedef enum worker_outcome {
    WORKER_STOPPED,     /* as asked: drained and committed */
    WORKER_UNREACHABLE, /* Kafka or Redis did not answer, and exit_on_unreachable was set */
    WORKER_FAILED,      /* a fatal error, which was logged */
    WORKER_ABORTED,     /* asked to stop a second time: threads still run, so the process must end at once */
} worker_outcome;

/* Everything is borrowed for the worker's life. */
typedef struct worker_options {
    const config *config;
    const workflow_files *documents; /* applied to the store at the start */
    const registry *registry;
    const logger *log;
    uint32_t hash_seed;  /* random */
    bool handle_signals; /* SIGTERM and SIGINT stop it, a second one aborts */
    void (*ready)(void *context,
                  uint32_t partitions); /* may be NULL; each time all shards have become ready */
    void *context;
} worker_options;

/* NULL with the error; ERROR_CONFIG where the admin server cannot listen where it was told to. */
MUST_CHECK worker *worker_new(const worker_options *options, error *e);
/* Looks after the topics, starts the shards and returns when they have stopped. */
worker_outcome worker_run(worker *w);
/* Any thread. */
void worker_stop(worker *w);
/* The address of the admin server, as host:port; NULL where it is off. */
const char *worker_admin_address(const worker *w);
/* Not after WORKER_ABORTED. NULL is allowed. */
void worker_free(worker *w);

#endif
