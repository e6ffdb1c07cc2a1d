/* The `inbox` provider: an item in the recipient's inbox (inbox_keys.h), by one script in Redis. A delivery
 * that is repeated changes nothing, however often and whatever became of the item. */
#include "worker/channel/provider.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "worker/channel/inbox/inbox_keys.h"
#include "worker/channel/inbox/inbox_script.h"
#include "worker/shard/resp.h"

/* One delivery's way through Redis. */
typedef struct append {
    store_request request;
    const provider_site *site;
    delivery *d;
    buffer item;
    bool in_full; /* the script's text went with it, since Redis did not know its digest */
} append;

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

static channel_result refuse(delivery *d, const char *code, const char *sentence)
{
    d->code = code;
    d->sentence = sentence;
    return CHANNEL_REFUSED;
}

static channel_result refuse_for_memory(delivery *d)
{
    return refuse(d, error_reason(ERROR_LIMIT), "the inbox item needs more memory than the trigger's bound");
}

static resp_argument text_of(const value *text)
{
    return resp_bytes(text->text, text->count);
}

static bool write_append(append *a, buffer *b)
{
    const delivery *d = a->d;
    const config_provider *p = d->provider;
    identity id = delivery_key(d);
    inbox_keys keys;
    buffer_init(b, d->arena, SIZE_MAX);
    if (!inbox_keys_init(&keys, d->arena, a->site->config->group, &d->execution->recipient))
        return false;
    RESP_COMMAND(b, resp_text(a->in_full ? "EVAL" : "EVALSHA"),
                 resp_text(a->in_full ? inbox_script_append : inbox_script_append_sha1),
                 resp_int(INBOX_KEY_COUNT), text_of(&keys.names[INBOX_ITEMS]),
                 text_of(&keys.names[INBOX_INDEX]), text_of(&keys.names[INBOX_UNREAD]),
                 text_of(&keys.names[INBOX_GONE]), resp_bytes(id.text, sizeof id.text - 1),
                 resp_bytes(a->item.bytes, a->item.size), resp_int(d->now_ms), resp_int(p->inbox_max_items),
                 resp_int(p->inbox_max_age_ms), resp_int(a->site->config->retention_ms),
                 text_of(&keys.channel));
    return !b->failed;
}

static store_callback on_appended;

static channel_result send_append(append *a)
{
    buffer command;
    if (!write_append(a, &command))
        return refuse_for_memory(a->d);
    a->request = (store_request){.command = command.bytes, .size = command.size, .done = on_appended};
    store_send(a->site->store, &a->request);
    return CHANNEL_PENDING;
}

/* A Redis that has been restarted knows no scripts. */
static channel_result send_in_full(append *a)
{
    a->in_full = true;
    return send_append(a);
}

static void on_appended(store_request *request, const redisReply *reply, const error *e)
{
    append *a = (append *)(void *)request;
    channel_result result = CHANNEL_DELIVERED;
    (void)e;
    if (reply == NULL)
        result =
            a->in_full ? refuse(a->d, "inbox_refused", "Redis refused to write the inbox") : send_in_full(a);
    if (result != CHANNEL_PENDING)
        a->d->done(a->d, result);
}

static channel_result deliver(void *own, delivery *d)
{
    const identity key = delivery_key(d);
    append *a = arena_calloc(d->arena, 1, sizeof *a);
    if (a == NULL)
        return refuse_for_memory(d);
    a->site = own;
    a->d = d;
    buffer_init(&a->item, d->arena, LIMIT_INBOX_ITEM_BYTES);
    write_item(&a->item, d, &key);
    if (a->item.failed)
        return refuse(d, "inbox_item_too_large", "the item needs more memory than an inbox gives it");
    return send_append(a);
}

const provider_kind provider_inbox = {.deliver = deliver};
