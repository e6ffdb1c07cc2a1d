#include "worker/channel/channel.h"

enum { PROVIDER_COUNT = CONFIG_NULL + 1 };

/* In the order of config_provider; behind them, what a step's unknown provider is called. */
static const char *const providers[PROVIDER_COUNT + 1] = {"inbox", "log", "null", "unknown"};

static int find_provider(const value *name)
{
    int i = 0;
    while (i < PROVIDER_COUNT && !value_is_text(name, providers[i]))
        i++;
    return i;
}

const step *channel_find_unknown(const workflow *w)
{
    for (size_t i = 0; i < w->step_count; i++) {
        const value *provider = &w->steps[i].provider;
        if (provider->kind == VALUE_STRING && find_provider(provider) == PROVIDER_COUNT)
            return &w->steps[i];
    }
    return NULL;
}

static int provider_of(const config *c, const step *s)
{
    if (s->provider.kind == VALUE_STRING)
        return find_provider(&s->provider);
    static_assert((int)STEP_IN_APP == (int)CONFIG_IN_APP && (int)STEP_PUSH == (int)CONFIG_PUSH,
                  "channels are listed in the order of the step types");
    return c->channels[s->type];
}

const char *channel_provider(const config *c, const step *s)
{
    return providers[provider_of(c, s)];
}

bool channel_is_outward(const channels *c, const step *s)
{
    (void)c;
    (void)s;
    return false;
}

bool channel_retries_unknown(const channels *c, const step *s)
{
    (void)c;
    (void)s;
    return true;
}

channel_result channel_deliver(const channels *c, delivery *d)
{
    switch (provider_of(c->config, d->step)) {
    case CONFIG_INBOX:
        return inbox_deliver(c, d);
    case CONFIG_LOG:
        return log_deliver(c, d);
    case CONFIG_NULL:
        return CHANNEL_DELIVERED;
    default:
        d->code = "unknown_provider";
        d->sentence = "no provider has the name that the step gives";
        return CHANNEL_REFUSED;
    }
}
