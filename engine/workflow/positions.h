/* positions: where each node of a document stands in its file.
 *
 * A side table by the node's address, because values themselves have no room for it. A map's member has the
 * position of its key: that is where a person looks for it. Built by one reader, then frozen. */
#ifndef ENGINE_WORKFLOW_POSITIONS_H
#define ENGINE_WORKFLOW_POSITIONS_H

#include "engine/value/value.h"

/* Lines and columns begin at 1; line 0 is "unknown". */
typedef struct position {
    const value *node;
    uint32_t line;
    uint32_t column;
} position;

typedef struct positions {
    arena *arena;
    position *items;
    size_t count;
    size_t capacity;
} positions;

void positions_init(positions *p, arena *a);
/* `node` must stay where it is from now on. False without memory. */
MUST_CHECK bool positions_add(positions *p, const value *node, uint32_t line, uint32_t column);
/* After the last add and before the first find. */
void positions_freeze(positions *p);
/* NULL where the node has no position. */
const position *positions_find(const positions *p, const value *node);

#endif
