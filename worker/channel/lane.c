#include "worker/channel/lane.h"

void lane_init(lane *l, const config_provider *p)
{
    *l = (lane){.provider = p, .end = &l->first};
}

void lane_push(lane *l, delivery *d)
{
    d->next = NULL;
    *l->end = d;
    l->end = &d->next;
}

delivery *lane_take(lane *l)
{
    delivery *d = l->first;
    if (d == NULL || l->in_flight >= l->provider->concurrency)
        return NULL;
    l->first = d->next;
    if (l->first == NULL)
        l->end = &l->first;
    l->in_flight++;
    return d;
}

void lane_ended(lane *l)
{
    l->in_flight--;
}
