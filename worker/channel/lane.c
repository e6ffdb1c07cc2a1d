#include "worker/channel/lane.h"

#include "worker/channel/refusal.h"

enum {
    RATE_WAIT_MS = 1000,
    FILLING_SHARE = 8, /* of the queue: the rest is for what is on its way already */
    /* Deliveries a second. A shard can take in a few times more triggers at the most: to wait for a slower
       provider would hold up those who do not need it. */
    FAST_PACE = 4000,
    FILLING_PAUSE_MS = 100, /* and between two deliveries no more time may pass */
    SECOND_MS = 1000,
    MS_NS = 1000000,
};

/* Deliveries of a provider of whom nothing is known yet take so long. It is little: those who come back too
 * early are told a better time, those who come back too late have waited for nothing. */
enum { GUESS_MS = 20 };

/* Whoever sets no bound to what is under way is a kind without a network of its own, and takes anything. */
static double guess_pace(const config_provider *p)
{
    double concurrency =
        p->concurrency < CONFIG_CONCURRENCY_MAX ? (double)p->concurrency : CONFIG_CONCURRENCY_MAX;
    return concurrency * SECOND_MS / GUESS_MS;
}

void lane_init(lane *l, const config_provider *p, unsigned shards, int64_t now_ms)
{
    int64_t shares = p->rate_shared || shards == 0 ? 1 : shards;
    *l = (lane){.provider = p, .end = &l->first, .ended_ms = INT64_MIN / 2};
    l->breaker = (breaker){.failures_max = p->breaker_failures,
                           .open_ms = p->breaker_open_ms,
                           .open_max_ms = p->breaker_open_max_ms};
    bucket_init(&l->bucket, p->rate, p->rate_burst, shares);
    pace_init(&l->pace, (double)p->rate / (double)shares, guess_pace(p), now_ms);
}

/* ---- places ---- */

static int64_t taken_places(const lane *l)
{
    return l->reserved + l->queued + l->in_flight;
}

/* It could not have more to do. */
static bool is_busy(const lane *l)
{
    return taken_places(l) >= l->provider->concurrency;
}

/* How long the rate lets the next one wait for those before it. */
static int64_t rate_wait_ms(const lane *l)
{
    return (l->reserved + l->queued + 1) * l->bucket.interval_ns / MS_NS;
}

bool lane_admit(lane *l, bool has_waited, int64_t now_ms)
{
    const config_provider *p = l->provider;
    pace_measure(&l->pace, is_busy(l), now_ms);
    if (breaker_due_ms(&l->breaker, now_ms) > now_ms || taken_places(l) - p->concurrency >= p->queue ||
        rate_wait_ms(l) > RATE_WAIT_MS || (!has_waited && pace_has_backlog(&l->pace, now_ms)))
        return false;
    breaker_begin(&l->breaker, now_ms);
    l->reserved++;
    return true;
}

/* Where the probe was not made, another one may be. */
static void look_for_probe(lane *l)
{
    if (taken_places(l) == 0)
        breaker_withdraw(&l->breaker);
}

void lane_release(lane *l, int64_t now_ms)
{
    l->reserved--;
    look_for_probe(l);
    pace_measure(&l->pace, is_busy(l), now_ms);
}

/* While a probe is under way nobody knows when there will be room: it is tried at the pace that there was. */
static int64_t base_ms(const lane *l, int64_t now_ms)
{
    int64_t due_ms = breaker_due_ms(&l->breaker, now_ms);
    return due_ms == INT64_MAX ? now_ms + l->breaker.open_ms : due_ms;
}

int64_t lane_due_ms(const lane *l, int64_t now_ms)
{
    return pace_next_ms(&l->pace, base_ms(l, now_ms), now_ms);
}

int64_t lane_book_ms(lane *l, int64_t now_ms)
{
    l->figures.postponed++;
    return pace_book_ms(&l->pace, base_ms(l, now_ms), now_ms);
}

bool lane_is_filling(const lane *l, int64_t now_ms)
{
    return l->queued > 0 && l->queued >= l->provider->queue / FILLING_SHARE &&
           now_ms - l->ended_ms <= FILLING_PAUSE_MS && l->pace.per_second >= FAST_PACE;
}

/* ---- the queue ---- */

void lane_push(lane *l, delivery *d)
{
    l->reserved -= l->reserved > 0;
    l->queued++;
    d->next = NULL;
    *l->end = d;
    l->end = &d->next;
}

delivery *lane_drop(lane *l)
{
    delivery *d = l->first;
    if (d == NULL)
        return NULL;
    l->first = d->next;
    if (l->first == NULL)
        l->end = &l->first;
    l->queued--;
    return d;
}

static bool has_turn(const lane *l)
{
    return l->first != NULL && l->in_flight < l->provider->concurrency;
}

static bool take_token(lane *l, int64_t now_ms)
{
    if (!l->provider->rate_shared)
        return bucket_take(&l->bucket, now_ms);
    if (l->granted == 0)
        return false;
    l->granted--;
    return true;
}

delivery *lane_take(lane *l, int64_t now_ms)
{
    if (!has_turn(l) || !take_token(l, now_ms))
        return NULL;
    delivery *d = lane_drop(l);
    d->begun_ms = now_ms;
    l->in_flight++;
    return d;
}

int64_t lane_wake_ms(const lane *l, int64_t now_ms)
{
    if (!has_turn(l) || l->asking)
        return INT64_MAX;
    return l->provider->rate_shared ? l->ask_ms : bucket_due_ms(&l->bucket, now_ms);
}

/* ---- ends ---- */

static void count(lane *l, const delivery *d, channel_result result, int64_t now_ms)
{
    lane_figures *f = &l->figures;
    histogram_observe(&f->duration, (now_ms - d->begun_ms) * 1000);
    if (result == CHANNEL_DELIVERED)
        f->delivered++;
    else if (d->unknown)
        f->unknown++;
    else if (d->retriable)
        f->retriable++;
    else
        f->permanent++;
}

bool lane_ended(lane *l, const delivery *d, channel_result result, int64_t now_ms)
{
    bool opened = false;
    count(l, d, result, now_ms);
    pace_measure(&l->pace, is_busy(l), now_ms);
    l->in_flight--;
    if (result == CHANNEL_REFUSED && refusal_is_of_provider(d->code)) {
        opened = breaker_fail(&l->breaker, d->begun_ms, now_ms);
    } else {
        l->ended_ms = now_ms;
        pace_ended(&l->pace);
        breaker_succeed(&l->breaker);
    }
    look_for_probe(l);
    return opened;
}

/* ---- the shared rate ---- */

int64_t lane_ask(lane *l, int64_t now_ms)
{
    if (!l->provider->rate_shared || l->asking || l->granted > 0 || !has_turn(l) || now_ms < l->ask_ms)
        return 0;
    int64_t room = l->provider->concurrency - l->in_flight;
    int64_t count = l->queued < room ? l->queued : room;
    l->asking = true;
    return count < l->bucket.burst ? count : l->bucket.burst;
}

void lane_grant(lane *l, int64_t count, int64_t wait_ms, int64_t now_ms)
{
    l->asking = false;
    l->granted += count;
    l->ask_ms = now_ms + wait_ms;
}
