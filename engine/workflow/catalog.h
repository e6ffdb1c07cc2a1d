/* catalog: the workflows that a worker knows at one moment: an immutable snapshot, swapped whole when
 * anything changes. Shards hold a reference for as long as they look workflows up in it; an execution that
 * must outlive that holds its workflow (workflow_retain). */
#ifndef ENGINE_WORKFLOW_CATALOG_H
#define ENGINE_WORKFLOW_CATALOG_H

#include "engine/workflow/workflow.h"

typedef struct catalog catalog;

/* Takes the caller's reference to each workflow, also on failure. Two with the same id are a finding
 * (unique_workflow_id); so is a lack of memory. NULL with a finding. The caller owns one reference. */
MUST_CHECK const catalog *catalog_new(const workflow *const *workflows, size_t count, workflow_findings *f);

const catalog *catalog_retain(const catalog *c);
void catalog_release(const catalog *c); /* NULL is allowed */

/* The workflow with this id in any status, borrowed from the catalog, or NULL. */
const workflow *catalog_find(const catalog *c, const char *id, size_t id_size);

/* All of them, by id. */
size_t catalog_count(const catalog *c);
const workflow *catalog_at(const catalog *c, size_t index);

#endif
