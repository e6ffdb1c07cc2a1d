/* yaml: YAML text to values, with positions, over libyaml's parser of events. What it takes and refuses is
 * said in document.h. */
#ifndef ENGINE_WORKFLOW_YAML_H
#define ENGINE_WORKFLOW_YAML_H

#include "engine/workflow/positions.h"

/* Everything lives in the arena, nothing borrows from `text`. *out must stay where it is: it gets a position
 * too. Errors as document_read, with the line in e->position. */
MUST_CHECK bool yaml_read(arena *a, const char *text, size_t size, value *out, positions *p, error *e);

#endif
