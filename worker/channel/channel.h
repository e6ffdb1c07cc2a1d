/* channel: how a rendered step reaches its recipient: the providers of one shard, and the routes that lead
 * to them.
 *
 * A route is the list of providers that serve a step, in order: the step's own `provider`, or those that
 * [channels] names for its type. Each provider has a lane (lane.h) and what its kind opened (provider.h).
 * All of it runs on the shard's loop and never blocks. */
#ifndef WORKER_CHANNEL_CHANNEL_H
#define WORKER_CHANNEL_CHANNEL_H

#include "worker/channel/lane.h"
#include "worker/channel/provider.h"
#include "worker/channel/shared_rate.h"

typedef struct channels channels;

struct outlet {
    channels *owner;
    lane lane;
    void *own;  /* the kind's; NULL: closed, or never opened */
    bool going; /* those whose turn it is are being begun */
    uv_timer_t wake;
    shared_rate rate;
    log_limiter limiter;
};

struct channels {
    provider_site site;                   /* but for `transfers` filled by the owner */
    outlet outlets[CONFIG_PROVIDERS_MAX]; /* in the order of the config's providers */
    size_t count;
    bool closed;
};

/* Finds what opening the providers would find wrong with the configuration, and names it. */
MUST_CHECK bool channels_check(const config *c, error *e);
/* Opens all providers; `site` is filled. False with the error, and nothing is open. The struct must stay
 * until the loop has ended. */
MUST_CHECK bool channels_init(channels *c, error *e);
/* Cuts what is in flight: deliveries that are pending stay so, without a call of `done`, and so do those that
 * are still asked for. The loop must turn once more. */
void channels_close(channels *c);

/* The providers that serve a step, in order; empty where its own is unknown. */
config_route channel_route(const config *c, const step *s);
/* True where it is not empty. */
bool channel_has_route(const config *c, const step *s);
/* The first step of the workflow whose `provider` names none that there is, or NULL. */
const step *channel_find_unknown(const config *c, const workflow *w);

/* True where a delivery through p must be on record before it is made (provider.h). */
bool channel_is_outward(const config_provider *p);

/* Who is asked, now that the execution's current step is to be delivered: the first of its route that has not
 * failed in this attempt and has a place (lane.h) for it. The place is the caller's until channel_deliver or
 * channel_release. NULL: nobody before *due_ms. The route is not empty. has_waited: it was sent away like
 * that before, or waited for another reason, and comes back. */
MUST_CHECK const config_provider *channel_choose(channels *c, const execution *x, bool has_waited,
                                                 int64_t now_ms, int64_t *due_ms);
/* Gives a place back. */
void channel_release(channels *c, const config_provider *p);

/* True while a provider that is fast has nearly as much to do as it may have: whoever takes further triggers
 * in had better wait for a moment (lane_is_filling). */
bool channels_are_filling(const channels *c);

/* Delivers d through d->provider, now or when its turn comes. */
MUST_CHECK channel_result channel_deliver(channels *c, delivery *d);
/* d was refused. True where that is not the end of the attempt: another provider of the route has not been
 * asked, or this one is given up for now, so that the refusal says nothing of the message. */
bool channel_goes_on(const channels *c, const delivery *d);

/* What the provider with this place in the config has been doing. */
lane_figures channel_figures(const channels *c, size_t place);

#endif
