#include "worker/channel/channel.h"

#include <string.h>

#include "engine/limits.h"
#include "worker/channel/refusal.h"

enum { NO_MEMORY_PAUSE_MS = 1000 };

static const provider_kind *const kinds[CONFIG_KINDS] = {
    [CONFIG_INBOX] = &provider_inbox, [CONFIG_LOG] = &provider_log,   [CONFIG_NULL] = &provider_null,
    [CONFIG_HTTP] = &provider_http,   [CONFIG_SMTP] = &provider_smtp, [CONFIG_KAFKA] = &provider_kafka,
};

/* ---- routes ---- */

config_route channel_route(const config *c, const step *s)
{
    static_assert((int)STEP_IN_APP == (int)CONFIG_IN_APP && (int)STEP_PUSH == (int)CONFIG_PUSH,
                  "channels are listed in the order of the step types");
    if (s->provider.kind != VALUE_STRING)
        return c->channels[s->type];
    size_t place = config_find_provider(c, s->provider.text, s->provider.count);
    return (config_route){.places = {(int)place}, .count = place < c->provider_count};
}

bool channel_has_route(const config *c, const step *s)
{
    return s->provider.kind != VALUE_STRING ? c->channels[s->type].count > 0 : channel_route(c, s).count > 0;
}

const step *channel_find_unknown(const config *c, const workflow *w)
{
    for (size_t i = 0; i < w->step_count; i++) {
        if (!channel_has_route(c, &w->steps[i]))
            return &w->steps[i];
    }
    return NULL;
}

bool channel_is_outward(const config_provider *p)
{
    return kinds[p->kind]->is_outward;
}

static outlet *outlet_of(channels *c, const config_provider *p)
{
    return &c->outlets[p - c->site.config->providers];
}

static int64_t now_of(const channels *c)
{
    return (int64_t)uv_now(c->site.loop);
}

/* ---- who is asked ---- */

static_assert((int)CONFIG_ROUTE_MAX <= (int)LIMIT_FAILURES_KEPT, "an attempt must know whom it has asked");

/* Those of the route that have not failed in this attempt. Who was asked by a worker that died comes first:
 * it may have the message already, and knows its key. Where all have failed, yet the attempt goes on, they
 * were given up, and it begins anew: so one that is alone is left in any case. */
static config_route who_is_left(const config *c, const execution *x)
{
    config_route all = channel_route(c, execution_step(x)), left = {0};
    if (all.count == 1)
        return all;
    const value *asked = execution_provider(x);
    for (size_t i = 0; i < all.count; i++) {
        const char *name = c->providers[all.places[i]].name;
        size_t at = value_is_text(asked, name) ? 0 : left.count;
        if (execution_has_asked(x, name))
            continue;
        memmove(&left.places[at + 1], &left.places[at], (left.count - at) * sizeof left.places[0]);
        left.places[at] = all.places[i];
        left.count++;
    }
    return left.count == 0 ? all : left;
}

const config_provider *channel_choose(channels *c, const execution *x, bool has_waited, int64_t now_ms,
                                      int64_t *due_ms)
{
    const config_route left = who_is_left(c->site.config, x);
    int64_t loop_ms = now_of(c);
    lane *soonest = NULL;
    for (size_t i = 0; i < left.count; i++) {
        lane *l = &c->outlets[left.places[i]].lane;
        if (lane_admit(l, has_waited, loop_ms))
            return l->provider;
        if (soonest == NULL || lane_due_ms(l, loop_ms) < lane_due_ms(soonest, loop_ms))
            soonest = l;
    }
    *due_ms = now_ms + lane_book_ms(soonest, loop_ms) - loop_ms;
    return NULL;
}

void channel_release(channels *c, const config_provider *p)
{
    lane_release(&outlet_of(c, p)->lane, now_of(c));
}

bool channels_are_filling(const channels *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (lane_is_filling(&c->outlets[i].lane, now_of(c)))
            return true;
    return false;
}

