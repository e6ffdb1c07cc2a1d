/* Invariants:
 *  1. A block is sent only behind a watch after which every fence was read as ours; so if its EXEC is carried
 *     out, the fences were ours at that moment.
 *  2. At most one block is under way, and the next one waits for its answer: the watch behind it is its
 *     own.
 *  3. A write comes back exactly once, in the order of fence_add, DONE only after Redis acknowledged it.
 *  4. A block whose answer was lost is written again before anything else. All of its writes leave the same
 *     state as once, and nobody else writes while the fences are ours.
 *  5. What was lost may arrive later than what follows, on a connection that nobody else sees any more.
 *     So the next block sets the fences anew, which breaks every other watch that stands.
 *
 *   UNARMED
 *     -> WATCHING  fence_next: something is to be written
 *   WATCHING
 *     -> ARMED     fence_watched, ours
 *     -> UNARMED   fence_watched, not ours: all comes back FENCED; fence_disarm
 *   ARMED
 *     -> WRITING   fence_next: something is to be written
 *     -> UNARMED   fence_disarm, fence_drop: other fences may be meant from now on
 *   WRITING
 *     -> ARMED     fence_written, the fences read as ours: the block comes back DONE, or stays if EXEC was
 *                  refused (a watched key was touched and is ours all the same)
 *     -> UNARMED   fence_written, not ours: DONE if executed, else FENCED, and all that waits FENCED;
 *                  fence_disarm: the block stays, or comes back FENCED after a fence_drop */
#include "engine/custody/fence.h"

#include <assert.h>

#include "engine/custody/mutation.h"
#include "engine/limits.h"

void fence_init(fence *f)
{
    *f = (fence){.state = FENCE_UNARMED};
    f->last = &f->first;
    f->done_last = &f->done;
}

void fence_add(fence *f, fenced_write *w)
{
    w->next = NULL;
    w->outcome = WRITE_UNDER_WAY;
    *f->last = w;
    f->last = &w->next;
    f->count++;
}

/* Moves a whole list to what is done. */
static void finish(fence *f, fenced_write *list, write_outcome outcome)
{
    *f->done_last = list;
    for (fenced_write *w = list; w != NULL; w = w->next) {
        w->outcome = outcome;
        f->done_last = &w->next;
    }
}

static void finish_block(fence *f, write_outcome outcome)
{
    finish(f, f->block, outcome);
    f->block = NULL;
    f->abandoned = false;
}

void fence_drop(fence *f)
{
    fenced_write *waiting = f->first;
    f->first = NULL;
    f->last = &f->first;
    if (f->state == FENCE_WRITING)
        f->abandoned = true;
    else
        finish_block(f, WRITE_FENCED);
    if (f->state == FENCE_ARMED)
        f->state = FENCE_UNARMED;
    finish(f, waiting, WRITE_FENCED);
}

static size_t weight(const fenced_write *w)
{
    return w->record.count + (w->entry != NULL ? w->entry->size : 0);
}

static void cut_block(fence *f)
{
    uint32_t count = 0;
    size_t bytes = 0;
    fenced_write **link = &f->first;
    while (*link != NULL && count < LIMIT_FENCE_WRITES && bytes < LIMIT_FENCE_BYTES) {
        count++;
        bytes += weight(*link);
        link = &(*link)->next;
    }
    f->block = f->first;
    f->first = *link;
    *link = NULL;
    if (f->first == NULL)
        f->last = &f->first;
}

fence_action fence_next(fence *f)
{
    bool wanted = f->block != NULL || f->first != NULL;
    if (!wanted || f->state == FENCE_WATCHING || f->state == FENCE_WRITING)
        return FENCE_WAIT;
    if (f->state == FENCE_UNARMED) {
        f->state = FENCE_WATCHING;
        return FENCE_WATCH;
    }
    if (f->block == NULL)
        cut_block(f);
    f->state = FENCE_WRITING;
    return FENCE_WRITE;
}

static void lose(fence *f)
{
    f->state = FENCE_UNARMED;
    fence_drop(f);
}

void fence_watched(fence *f, bool current)
{
    assert(f->state == FENCE_WATCHING);
    if (current)
        f->state = FENCE_ARMED;
    else
        lose(f);
}

void fence_written(fence *f, bool executed, bool current)
{
    assert(f->state == FENCE_WRITING);
    bool abandoned = f->abandoned;
    f->state = FENCE_UNARMED;
    f->renew &= !executed;
    if (executed)
        finish_block(f, WRITE_DONE);
    else if (abandoned)
        finish_block(f, WRITE_FENCED);
    if (!current)
        lose(f);
    else if (!abandoned)
        f->state = FENCE_ARMED;
}

void fence_disarm(fence *f)
{
    f->renew |= f->state == FENCE_WRITING && !MUTATION(NO_RENEW);
    if (MUTATION(LOST_ANSWER_IS_SUCCESS) && f->state == FENCE_WRITING && !f->abandoned)
        finish_block(f, WRITE_DONE);
    if (!MUTATION(WATCH_SURVIVES_LOSS) || f->state == FENCE_WATCHING)
        f->state = FENCE_UNARMED;
    else if (f->state == FENCE_WRITING)
        f->state = FENCE_ARMED;
    if (f->abandoned)
        finish_block(f, WRITE_FENCED);
}

fenced_write *fence_take_done(fence *f)
{
    fenced_write *w = f->done;
    if (w == NULL)
        return NULL;
    f->done = w->next;
    f->count--;
    if (f->done == NULL)
        f->done_last = &f->done;
    return w;
}

bool fence_idle(const fence *f)
{
    return f->block == NULL && f->first == NULL;
}
