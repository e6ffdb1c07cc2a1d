/* The kind `kafka`: other services deliver, and are asked by an event (schemas/delivery_request.avsc).
 *
 * Such a delivery has succeeded as soon as it is asked for. The event is made with the step's completion, of
 * the same record and in the same transaction (worker/shard/announce.h), so it is published exactly once.
 * That it is to be made is what the message's id in the step's result says. */
#include "worker/channel/provider.h"

static channel_result deliver(void *own, delivery *d)
{
    const identity id = delivery_key(d);
    const char *text = arena_copy(d->arena, id.text, sizeof id.text - 1);
    (void)own;
    if (text == NULL) {
        d->code = error_reason(ERROR_LIMIT);
        d->sentence = "the delivery needs more memory than the trigger's bound";
        return CHANNEL_REFUSED;
    }
    d->message_id = value_string(text, sizeof id.text - 1);
    return CHANNEL_DELIVERED;
}

const provider_kind provider_kafka = {.deliver = deliver};
