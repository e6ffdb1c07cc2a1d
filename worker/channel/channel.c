#include "worker/channel/channel.h"

#include <string.h>

#include "worker/channel/transfers.h"

static const provider_kind *const kinds[CONFIG_KINDS] = {
    [CONFIG_INBOX] = &provider_inbox,
    [CONFIG_LOG] = &provider_log,
    [CONFIG_NULL] = &provider_null,
    [CONFIG_HTTP] = &provider_http,
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

const step *channel_find_unknown(const config *c, const workflow *w)
{
    for (size_t i = 0; i < w->step_count; i++) {
        if (channel_route(c, &w->steps[i]).count == 0)
            return &w->steps[i];
    }
    return NULL;
}

bool channel_is_outward(const config_provider *p)
{
    return kinds[p->kind]->is_outward;
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

static void take_note(outlet *o, delivery *d, channel_result result)
{
    lane_ended(&o->lane);
    if (result == CHANNEL_DELIVERED)
        return;
    if (d->unknown)
        d->retriable = d->provider->on_unknown == CONFIG_UNKNOWN_RETRY;
    tell_failure(o, d);
}

/* Begins those whose turn it is. What comes of `asked` (may be NULL), where that is known at the end. Who is
 * told of an end may ask for the next delivery at once: it is begun by this loop, not by one inside. */
static channel_result go_on(outlet *o, const delivery *asked)
{
    channel_result of_asked = CHANNEL_PENDING;
    delivery *d;
    if (o->going)
        return CHANNEL_PENDING;
    o->going = true;
    while ((d = lane_take(&o->lane)) != NULL) {
        channel_result result = kinds[d->provider->kind]->deliver(o->own, d);
        if (result == CHANNEL_PENDING)
            continue;
        take_note(o, d, result);
        if (d == asked)
            of_asked = result;
        else
            d->reported(d, result);
    }
    o->going = false;
    return of_asked;
}

static void on_done(delivery *d, channel_result result)
{
    outlet *o = d->outlet;
    take_note(o, d, result);
    go_on(o, NULL);
    d->reported(d, result);
}

channel_result channel_deliver(channels *c, delivery *d)
{
    if (d->provider == NULL) {
        d->code = "unknown_provider";
        d->sentence = "no provider has the name that the step gives";
        return CHANNEL_REFUSED;
    }
    if (c->closed)
        return CHANNEL_PENDING;
    outlet *o = &c->outlets[d->provider - c->site.config->providers];
    d->outlet = o;
    d->reported = d->done;
    d->done = on_done;
    lane_push(&o->lane, d);
    return go_on(o, d);
}

/* ---- opening and closing ---- */

static bool outlet_open(outlet *o, channels *c, const config_provider *p, error *e)
{
    const provider_kind *kind = kinds[p->kind];
    *o = (outlet){.owner = c};
    lane_init(&o->lane, p);
    o->own = kind->open == NULL ? (void *)&c->site : kind->open(&c->site, p, e);
    return o->own != NULL;
}

static void outlet_close(outlet *o)
{
    const provider_kind *kind = kinds[o->lane.provider->kind];
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
