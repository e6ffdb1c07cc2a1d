#include "engine/execution/delivery_request.h"

#include <string.h>

#include "engine/limits.h"
#include "engine/value/avro.h"
#include "engine/value/json.h"

static const char id_name[] = "message_id";

static identity event_of(const execution *x, const step_state *s)
{
    return identity_of_event(&x->id, &s->step_id, s->run);
}

/* Most results have no message id at all; only those that may have one are worth the parser. It stands behind
 * the provider's name, which needs no escapes (execution_delivered) and is the step's, too. */
static bool may_have_id(const step_state *s)
{
    static const char start[] = "{\"provider\":\"", next[] = "\",\"message_id\":";
    enum { START_SIZE = sizeof start - 1, NEXT_SIZE = sizeof next - 1 };
    size_t place = START_SIZE + (size_t)s->provider.count;
    return s->status == STEP_COMPLETED && s->result.kind == VALUE_STRING &&
           s->provider.kind == VALUE_STRING && s->result.count >= place + NEXT_SIZE &&
           memcmp(s->result.text + place, next, NEXT_SIZE) == 0;
}

bool delivery_request_find(const execution *x, size_t step_index, arena *a, value *message)
{
    const step_state *s = &x->steps[step_index];
    value result;
    if (!may_have_id(s) ||
        !json_read_deep(a, s->result.text, s->result.count, LIMIT_RECORD_DEPTH, &result, NULL))
        return false;
    const value *id = value_field(&result, id_name), *delivered = value_field(&result, "message");
    if (id == NULL || delivered == NULL || delivered->kind != VALUE_MAP ||
        !value_is_text(id, event_of(x, s).text))
        return false;
    *message = *delivered;
    return true;
}

static void write_text(buffer *b, const value *text)
{
    avro_write_string(b, text->text, text->count);
}

static void write_identity(buffer *b, const identity *id)
{
    avro_write_string(b, id->text, sizeof id->text - 1);
}

static void write_json(buffer *b, const value *v)
{
    buffer text;
    buffer_init(&text, b->arena, b->limit);
    json_write(&text, v);
    b->failed |= text.failed;
    if (!b->failed)
        avro_write_string(b, text.bytes, text.size);
}

void delivery_request_write(buffer *b, const execution *x, size_t step_index, const value *message)
{
    const step_state *s = &x->steps[step_index];
    const identity event = event_of(x, s);
    write_identity(b, &event);
    write_identity(b, &x->id);
    write_text(b, &x->workflow_id);
    avro_write_long(b, x->workflow_version);
    write_text(b, &s->step_id);
    write_text(b, &s->step_type);
    write_text(b, &x->recipient);
    avro_write_long(b, s->run);
    avro_write_long(b, s->attempt);
    write_json(b, message);
    write_json(b, &x->metadata);
    avro_write_long(b, s->completed_ms);
}
