#include "engine/custody/epoch.h"

#include <assert.h>
#include <stdlib.h>

epoch *epoch_new(uint64_t assignment)
{
    epoch *e = calloc(1, sizeof *e);
    if (e != NULL)
        e->assignment = assignment;
    return e;
}

void epoch_free(epoch *e)
{
    if (e != NULL)
        free(e->offsets);
    free(e);
}

void epoch_move(epoch *e, epoch_state to)
{
    static const bool allowed[5][5] = {
        [EPOCH_OPEN] = {[EPOCH_SEALED] = true, [EPOCH_DROPPED] = true},
        [EPOCH_SEALED] = {[EPOCH_COMMITTING] = true, [EPOCH_DROPPED] = true},
        [EPOCH_COMMITTING] = {[EPOCH_ENDED] = true, [EPOCH_DROPPED] = true},
        [EPOCH_DROPPED] = {[EPOCH_ENDED] = true},
    };
    assert(allowed[e->state][to]);
    assert(to != EPOCH_COMMITTING || e->unsettled == 0);
    e->state = to;
}

bool epoch_seal(epoch *e, partition_table *partitions)
{
    e->offsets = malloc((partitions->count + 1) * sizeof *e->offsets);
    if (e->offsets == NULL)
        return false;
    for (uint32_t i = 0; i < partitions->count; i++) {
        partition *p = &partitions->items[i];
        if (!p->in_epoch)
            continue;
        e->offsets[e->offset_count++] =
            (epoch_offset){.topic = p->topic, .partition = p->number, .next = p->taken};
        p->in_epoch = false;
    }
    epoch_move(e, EPOCH_SEALED);
    return true;
}
