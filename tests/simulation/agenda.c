#include "tests/simulation/agenda.h"

#include <assert.h>
#include <stdlib.h>

void agenda_reset(agenda *a, dice *d)
{
    a->now_us = 0;
    a->steps = 0;
    a->count = 0;
    a->dice = d;
}

void agenda_free(agenda *a)
{
    free(a->heap);
    *a = (agenda){0};
}

static bool before(const agenda_item *x, const agenda_item *y)
{
    return x->at_us != y->at_us ? x->at_us < y->at_us : x->tie < y->tie;
}

static void sift_up(agenda *a, size_t i)
{
    agenda_item item = a->heap[i];
    for (; i > 0 && before(&item, &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        a->heap[i] = a->heap[(i - 1) / 2];
    a->heap[i] = item;
}

static void sift_down(agenda *a)
{
    agenda_item item = a->heap[0];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= a->count)
            break;
        if (child + 1 < a->count && before(&a->heap[child + 1], &a->heap[child]))
            child++;
        if (!before(&a->heap[child], &item))
            break;
        a->heap[i] = a->heap[child];
        i = child;
    }
    a->heap[i] = item;
}

void agenda_add(agenda *a, int64_t delay_us, agenda_action *run, void *subject, uint64_t number, void *data)
{
    if (a->count == a->capacity) {
        a->capacity = a->capacity == 0 ? 256 : 2 * a->capacity;
        a->heap = realloc(a->heap, a->capacity * sizeof *a->heap);
        assert(a->heap != NULL);
    }
    a->heap[a->count] = (agenda_item){
        .at_us = a->now_us + (delay_us > 0 ? delay_us : 0),
        .tie = dice_next(a->dice),
        .run = run,
        .subject = subject,
        .number = number,
        .data = data,
    };
    sift_up(a, a->count++);
}

bool agenda_step(agenda *a)
{
    if (a->count == 0)
        return false;
    agenda_item item = a->heap[0];
    a->heap[0] = a->heap[--a->count];
    if (a->count > 0)
        sift_down(a);
    a->now_us = item.at_us;
    a->steps++;
    item.run(item.subject, item.number, item.data);
    return true;
}
