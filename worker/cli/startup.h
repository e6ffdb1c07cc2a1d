/* startup: what a worker must have read before it starts: workflows, writer schemas, a seed. */
#ifndef WORKER_CLI_STARTUP_H
#define WORKER_CLI_STARTUP_H

#include "worker/catalog/workflow_files.h"
#include "worker/config/config.h"
#include "worker/log.h"
#include "worker/registry/registry.h"

typedef struct startup {
    workflow_files documents; /* of the folder worker.workflows */
    registry *registry;
    uint32_t hash_seed;
} startup;

/* Everything that is wrong is logged, one line each; a worker does not start with a broken document. */
MUST_CHECK bool startup_load(startup *s, const config *c, const logger *log);
void startup_free(startup *s);

#endif
