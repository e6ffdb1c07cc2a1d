#include "engine/execution/backoff.h"

#include <math.h>

#include "engine/limits.h"

static bool names_code(const retry_policy *p, const value *code)
{
    for (size_t i = 0; i < p->retry_on_count; i++)
        if (value_same_text(&p->retry_on[i], code))
            return true;
    return p->retry_on == NULL;
}

bool backoff_allows(const retry_policy *p, int64_t attempt, const value *code)
{
    return attempt < p->max_attempts && names_code(p, code);
}

/* From -1 to below 1. */
static double spread(uint64_t random)
{
    return (double)(random >> 11) * 0x1p-52 - 1;
}

int64_t backoff_wait_ms(const retry_policy *p, int64_t attempt, int64_t retry_after_ms, uint64_t random)
{
    double wait_ms = (double)p->initial_ms * pow(p->multiplier, (double)(attempt - 1));
    wait_ms = fmin(wait_ms, (double)p->max_ms) * (1 + p->jitter * spread(random));
    int64_t least_ms = retry_after_ms < LIMIT_RETRY_AFTER_MS ? retry_after_ms : LIMIT_RETRY_AFTER_MS;
    return wait_ms > (double)least_ms ? (int64_t)wait_ms : least_ms;
}
