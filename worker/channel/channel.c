#include "worker/channel/channel.h"

/* In the order of config_provider. */
static const char *const providers[] = {"inbox", "log", "null"};

static int find_provider(const value *name)
{
    for (int i = CONFIG_INBOX; i <= CONFIG_NULL; i++)
        if (value_is_text(name, providers[i]))
            return i;
    return -1;
}

bool channel_known(const value *provider)
{
    return find_provider(provider) >= 0;
}

static int provider_of(const config *c, const step *s)
{
    if (s->provider.kind == VALUE_STRING)
        return find_provider(&s->provider); /* checked when the workflow was loaded */
    static_assert((int)STEP_IN_APP == (int)CONFIG_IN_APP && (int)STEP_PUSH == (int)CONFIG_PUSH,
                  "channels are listed in the order of the step types");
    return c->channels[s->type];
}

const char *channel_provider(const config *c, const step *s)
{
    return providers[provider_of(c, s)];
}

channel_result channel_deliver(const channels *c, delivery *d)
{
    switch ((config_provider)provider_of(c->config, d->step)) {
    case CONFIG_INBOX:
        return inbox_deliver(c, d);
    case CONFIG_LOG:
        return log_deliver(c, d);
    case CONFIG_NULL:
        break;
    }
    return CHANNEL_DELIVERED;
}
