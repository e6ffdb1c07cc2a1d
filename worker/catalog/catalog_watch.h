/* catalog_watch: a thread that keeps a catalog_cell up to date with the store.
 *
 * It applies the documents of the worker's folder first (what is there is what executes: that is how GitOps
 * users expect it), then loads the catalog, and again whenever the store's counter has changed: it looks when
 * it hears of a change, and once a second in any case. A Redis that does not answer is tried again for ever;
 * until then the catalog stays as it is. */
#ifndef WORKER_CATALOG_WATCH_H
#define WORKER_CATALOG_WATCH_H

#include "worker/catalog/catalog_cell.h"
#include "worker/catalog/workflow_files.h"
#include "worker/config/config.h"

typedef struct catalog_watch catalog_watch;

/* Everything is borrowed for the watch's life. */
typedef struct catalog_watch_options {
    const config *config;
    const workflow_files *documents;
    catalog_cell *cell;
    const logger *log;
    uv_async_t *changed; /* sent to after each new catalog, and when the store becomes unreachable */
} catalog_watch_options;

/* NULL with the error. */
MUST_CHECK catalog_watch *catalog_watch_start(const catalog_watch_options *options, error *e);
/* The last try to reach the store has failed. Any thread. */
bool catalog_watch_unreachable(const catalog_watch *w);
/* Ends the thread (a call to Redis is waited for) and frees it. NULL is allowed. */
void catalog_watch_stop(catalog_watch *w);

#endif
