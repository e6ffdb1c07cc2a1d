/*   CLOSED  -> OPEN     breaker_fail, the failures_max-th in a row
 *   OPEN    -> PROBING  breaker_begin, when its time is over: the one delivery that is let through
 *           -> CLOSED   breaker_succeed: one that was under way when it opened
 *   PROBING -> CLOSED   breaker_succeed
 *           -> OPEN     breaker_fail, for twice as long; breaker_withdraw, for no longer than it was
 *
 * What began before it opened and fails afterwards is no news: it neither prolongs nor ends a probe. */
#include "worker/channel/breaker.h"

int64_t breaker_due_ms(const breaker *b, int64_t now_ms)
{
    int64_t due_ms = b->opened_ms + b->open_for_ms;
    if (b->state == BREAKER_PROBING)
        return INT64_MAX;
    return b->state == BREAKER_CLOSED || due_ms < now_ms ? now_ms : due_ms;
}

void breaker_begin(breaker *b, int64_t now_ms)
{
    if (b->state != BREAKER_OPEN)
        return;
    b->state = BREAKER_PROBING;
    b->opened_ms = now_ms; /* what fails from here on and began before is not the probe */
}

void breaker_withdraw(breaker *b)
{
    if (b->state != BREAKER_PROBING)
        return;
    b->state = BREAKER_OPEN;
    b->opened_ms -= b->open_for_ms; /* its time was over when the probe began, and is so still */
}

void breaker_succeed(breaker *b)
{
    b->state = BREAKER_CLOSED;
    b->failures = 0;
    b->open_for_ms = 0;
}

static void open(breaker *b, int64_t now_ms)
{
    int64_t twice_ms = b->open_for_ms * 2;
    b->open_for_ms = b->open_for_ms == 0 ? b->open_ms : twice_ms < b->open_max_ms ? twice_ms : b->open_max_ms;
    b->opened_ms = now_ms;
    b->state = BREAKER_OPEN;
}

bool breaker_fail(breaker *b, int64_t begun_ms, int64_t now_ms)
{
    if (b->failures_max == 0 || b->state == BREAKER_OPEN ||
        (b->state == BREAKER_PROBING && begun_ms < b->opened_ms))
        return false;
    b->failures++;
    if (b->state == BREAKER_CLOSED && b->failures < b->failures_max)
        return false;
    open(b, now_ms);
    return true;
}
