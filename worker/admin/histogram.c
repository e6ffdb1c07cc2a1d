#include "worker/admin/histogram.h"

#define X(bound_us, label) bound_us,
static const int64_t bounds_us[HISTOGRAM_BUCKETS] = {HISTOGRAM_BOUNDS(X)};
#undef X
#define X(bound_us, label) label,
static const char *const labels[HISTOGRAM_BUCKETS + 1] = {HISTOGRAM_BOUNDS(X) "+Inf"};
#undef X

void histogram_observe(histogram *h, int64_t duration_us)
{
    unsigned bucket = 0;
    if (duration_us < 0)
        duration_us = 0;
    while (bucket < HISTOGRAM_BUCKETS && duration_us > bounds_us[bucket])
        bucket++;
    h->counts[bucket]++;
    h->sum_seconds += (double)duration_us / 1e6;
}

void histogram_add(histogram *to, const histogram *from)
{
    for (unsigned i = 0; i <= HISTOGRAM_BUCKETS; i++)
        to->counts[i] += from->counts[i];
    to->sum_seconds += from->sum_seconds;
}

uint64_t histogram_count(const histogram *h)
{
    uint64_t count = 0;
    for (unsigned i = 0; i <= HISTOGRAM_BUCKETS; i++)
        count += h->counts[i];
    return count;
}

const char *histogram_label(unsigned bucket)
{
    return labels[bucket];
}
