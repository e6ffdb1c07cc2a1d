/* The `inbox` provider: the recipient's inbox in Redis.
 *
 *   <group>:inbox:{<recipient>}:items   hash: idempotency key -> the item as JSON
 *   <group>:inbox:{<recipient>}:index   sorted set: idempotency key by time of arrival in ms
 *
 * The hash tag keeps both on one slot of a cluster. HSETNX and ZADD NX make a repeated delivery change
 * nothing. The item is written before its index entry, so a reader of the index always finds the item. */
#include "worker/channel/provider.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "worker/shard/resp.h"

static void write_item(buffer *b, const delivery *d, const identity *key)
{
    char time[TIMESTAMP_TEXT_SIZE];
    buffer_add_text(b, "{\"id\":");
    json_write_string(b, key->text, sizeof key->text - 1);
    buffer_add_text(b, ",\"execution_id\":");
    json_write_string(b, d->execution->id.text, sizeof d->execution->id.text - 1);
    buffer_add_text(b, ",\"workflow_id\":");
    json_write(b, &d->execution->workflow_id);
    buffer_add_text(b, ",\"step_id\":");
    json_write(b, &d->step->id);
    buffer_add_text(b, ",\"created_at\":");
    json_write_string(b, time, timestamp_format_millis(d->now_ms, time));
    for (uint32_t i = 0; i < d->message->count; i++) {
        const value_member *field = &d->message->members[i];
        buffer_add_byte(b, ',');
        json_write_string(b, field->key.text, field->key.count);
        buffer_add_byte(b, ':');
        json_write(b, &field->value);
    }
    buffer_add_byte(b, '}');
}

static value inbox_key(const provider_site *site, const delivery *d, const char *part)
{
    buffer b;
    buffer_init(&b, d->arena, SIZE_MAX);
    buffer_add_text(&b, site->config->group);
    buffer_add_text(&b, ":inbox:{");
    buffer_add(&b, d->execution->recipient.text, d->execution->recipient.count);
    buffer_add_text(&b, "}:");
    buffer_add_text(&b, part);
    return b.failed ? value_null() : buffer_string(&b);
}

static void end(delivery *d, const redisReply *reply)
{
    if (reply == NULL) {
        d->code = "inbox_refused";
        d->sentence = "Redis refused to write the inbox";
    }
    if (--d->outstanding == 0)
        d->done(d, d->code == NULL ? CHANNEL_DELIVERED : CHANNEL_REFUSED);
}

static void on_appended(store_request *request, const redisReply *reply, const error *e)
{
    (void)e;
    end((delivery *)(void *)((char *)request - offsetof(delivery, requests[0])), reply);
}

static void on_entered(store_request *request, const redisReply *reply, const error *e)
{
    (void)e;
    end((delivery *)(void *)((char *)request - offsetof(delivery, requests[1])), reply);
}

static channel_result refuse_for_memory(delivery *d)
{
    d->code = error_reason(ERROR_LIMIT);
    d->sentence = "the inbox item needs more memory than the trigger's bound";
    return CHANNEL_REFUSED;
}

static channel_result deliver(void *own, delivery *d)
{
    const provider_site *site = own;
    value items = inbox_key(site, d, "items"), index = inbox_key(site, d, "index");
    identity key = delivery_key(d);
    resp_argument id = resp_bytes(key.text, sizeof key.text - 1);
    buffer item, append, enter;
    buffer_init(&item, d->arena, LIMIT_RECORD_BYTES);
    buffer_init(&append, d->arena, SIZE_MAX);
    buffer_init(&enter, d->arena, SIZE_MAX);
    write_item(&item, d, &key);
    if (items.kind != VALUE_STRING || index.kind != VALUE_STRING || item.failed)
        return refuse_for_memory(d);
    RESP_COMMAND(&append, resp_text("HSETNX"), resp_bytes(items.text, items.count), id,
                 resp_bytes(item.bytes, item.size));
    RESP_COMMAND(&enter, resp_text("ZADD"), resp_bytes(index.text, index.count), resp_text("NX"),
                 resp_int(d->now_ms), id);
    if (append.failed || enter.failed)
        return refuse_for_memory(d);
    d->requests[0] = (store_request){.command = append.bytes, .size = append.size, .done = on_appended};
    d->requests[1] = (store_request){.command = enter.bytes, .size = enter.size, .done = on_entered};
    d->outstanding = 2;
    store_send(site->store, &d->requests[0]);
    store_send(site->store, &d->requests[1]);
    return CHANNEL_PENDING;
}

const provider_kind provider_inbox = {.deliver = deliver};
