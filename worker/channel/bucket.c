#include "worker/channel/bucket.h"

enum { SECOND_NS = 1000000000, MS_NS = 1000000, BURSTS_A_SECOND = 20 };

void bucket_init(bucket *b, int64_t rate, int64_t burst, int64_t shares)
{
    int64_t all = burst > 0 ? burst : rate / BURSTS_A_SECOND;
    /* Rounded up, so that the rate is never exceeded. */
    *b = (bucket){.interval_ns = rate == 0 ? 0 : (shares * SECOND_NS + rate - 1) / rate,
                  .burst = all < shares ? 1 : all / shares};
}

/* The earliest time at which there is a token. */
static int64_t due_ns(const bucket *b)
{
    return b->used_ns - (b->burst - 1) * b->interval_ns;
}

bool bucket_take(bucket *b, int64_t now_ms)
{
    int64_t now_ns = now_ms * MS_NS;
    if (b->interval_ns == 0)
        return true;
    if (b->used_ns < now_ns)
        b->used_ns = now_ns;
    if (due_ns(b) > now_ns)
        return false;
    b->used_ns += b->interval_ns;
    return true;
}

int64_t bucket_due_ms(const bucket *b, int64_t now_ms)
{
    int64_t due_ms = (due_ns(b) + MS_NS - 1) / MS_NS;
    return b->interval_ns == 0 || due_ms < now_ms ? now_ms : due_ms;
}
