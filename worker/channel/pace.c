#include "worker/channel/pace.h"

/* A provider that hangs may be well again long before its measured pace says so: what would come back later
 * than in HORIZON_MS comes at least so often a second (FAR_PACE). */
enum { WINDOW_MS = 250, SECOND_US = 1000000, HORIZON_MS = 10000, LEAST_PACE = 1, FAR_PACE = 1000 };

static const double growth = 1.25; /* in a window */

static double bounded(const pace *p, double per_second)
{
    if (p->most > 0 && (per_second > p->most || p->most < LEAST_PACE))
        return p->most;
    return per_second < LEAST_PACE ? LEAST_PACE : per_second;
}

void pace_init(pace *p, double most, double guess, int64_t now_ms)
{
    *p = (pace){.most = most, .window_ms = now_ms};
    p->per_second = bounded(p, guess);
}

void pace_ended(pace *p)
{
    p->ended++;
}

/* A provider that is busy shows what it can do; one that is not shows the least of it, and is given more,
 * where there is more and it has done with what it was given. */
static double learn(const pace *p, double measured, bool has_backlog)
{
    if (!p->had_room)
        return (p->per_second + measured) / 2;
    double learnt = p->per_second;
    if (has_backlog && measured > learnt / 2)
        learnt *= growth;
    return measured > learnt ? measured : learnt;
}

void pace_measure(pace *p, bool is_busy, int64_t now_ms)
{
    int64_t passed_ms = now_ms - p->window_ms;
    p->had_room |= !is_busy;
    if (passed_ms < WINDOW_MS)
        return;
    double measured = (double)p->ended * 1000 / (double)passed_ms;
    p->per_second = bounded(p, learn(p, measured, pace_has_backlog(p, now_ms)));
    p->window_ms = now_ms;
    p->ended = 0;
    p->had_room = !is_busy;
}

bool pace_has_backlog(const pace *p, int64_t now_ms)
{
    return p->last_us > now_ms * 1000;
}

static int64_t next_us(const pace *p, int64_t base_ms, int64_t now_ms)
{
    int64_t from_us = base_ms * 1000 > p->last_us ? base_ms * 1000 : p->last_us;
    bool is_far = p->most == 0 && from_us > (now_ms + HORIZON_MS) * 1000;
    double per_second = is_far && p->per_second < FAR_PACE ? FAR_PACE : p->per_second;
    return from_us + (int64_t)(SECOND_US / per_second) + 1;
}

int64_t pace_next_ms(const pace *p, int64_t base_ms, int64_t now_ms)
{
    return (next_us(p, base_ms, now_ms) + 999) / 1000;
}

int64_t pace_book_ms(pace *p, int64_t base_ms, int64_t now_ms)
{
    p->last_us = next_us(p, base_ms, now_ms);
    return (p->last_us + 999) / 1000;
}
