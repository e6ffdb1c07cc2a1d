/* catalog_store: workflows, their versions and their control values in Redis, over a blocking connection.
 *
 * All keys carry the hash tag {catalog}, so that they live on one node of a cluster and change together:
 * worker/README.md, "Redis keys", lists them. Versions of documents and of control values are immutable; what
 * changes is each workflow's life (engine/workflow/life.h), in a transaction that is tried again where
 * somebody else was faster. Every change raises the counter and is published, so that workers see it. */
#ifndef WORKER_CATALOG_STORE_H
#define WORKER_CATALOG_STORE_H

#include "engine/limits.h"
#include "engine/workflow/catalog.h"
#include "engine/workflow/controls.h"
#include "engine/workflow/life.h"
#include "engine/workflow/stored_version.h"
#include "worker/config/redis_url.h"

typedef struct catalog_store catalog_store;

/* The catalog of a group of workers (borrowed; at most LIMIT_GROUP_BYTES). NULL with ERROR_REDIS. One thread
 * at a time. */
MUST_CHECK catalog_store *catalog_store_open(const redis_url *url, const char *group, int64_t timeout_ms,
                                             error *e);
void catalog_store_close(catalog_store *s); /* NULL is allowed */

enum { CATALOG_CHANNEL_SIZE = LIMIT_GROUP_BYTES + 16 };

/* The channel that every change is published on, GROUP:catalog; the message is the workflow's id. */
void catalog_store_channel(const char *group, char channel[CATALOG_CHANNEL_SIZE]);

/* ---- reading: results live in the caller's arena ---- */

typedef struct stored_life {
    value id;
    workflow_life life;
} stored_life;

/* Changes whenever anything does; 0 for a store that never held a workflow. */
MUST_CHECK bool catalog_store_counter(catalog_store *s, int64_t *counter, error *e);
/* All workflows, by id. */
MUST_CHECK bool catalog_store_list(catalog_store *s, arena *a, const stored_life **lives, size_t *count,
                                   error *e);
/* ERROR_UNKNOWN_WORKFLOW where there is none. */
MUST_CHECK bool catalog_store_life(catalog_store *s, const value *id, workflow_life *life, error *e);
MUST_CHECK bool catalog_store_version(catalog_store *s, const value *id, int version, arena *a,
                                      stored_version *out, error *e);
/* The stored values of a control version (the empty map for 0). */
MUST_CHECK bool catalog_store_controls(catalog_store *s, const value *id, int64_t control_version, arena *a,
                                       value *values, error *e);
/* The changes of control values, oldest first: change i made version i + 1. */
MUST_CHECK bool catalog_store_changes(catalog_store *s, const value *id, arena *a,
                                      const control_change **changes, size_t *count, error *e);

/* One version compiled with one version of the control values. NULL with *e; where the document is what is
 * wrong, with ERROR_INVALID_WORKFLOW and its first finding. */
MUST_CHECK const workflow *catalog_store_workflow(catalog_store *s, const value *id, int version,
                                                  workflow_status status, int64_t control_version, error *e);

/* Everything, as workers use it: of each workflow the active version, or the latest draft, or what was last
 * active before it was archived. What is as in `previous` (may be NULL) is not compiled again. What does not
 * compile (a newer carillon may have stored it) stays as in `previous`, and is a finding; so does, without
 * one, what Redis has lost. NULL with *e. */
MUST_CHECK const catalog *catalog_store_load(catalog_store *s, const catalog *previous, workflow_findings *f,
                                             error *e);

/* ---- changing ---- */

typedef struct catalog_author {
    const char *name;
    int64_t time_ms;
} catalog_author;

typedef struct catalog_applied {
    int version;
    bool is_new;       /* the content was not stored yet */
    bool is_activated; /* by this call: it did not execute before */
    bool is_archived;  /* by this call */
} catalog_applied;

/* Stores the content of a document (w is what it compiled to) unless it is stored already, and with `wanted`
 * ACTIVE makes it the version that executes, with ARCHIVED ends the workflow's life as well. What would be
 * active must be complete: the stored control values fit it, and required ones are there. */
MUST_CHECK bool catalog_store_apply(catalog_store *s, const document *d, const workflow *w,
                                    workflow_status wanted, const catalog_author *author,
                                    catalog_applied *applied, error *e);
/* version 0: the latest. *version gets its number. */
MUST_CHECK bool catalog_store_activate(catalog_store *s, const value *id, int *version, error *e);
MUST_CHECK bool catalog_store_archive(catalog_store *s, const value *id, error *e);
/* Sets a control, or takes its value back (after NULL). *made lives in the arena. */
MUST_CHECK bool catalog_store_set_control(catalog_store *s, const value *id, const control_path *path,
                                          const value *after, const catalog_author *author, arena *a,
                                          control_change *made, error *e);
/* Undoes one change: its control gets the value it had before. */
MUST_CHECK bool catalog_store_revert_control(catalog_store *s, const value *id, int64_t version,
                                             const catalog_author *author, arena *a, control_change *made,
                                             error *e);

#endif
