#include "engine/custody/epoch.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/custody/mutation.h"

epoch *epoch_new(uint64_t assignment, uint64_t generation)
{
    epoch *e = calloc(1, sizeof *e);
    if (e != NULL)
        *e = (epoch){.assignment = assignment, .generation = generation};
    return e;
}

void epoch_free(epoch *e)
{
    if (e == NULL)
        return;
    free(e->offsets);
    free(e->timers);
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
    assert(to != EPOCH_COMMITTING || e->unsettled == 0 || MUTATION(UNSETTLED_COMMIT));
    e->state = to;
}

/* Where nothing was taken from it, the committed offset is committed once more: the metadata is what matters,
 * or that it commits. */
static epoch_offset offset_of(partition *p)
{
    epoch_offset o = {
        .topic = p->topic,
        .partition = p->number,
        .next = p->taken >= 0 ? p->taken : p->committed,
        .outbox_from = p->outbox.published,
        .outbox = outbox_ready(&p->outbox),
    };
    p->in_epoch = false;
    return o;
}

bool epoch_seal(epoch *e, partition_table *partitions)
{
    e->offsets = malloc((partitions->count + 1) * sizeof *e->offsets);
    if (e->offsets == NULL)
        return false;
    for (uint32_t i = 0; i < partitions->count; i++)
        if (partitions->items[i].in_epoch)
            e->offsets[e->offset_count++] = offset_of(&partitions->items[i]);
    epoch_move(e, EPOCH_SEALED);
    return true;
}

bool epoch_add_timer(epoch *e, const partition *p, const timer_entry *x)
{
    if (e->timer_count == e->timer_capacity) {
        uint32_t wider = e->timer_capacity == 0 ? 16 : 2 * e->timer_capacity;
        epoch_timer *moved = realloc(e->timers, wider * sizeof *moved);
        if (moved == NULL)
            return false;
        e->timers = moved;
        e->timer_capacity = wider;
    }
    e->timers[e->timer_count++] = (epoch_timer){p->topic, p->number, *x};
    return true;
}
