#include "engine/execution/trigger.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"

/* In the order in which most schemas have them. */
typedef enum trigger_field {
    FIELD_WORKFLOW_ID,
    FIELD_RECIPIENT,
    FIELD_DATA,
    FIELD_METADATA,
    FIELD_TRIGGER_ID,
    FIELD_EXPIRES_AT,
    FIELD_COUNT,
} trigger_field;

#define NAME(literal) .kind = VALUE_STRING, .count = sizeof(literal) - 1, .text = (literal)
static const value field_names[] = {
    {NAME("workflow_id")}, {NAME("recipient")},  {NAME("data")},
    {NAME("metadata")},    {NAME("trigger_id")}, {NAME("expires_at")},
};
#undef NAME

/* By field; NULL where the record has none. */
typedef struct fields {
    const value *values[FIELD_COUNT];
} fields;

/* One walk over the record. The field behind the last one that was found is tried first. */
static fields find_fields(const value *record)
{
    fields found = {0};
    unsigned next = 0;
    for (uint32_t i = 0; i < record->count; i++) {
        const value_member *member = &record->members[i];
        for (unsigned tries = 0; tries < FIELD_COUNT; tries++) {
            unsigned f = next;
            next = next + 1 == FIELD_COUNT ? 0 : next + 1;
            if (value_same_text(&member->key, &field_names[f])) {
                found.values[f] = &member->value;
                break;
            }
        }
    }
    return found;
}

/* A required or optional field that must be a string within a bound. An absent optional one is null. */
static bool read_text(const fields *all, trigger_field wanted, bool required, size_t size_max, value *out,
                      error *e)
{
    const value *field = all->values[wanted];
    const char *name = field_names[wanted].text;
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

/* A byte below 0x20, or 0x7F, among eight: sums of seven bits stay within their byte, and tell by its highest
 * bit where they reach 0x80. Bytes of 0x80 and above are none. */
static bool has_control(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u;
    uint64_t low = word & ones * 0x7F;
    uint64_t reaches_space = low + ones * (0x80 - 0x20);
    uint64_t is_delete = low + ones;
    return ((~reaches_space | is_delete) & ~word & ones * 0x80) != 0;
}

static bool is_printable(const char *text, uint32_t size)
{
    uint64_t word = 0x2020202020202020u;
    if (size < sizeof word) {
        if (size > 0)
            memcpy(&word, text, size);
        return !has_control(word);
    }
    for (uint32_t i = 0; i + sizeof word < size; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (has_control(word))
            return false;
    }
    memcpy(&word, text + size - sizeof word, sizeof word); /* may overlap the one before */
    return !has_control(word);
}

/* Ids become names under a namespace whose parts 0x1F separates. */
static bool check_printable(const value *text, trigger_field which, error *e)
{
    return text->kind != VALUE_STRING || is_printable(text->text, text->count) ||
           error_set(e, ERROR_TRIGGER, 0, "the trigger's field \"%s\" holds a control character",
                     field_names[which].text);
}

static bool read_data(trigger *t, const fields *all, arena *a, error *e)
{
    const value *data = all->values[FIELD_DATA];
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

static bool read_metadata(trigger *t, const fields *all, error *e)
{
    const value *metadata = all->values[FIELD_METADATA];
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
static bool read_expiry(trigger *t, const fields *all, error *e)
{
    const value *field = all->values[FIELD_EXPIRES_AT];
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

static bool read_recipient(trigger *t, const fields *all, error *e)
{
    if (!read_text(all, FIELD_RECIPIENT, true, LIMIT_RECIPIENT_BYTES, &t->recipient, e) ||
        !check_printable(&t->recipient, FIELD_RECIPIENT, e))
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
    fields all = find_fields(&record);
    return read_text(&all, FIELD_WORKFLOW_ID, true, LIMIT_IDENTIFIER_BYTES, &t->workflow_id, e) &&
           check_printable(&t->workflow_id, FIELD_WORKFLOW_ID, e) && read_recipient(t, &all, e) &&
           read_text(&all, FIELD_TRIGGER_ID, false, LIMIT_TRIGGER_ID_BYTES, &t->trigger_id, e) &&
           check_printable(&t->trigger_id, FIELD_TRIGGER_ID, e) && read_expiry(t, &all, e) &&
           read_metadata(t, &all, e) && read_data(t, &all, a, e);
}
