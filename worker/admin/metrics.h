/* metrics: the figures of a worker as Prometheus reads them, text format 0.0.4. Names and meanings are in
 * worker/README.md, which is what people build on: add, never rename. */
#ifndef WORKER_ADMIN_METRICS_H
#define WORKER_ADMIN_METRICS_H

#include "engine/value/buffer.h"
#include "worker/admin/process.h"
#include "worker/config/config.h"
#include "worker/shard/figures.h"

/* One shard's part. */
typedef struct shard_metrics {
    figures figures;
    lag_list lags;
    bool ready;
} shard_metrics;

typedef struct metrics {
    const config_list *topics; /* that lags count */
    const config_provider *providers; /* that deliveries are counted of */
    size_t provider_count;
    const shard_metrics *shards;
    unsigned shard_count;
    process_figures process;
    double start_seconds; /* of the process, since 1970 */
} metrics;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends all of them. */
void metrics_write(buffer *b, const metrics *m);

#endif
