#include "engine/custody/partition.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const partition *x = a, *y = b;
    if (x->topic != y->topic)
        return x->topic < y->topic ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

bool partition_table_assign(partition_table *t, const partition *keys, uint32_t count)
{
    partition_table_free(t);
    if (count == 0)
        return true;
    t->items = malloc(count * sizeof *t->items);
    if (t->items == NULL)
        return false;
    memcpy(t->items, keys, count * sizeof *t->items);
    t->count = count;
    qsort(t->items, count, sizeof *t->items, compare);
    for (uint32_t i = 0; i < count; i++)
        t->items[i] = (partition){.topic = t->items[i].topic, .number = t->items[i].number, .committed = -1};
    partition_table_rewind(t);
    partition_table_forget(t);
    return true;
}

void partition_table_free(partition_table *t)
{
    partition_table_forget(t);
    free(t->items);
    *t = (partition_table){0};
}

partition *partition_table_find(partition_table *t, uint32_t topic, int32_t number)
{
    partition key = {.topic = topic, .number = number};
    if (t->latest < t->count && compare(&t->items[t->latest], &key) == 0)
        return &t->items[t->latest];
    if (t->count == 0)
        return NULL;
    partition *found = bsearch(&key, t->items, t->count, sizeof *t->items, compare);
    if (found != NULL)
        t->latest = (uint32_t)(found - t->items);
    return found;
}

void partition_table_rewind(partition_table *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        t->items[i].taken = -1;
        t->items[i].in_epoch = false;
    }
}

void partition_table_forget(partition_table *t)
{
    partition_table_forget_timers(t);
    for (uint32_t i = 0; i < t->count; i++) {
        outbox_free(&t->items[i].outbox);
        t->items[i].stored = 0;
        t->items[i].trimming = false;
    }
}

void partition_table_forget_timers(partition_table *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        timers_free(&t->items[i].timers);
        t->items[i].fetch++;
    }
}
