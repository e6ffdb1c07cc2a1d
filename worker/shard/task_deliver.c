/* One attempt of a step, from the choice of a provider to the report of what came of it. An attempt asks the
 * providers of its route one after the other (channel.h); each that refuses is reported as a failure behind
 * which the attempt goes on, until the last one has been asked. */
#include "worker/shard/task.h"

/* Of a provider that the config does not know any more nobody has said that it must not be asked twice. */
void task_resolve(task *k)
{
    const config *c = k->owner->config;
    const value *name = &k->activation.execution.steps[k->activation.execution.current_step].provider;
    size_t place = config_find_provider(c, name->text, name->kind == VALUE_STRING ? name->count : 0);
    bool retry = place == c->provider_count || c->providers[place].on_unknown == CONFIG_UNKNOWN_RETRY;
    activation_resolve(&k->activation, retry, task_wall_ms(k->owner));
}

/* False where nobody takes the message now. */
static bool choose(task *k)
{
    activation *a = &k->activation;
    tasks *t = k->owner;
    int64_t due_ms;
    bool has_waited = k->kind == TASK_TIMER && !k->has_chosen;
    k->has_chosen = true;
    k->place = channel_choose(&t->channels, &a->execution, has_waited, task_wall_ms(t), &due_ms);
    if (k->place == NULL)
        activation_postpone(a, due_ms);
    else
        activation_choose(a, k->place->name);
    return k->place != NULL;
}

void task_release_place(task *k)
{
    if (k->place != NULL)
        channel_release(&k->owner->channels, k->place);
    k->place = NULL;
}

static uint64_t next_random(tasks *t)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return t->random;
}

static void report(task *k, channel_result result)
{
    const delivery *d = &k->delivery;
    bool delivered = result == CHANNEL_DELIVERED;
    const activation_result ended = {
        .delivered = delivered,
        .provider = d->provider->name,
        .message_id = d->message_id,
        .failure = {.provider = d->provider->name,
                    .code = d->code,
                    .message = d->sentence,
                    .retriable = d->retriable,
                    .unknown = d->unknown,
                    .more = !delivered && channel_goes_on(&k->owner->channels, d),
                    .retry_after_ms = d->retry_after_ms},
        .random = next_random(k->owner),
    };
    activation_report(&k->activation, &ended);
}

static void on_delivered(delivery *d, channel_result result)
{
    task *k = TASK_OF(d, delivery);
    if (k->owner->closing)
        return;
    report(k, result);
    task_proceed(k);
}

/* The place is used up by that. */
static void deliver(task *k)
{
    const execution *x = &k->activation.execution;
    k->delivery = (delivery){
        .provider = k->place,
        .execution = x,
        .step = execution_step(x),
        .message = execution_message(x),
        .now_ms = task_wall_ms(k->owner),
        .arena = &k->arena,
        .done = on_delivered,
    };
    k->place = NULL;
    activation_deliver(&k->activation);
    channel_result result = channel_deliver(&k->owner->channels, &k->delivery);
    if (result != CHANNEL_PENDING)
        report(k, result);
}

/* The step names a provider that there is not, which a workflow in the store may. */
static void refuse(task *k)
{
    static const char nobody[] = "unknown";
    const activation_result ended = {
        .provider = nobody,
        .failure = {.provider = nobody,
                    .code = "unknown_provider",
                    .message = "no provider has the name that the step gives"},
    };
    activation_choose(&k->activation, nobody);
    activation_deliver(&k->activation);
    activation_report(&k->activation, &ended);
}

void task_deliver(task *k)
{
    activation *a = &k->activation;
    if (!channel_has_route(k->owner->config, execution_step(&a->execution))) {
        refuse(k);
        return;
    }
    if (k->place == NULL && !choose(k))
        return;
    if (!a->intended && channel_is_outward(k->place))
        activation_intend(a);
    else
        deliver(k);
}