bool channel_goes_on(const channels *c, const delivery *d)
{
    const execution *x = d->execution;
    const config_route route = channel_route(c->site.config, d->step);
    if (d->outlet != NULL && d->outlet->lane.breaker.state != BREAKER_CLOSED &&
        (refusal_is_of_provider(d->code) || d->code == refusal_given_up))
        return true;
    for (size_t i = 0; i < route.count; i++) {
        const config_provider *p = &c->site.config->providers[route.places[i]];
        if (p != d->provider && !execution_has_asked(x, p->name))
            return true;
    }
    return false;
}

/* ---- delivering ---- */

static void tell_failure(outlet *o, const delivery *d)
{
    const provider_site *site = &o->owner->site;
    uint64_t suppressed;
    if (log_limiter_allow(&o->limiter, uv_now(site->loop), &suppressed))
        log_warn(site->log, "delivery_failed", log_text("provider", d->provider->name),
                 log_text("code", d->code), log_bool("retriable", d->retriable),
                 log_text("message", d->sentence), log_text("detail", d->detail),
                 log_int("suppressed", (int64_t)suppressed));
}

static void refuse_given_up(delivery *d)
{
    d->code = refusal_given_up;
    d->sentence = "it failed too often in a row, and is not asked for a while";
    d->retriable = true;
}

/* Those that wait are somebody else's, or come back later. */
static void give_up(outlet *o)
{
    const breaker *b = &o->lane.breaker;
    delivery *d;
    log_warn(o->owner->site.log, "provider_given_up", log_text("provider", o->lane.provider->name),
             log_int("failures", b->failures), log_int("for_ms", b->open_for_ms));
    while ((d = lane_drop(&o->lane)) != NULL) {
        refuse_given_up(d);
        d->reported(d, CHANNEL_REFUSED);
    }
}

/* True where the provider is given up by that. */
static bool take_note(outlet *o, delivery *d, channel_result result, int64_t now_ms)
{
    bool was_up = o->lane.breaker.state == BREAKER_CLOSED;
    if (d->unknown)
        d->retriable = d->provider->on_unknown == CONFIG_UNKNOWN_RETRY;
    bool given_up = lane_ended(&o->lane, d, result, now_ms);
    if (result == CHANNEL_REFUSED)
        tell_failure(o, d);
    if (!was_up && o->lane.breaker.state == BREAKER_CLOSED)
        log_info(o->owner->site.log, "provider_back", log_text("provider", d->provider->name));
    return given_up;
}

static void on_wake(uv_timer_t *timer);

/* What the lane waits for besides the end of a delivery. */
static void ask_and_wait(outlet *o, int64_t now_ms)
{
    lane *l = &o->lane;
    const provider_site *site = &o->owner->site;
    int64_t count = lane_ask(l, now_ms);
    if (count > 0 &&
        !shared_rate_ask(&o->rate, site->store, site->config->group, l->provider, l->bucket.burst, count))
        lane_grant(l, 0, NO_MEMORY_PAUSE_MS, now_ms);
    int64_t wake_ms = lane_wake_ms(l, now_ms);
    if (wake_ms != INT64_MAX)
        uv_timer_start(&o->wake, on_wake, wake_ms > now_ms ? (uint64_t)(wake_ms - now_ms) : 0, 0);
}

/* Begins those whose turn it is. What comes of `asked` (may be NULL), where that is known at the end. Who is
 * told of an end may ask for the next delivery at once: it is begun by this loop, not by one inside. */
static channel_result go_on(outlet *o, const delivery *asked)
{
    channel_result of_asked = CHANNEL_PENDING;
    int64_t now_ms = now_of(o->owner); /* all through a turn of the loop */
    delivery *d;
    if (o->going)
        return CHANNEL_PENDING;
    o->going = true;
    while ((d = lane_take(&o->lane, now_ms)) != NULL) {
        channel_result result = kinds[d->provider->kind]->deliver(o->own, d);
        if (result == CHANNEL_PENDING)
            continue;
        bool given_up = take_note(o, d, result, now_ms);
        if (d == asked)
            of_asked = result;
        else
            d->reported(d, result);
        if (given_up)
            give_up(o);
    }
    o->going = false;
    ask_and_wait(o, now_ms);
    return of_asked;
}

