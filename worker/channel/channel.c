#include "worker/channel/channel.h"

#include "worker/channel/http.h"

/* The provider that serves a step, NULL where its own is unknown. */
static const config_provider *provider_of(const config *c, const step *s)
{
    static_assert((int)STEP_IN_APP == (int)CONFIG_IN_APP && (int)STEP_PUSH == (int)CONFIG_PUSH,
                  "channels are listed in the order of the step types");
    size_t place = (size_t)c->channels[s->type];
    if (s->provider.kind == VALUE_STRING)
        place = config_find_provider(c, s->provider.text, s->provider.count);
    return place < c->provider_count ? &c->providers[place] : NULL;
}

const step *channel_find_unknown(const config *c, const workflow *w)
{
    for (size_t i = 0; i < w->step_count; i++) {
        if (provider_of(c, &w->steps[i]) == NULL)
            return &w->steps[i];
    }
    return NULL;
}

const char *channel_provider(const config *c, const step *s)
{
    const config_provider *p = provider_of(c, s);
    return p == NULL ? "unknown" : p->name;
}

bool channel_is_outward(const channels *c, const step *s)
{
    const config_provider *p = provider_of(c->config, s);
    return p != NULL && p->kind == CONFIG_HTTP;
}

bool channel_retries_unknown(const channels *c, const step *s)
{
    const config_provider *p = provider_of(c->config, s);
    return p == NULL || p->on_unknown == CONFIG_UNKNOWN_RETRY;
}

static channel_result refuse_unknown(delivery *d)
{
    d->code = "unknown_provider";
    d->sentence = "no provider has the name that the step gives";
    return CHANNEL_REFUSED;
}

channel_result channel_deliver(const channels *c, delivery *d)
{
    const config_provider *p = provider_of(c->config, d->step);
    if (p == NULL)
        return refuse_unknown(d);
    switch ((config_provider_kind)p->kind) {
    case CONFIG_INBOX:
        return inbox_deliver(c, d);
    case CONFIG_LOG:
        return log_deliver(c, d);
    case CONFIG_NULL:
        return CHANNEL_DELIVERED;
    case CONFIG_HTTP:
        return c->http == NULL ? CHANNEL_PENDING /* closed */
                               : http_deliver(c->http, (size_t)(p - c->config->providers), d);
    }
    return refuse_unknown(d);
}

static bool uses_http(const config *c)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        if (c->providers[i].kind == CONFIG_HTTP)
            return true;
    }
    return false;
}

bool channels_init(channels *c, uv_loop_t *loop, error *e)
{
    c->http = NULL;
    if (!uses_http(c->config))
        return true;
    c->http = http_new(c->config, c->log, loop);
    return c->http != NULL || error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the providers");
}

void channels_close(channels *c)
{
    if (c->http != NULL)
        http_close(c->http);
    c->http = NULL;
}
