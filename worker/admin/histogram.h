/* histogram: how often something took how long, in the buckets that OpenTelemetry gives for messaging. */
#ifndef WORKER_ADMIN_HISTOGRAM_H
#define WORKER_ADMIN_HISTOGRAM_H

#include <stdint.h>

/* X(upper bound in microseconds, the same in seconds as Prometheus writes it) */
#define HISTOGRAM_BOUNDS(X) \
    X(5000, "0.005")        \
    X(10000, "0.01")        \
    X(25000, "0.025")       \
    X(50000, "0.05")        \
    X(75000, "0.075")       \
    X(100000, "0.1")        \
    X(250000, "0.25")       \
    X(500000, "0.5")        \
    X(750000, "0.75")       \
    X(1000000, "1")         \
    X(2500000, "2.5")       \
    X(5000000, "5")         \
    X(7500000, "7.5")       \
    X(10000000, "10")

#define X(bound_us, label) +1 /* NOLINT(bugprone-macro-parentheses): a sum */
enum { HISTOGRAM_BUCKETS = HISTOGRAM_BOUNDS(X) };
#undef X

/* All zero is an empty one. */
typedef struct histogram {
    uint64_t
        counts[HISTOGRAM_BUCKETS + 1]; /* of each bucket alone; the last one has what is above all bounds */
    double
        sum_seconds; /* no integer: timestamps are the sender's, and one wrong by decades must not overflow */
} histogram;

/* A duration below 0 (clocks differ) counts as 0. A duration equal to a bound lies below it. */
void histogram_observe(histogram *h, int64_t duration_us);
void histogram_add(histogram *to, const histogram *from);
uint64_t histogram_count(const histogram *h);

/* The bound of a bucket, "0.005" to "10", then "+Inf". Static. */
const char *histogram_label(unsigned bucket);

#endif
