/* json_positions: where the nodes of a JSON text stand, found by a second walk over text that json_read has
 * taken. The same walk finds repeated keys, which json_read lets pass. */
#ifndef ENGINE_WORKFLOW_JSON_POSITIONS_H
#define ENGINE_WORKFLOW_JSON_POSITIONS_H

#include "engine/workflow/positions.h"

/* `root` is what json_read made of the text; it gets a position too. False, with the line in e->position:
 * ERROR_SYNTAX for a repeated key, ERROR_LIMIT. */
MUST_CHECK bool json_positions_read(positions *p, const char *text, size_t size, const value *root, error *e);

#endif
