/* stored_version: one version of a workflow as the store keeps it: the document, and who brought it when. */
#ifndef ENGINE_WORKFLOW_STORED_VERSION_H
#define ENGINE_WORKFLOW_STORED_VERSION_H

#include "engine/workflow/content.h"

typedef struct stored_version {
    const value *document; /* a map */
    char content_id[CONTENT_ID_SIZE];
    value actor;
    int64_t time_ms; /* of its first application */
} stored_version;

/* As JSON: content_id, time (RFC 3339), actor, and the document in its author's order, without the keys that
 * are no content. */
void stored_version_write(buffer *b, const stored_version *v);
/* Lives in the arena and borrows from the text. False with ERROR_RECORD. */
MUST_CHECK bool stored_version_read(arena *a, const char *text, size_t size, stored_version *v, error *e);

#endif
