/* content: what a workflow document says, apart from how it is written and where it stands in its life. Two
 * documents with the same content are the same version. */
#ifndef ENGINE_WORKFLOW_CONTENT_H
#define ENGINE_WORKFLOW_CONTENT_H

#include "engine/value/buffer.h"

enum { CONTENT_ID_SIZE = 37 }; /* a UUID's text and its NUL */

/* The canonical JSON of a document's root: keys in the order of their bytes, no `status` and no `$schema` at
 * the top. The buffer fails where there is no memory. */
void content_write(buffer *b, const value *root);

/* As JSON in the author's order, without the same keys. `root` must be a map. */
void content_write_document(buffer *b, const value *root);

/* UUIDv5 of the canonical JSON in carillon's namespace. False without memory in the scratch arena. */
MUST_CHECK bool content_id(const value *root, arena *scratch, char id[CONTENT_ID_SIZE]);

#endif
