/* document: one workflow document as its author wrote it: values and where each of them stands.
 *
 * YAML (one document a file, the core schema of YAML 1.2: `yes` and `010` are what they say there; anchors
 * and aliases within a bound on the expanded size) or JSON. Refused in both: a key that is there twice.
 * Refused in YAML: tags, merge keys (`<<`), keys that are no strings, .inf and .nan. */
#ifndef ENGINE_WORKFLOW_DOCUMENT_H
#define ENGINE_WORKFLOW_DOCUMENT_H

#include "engine/value/buffer.h"
#include "engine/workflow/positions.h"

/* Read-only after document_read; lives as long as the arena and the text it was read from. */
typedef struct document {
    const char *name; /* for findings: the file's path as the user gave it */
    const value *root;
    positions positions;
} document;

/* Reads `text`: as JSON where `name` ends in .json, as YAML where it ends in .yaml or .yml, else by the first
 * byte that is no space ('{': JSON). `name` and `text` are borrowed for the document's life.
 * Errors, with the line (not the byte) in e->position: ERROR_SYNTAX, ERROR_LIMIT (LIMIT_DOCUMENT_BYTES,
 * LIMIT_VALUE_DEPTH, LIMIT_DOCUMENT_EXPANDED_BYTES), ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool document_read(document *d, arena *a, const char *name, const char *text, size_t size,
                              error *e);

/* The line of a node of this document (a pointer into its values), or 0. */
size_t document_line(const document *d, const value *node);
/* Appends the JSON Pointer of a node of this document; of one that aliases share, that of its first place. */
void document_write_pointer(const document *d, const value *node, buffer *b);
/* The node that a JSON Pointer leads to from `from`, or NULL. */
const value *document_follow(const value *from, const char *pointer, size_t size);

#endif