static void on_wake(uv_timer_t *timer)
{
    go_on(timer->data, NULL);
}

static void on_granted(shared_rate *r, int64_t count, int64_t wait_ms)
{
    outlet *o = (outlet *)(void *)((char *)r - offsetof(outlet, rate));
    lane_grant(&o->lane, count, wait_ms, now_of(o->owner));
    if (!o->owner->closed)
        go_on(o, NULL);
}

static void on_done(delivery *d, channel_result result)
{
    outlet *o = d->outlet;
    if (take_note(o, d, result, now_of(o->owner)))
        give_up(o);
    go_on(o, NULL);
    d->reported(d, result);
}

channel_result channel_deliver(channels *c, delivery *d)
{
    if (c->closed)
        return CHANNEL_PENDING;
    outlet *o = outlet_of(c, d->provider);
    d->outlet = o;
    d->reported = d->done;
    d->done = on_done;
    if (o->lane.breaker.state == BREAKER_OPEN) { /* since it got its place */
        lane_release(&o->lane, now_of(c));
        refuse_given_up(d);
        return CHANNEL_REFUSED;
    }
    lane_push(&o->lane, d);
    return go_on(o, d);
}

lane_figures channel_figures(const channels *c, size_t place)
{
    const lane *l = &c->outlets[place].lane;
    lane_figures f = l->figures;
    f.in_flight = l->in_flight;
    f.queued = l->reserved + l->queued;
    f.given_up = l->breaker.state != BREAKER_CLOSED;
    return f;
}

/* ---- opening and closing ---- */

static bool outlet_open(outlet *o, channels *c, const config_provider *p, error *e)
{
    const provider_kind *kind = kinds[p->kind];
    *o = (outlet){.owner = c, .rate = {.granted = on_granted}};
    lane_init(&o->lane, p, c->site.shards, now_of(c));
    uv_timer_init(c->site.loop, &o->wake);
    o->wake.data = o;
    o->own = kind->open == NULL ? (void *)&c->site : kind->open(&c->site, p, e);
    return o->own != NULL;
}

static void outlet_close(outlet *o)
{
    const provider_kind *kind = kinds[o->lane.provider->kind];
    uv_close((uv_handle_t *)&o->wake, NULL);
    if (o->own != NULL && kind->close != NULL)
        kind->close(o->own);
    o->own = NULL;
}

/* How many connections all of them keep at most. */
static long count_connections(const config *c)
{
    long count = 0;
    for (size_t i = 0; i < c->provider_count; i++)
        count += channel_is_outward(&c->providers[i]) ? (long)c->providers[i].concurrency : 0;
    return count;
}

bool channels_check(const config *c, error *e)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        const config_provider *p = &c->providers[i];
        if (kinds[p->kind]->check != NULL && !kinds[p->kind]->check(p, e))
            return error_prefix(e, "provider.%s", p->name);
    }
    return true;
}

bool channels_init(channels *c, error *e)
{
    const config *settings = c->site.config;
    c->closed = false;
    c->count = 0;
    c->site.transfers = transfers_new(c->site.loop, count_connections(settings));
    if (c->site.transfers == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the providers");
    while (c->count < settings->provider_count) {
        const config_provider *p = &settings->providers[c->count];
        if (!outlet_open(&c->outlets[c->count++], c, p, e)) {
            channels_close(c);
            return error_prefix(e, "provider.%s", p->name);
        }
    }
    return true;
}

void channels_close(channels *c)
{
    if (c->closed)
        return;
    c->closed = true;
    for (size_t i = 0; i < c->count; i++)
        outlet_close(&c->outlets[i]);
    transfers_close(c->site.transfers);
}
