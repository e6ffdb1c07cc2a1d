/* versions: the versions of workflows, with their versions of control values, that executions began with and
 * the present catalog has not any more: loaded from Redis when one of them goes on, on the loop's worker
 * pool. */
#ifndef WORKER_SHARD_VERSIONS_H
#define WORKER_SHARD_VERSIONS_H

#include <uv.h>

#include "engine/workflow/workflow.h"
#include "worker/config/config.h"

enum { VERSIONS_KEPT = 32 };

typedef struct version_request version_request;

/* w: retained for the receiver, or NULL with the error: there is no such version. In a turn of the loop. */
typedef void version_callback(version_request *r, const workflow *w, const error *e);

/* Embedded in the asker's struct; the id's text must stay until `done`. */
struct version_request {
    version_request *next; /* versions' own */
    value id;
    int64_t version;
    int64_t control_version;
    version_callback *done;
};

typedef struct versions {
    const config *config; /* borrowed */
    const logger *log;
    uv_loop_t *loop;

    const workflow *kept[VERSIONS_KEPT]; /* the latest loads, replaced in turn */
    unsigned next_kept;
    version_request *first; /* waiting */
    version_request **last;
    version_request *loading;
    const workflow *loaded;
    error error;
    uv_work_t work;
    uv_timer_t retry;
    bool closing;
} versions;

void versions_init(versions *v, const config *c, const logger *log, uv_loop_t *loop);
/* Nothing is answered any more. The loop goes on until a load that runs has ended. */
void versions_close(versions *v);
void versions_free(versions *v); /* the loop has ended */

/* Retained, or NULL where it must be loaded. */
const workflow *versions_find(const versions *v, const value *id, int64_t version, int64_t control_version);
/* Asks for it; while Redis does not answer, again and again. */
void versions_load(versions *v, version_request *r);

#endif
