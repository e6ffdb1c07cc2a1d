#include "engine/execution/trigger.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"

/* A required or optional field that must be a string within a bound. An absent optional one is null. */
static bool read_text(const value *record, const char *name, bool required, size_t size_max, value *out,
                      error *e)
{
    const value *field = value_field(record, name);
    if (field == NULL || field->kind == VALUE_NULL) {
        *out = value_null();
        return !required || error_set(e, ERROR_TRIGGER, 0, "the trigger has no field \"%s\"", name);
    }
    if (field->kind != VALUE_STRING)
        return error_set(e, ERROR_TRIGGER, 0, "the trigger's field \"%s\" must be a string, not %s", name,
                         value_kind_name(field->kind));
    if (field->count > size_max)
        return error_set(e, ERROR_TRIGGER, 0, "the trigger's field \"%s\" is longer than %zu bytes", name,
                         size_max);
    *out = *field;
    return true;
}

/* Ids become names under a namespace whose parts 0x1F separates. */
static bool check_printable(const value *text, const char *name, error *e)
{
    if (text->kind != VALUE_STRING)
        return true;
    for (uint32_t i = 0; i < text->count; i++)
        if ((unsigned char)text->text[i] < 0x20 || text->text[i] == 0x7F)
            return error_set(e, ERROR_TRIGGER, 0, "the trigger's field \"%s\" holds a control character",
                             name);
    return true;
}

static bool read_data(trigger *t, const value *record, arena *a, error *e)
{
    const value *data = value_field(record, "data");
    if (data == NULL)
        return error_set(e, ERROR_TRIGGER, 0, "the trigger has no field \"data\"");
    if (data->kind == VALUE_STRING) {
        if (!json_read(a, data->text, data->count, &t->data, e)) {
            if (e->code == ERROR_SYNTAX)
                e->code = ERROR_TRIGGER;
            return error_prefix(e, "the trigger's field \"data\" holds broken JSON, at byte %zu",
                                e->position);
        }
        return true;
    }
    if (data->kind != VALUE_MAP)
        return error_set(e, ERROR_TRIGGER, 0,
                         "the trigger's field \"data\" must be a record, a map or a string of JSON, not %s",
                         value_kind_name(data->kind));
    t->data = *data;
    return true;
}

static bool read_metadata(trigger *t, const value *record, error *e)
{
    const value *metadata = value_field(record, "metadata");
    t->metadata = (value){.kind = VALUE_MAP};
    if (metadata == NULL || metadata->kind == VALUE_NULL)
        return true;
    if (metadata->kind != VALUE_MAP)
        return error_set(e, ERROR_TRIGGER, 0, "the trigger's field \"metadata\" must be a map, not %s",
                         value_kind_name(metadata->kind));
    t->metadata = *metadata;
    return true;
}

/* A timestamp of Avro has been made the text that others write. */
static bool read_expiry(trigger *t, const value *record, error *e)
{
    const value *field = value_field(record, "expires_at");
    int64_t expires_us;
    t->expires_ms = 0;
    if (field == NULL || field->kind == VALUE_NULL)
        return true;
    if (field->kind != VALUE_STRING)
        return error_set(e, ERROR_TRIGGER, 0,
                         "the trigger's field \"expires_at\" must be a timestamp or an RFC 3339 time, not %s",
                         value_kind_name(field->kind));
    if (!timestamp_parse(field->text, field->count, &expires_us))
        return error_set(e, ERROR_TRIGGER, 0,
                         "the trigger's field \"expires_at\" is no timestamp and no RFC 3339 time");
    /* Up to 1970, all is as late as its first moment: 0 would be never. */
    t->expires_ms = expires_us < 1000 ? 1 : expires_us / 1000;
    return true;
}

static bool read_recipient(trigger *t, const value *record, error *e)
{
    if (!read_text(record, "recipient", true, LIMIT_RECIPIENT_BYTES, &t->recipient, e) ||
        !check_printable(&t->recipient, "recipient", e))
        return false;
    for (uint32_t i = 0; i < t->recipient.count; i++)
        if (t->recipient.text[i] != ' ')
            return true;
    return error_set(e, ERROR_EMPTY_RECIPIENT, 0, "the trigger's recipient is empty");
}

bool trigger_read(trigger *t, const avro_plan *plan, arena *a, const char *body, size_t size, error *e)
{
    value record;
    if (!avro_decode(plan, a, body, size, &record, e))
        return false;
    if (record.kind != VALUE_MAP)
        return error_set(e, ERROR_TRIGGER, 0, "a trigger must be a record, not %s",
                         value_kind_name(record.kind));
    return read_text(&record, "workflow_id", true, LIMIT_IDENTIFIER_BYTES, &t->workflow_id, e) &&
           check_printable(&t->workflow_id, "workflow_id", e) && read_recipient(t, &record, e) &&
           read_text(&record, "trigger_id", false, LIMIT_TRIGGER_ID_BYTES, &t->trigger_id, e) &&
           check_printable(&t->trigger_id, "trigger_id", e) && read_expiry(t, &record, e) &&
           read_metadata(t, &record, e) && read_data(t, &record, a, e);
}
