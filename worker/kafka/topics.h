/* topics: the topics that a worker needs are there, or are made. */
#ifndef WORKER_TOPICS_H
#define WORKER_TOPICS_H

#include "worker/config/config.h"
#include "worker/log.h"

typedef enum topics_outcome {
    TOPICS_READY,
    TOPICS_UNREACHABLE, /* no broker answered in time */
    TOPICS_MISSING,     /* some are missing and may not or could not be made; the error names one */
    TOPICS_FAILED,      /* no client could be made */
} topics_outcome;

/* Looks for every topic of the configuration and, with worker.create_topics, makes those that are missing.
 * Blocks up to about timeout_ms. */
MUST_CHECK topics_outcome topics_ensure(const config *c, const logger *log, int timeout_ms, error *e);

#endif
