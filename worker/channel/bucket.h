/* bucket: so many deliveries a second and no more, a few of them at once (a token bucket, kept as the time
 * until which the tokens are used up). Times are of any clock that never goes back. No I/O. */
#ifndef WORKER_CHANNEL_BUCKET_H
#define WORKER_CHANNEL_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bucket {
    int64_t interval_ns; /* between two tokens; 0: there is no limit */
    int64_t burst;       /* tokens that may be taken at once */
    int64_t used_ns;     /* tokens are used up until then */
} bucket;

/* rate: tokens a second; 0: no limit. burst: 0: those of a twentieth of a second. shares: this is one of so
 * many buckets that have the rate and the burst together, but for a burst of one each. It is full. */
void bucket_init(bucket *b, int64_t rate, int64_t burst, int64_t shares);
/* False where there is none. */
bool bucket_take(bucket *b, int64_t now_ms);
/* When there is one: now_ms or later. */
int64_t bucket_due_ms(const bucket *b, int64_t now_ms);

#endif
