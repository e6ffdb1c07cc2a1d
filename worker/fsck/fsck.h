/* fsck: reads what Kafka and Redis have of a group, and holds it against each other (audit.h). Read-only; the
 * workers may run meanwhile. */
#ifndef WORKER_FSCK_H
#define WORKER_FSCK_H

#include "worker/fsck/fsck_kafka.h"

typedef struct fsck_options {
    const config *config;
    const redis_url *redis;
    bool completions; /* read the execution completion topic as well */
} fsck_options;

typedef struct fsck_result {
    arena memory; /* names and outbox numbers */
    audit_partition *partitions;
    size_t count;
    uint64_t completions;    /* read */
    uint64_t foreign;        /* messages of that topic that are none */
    uint64_t unchecked;      /* ended executions whose completion may have left the topic */
    audit_findings findings; /* about completions without a partition */
} fsck_result;

/* Must be freed in any case. ERROR_REDIS, ERROR_KAFKA, ERROR_CONFIG, ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool fsck_run(fsck_result *r, const fsck_options *o, error *e);
void fsck_free(fsck_result *r);

#endif
