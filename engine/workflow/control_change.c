#include "engine/workflow/control_change.h"

#include "engine/value/json.h"
#include "engine/value/timestamp.h"

static void write_member(buffer *b, const char *key, const value *v)
{
    if (v == NULL)
        return;
    buffer_format(b, ",\"%s\":", key);
    json_write(b, v);
}

void control_change_write(buffer *b, const control_change *change)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format_millis(change->time_ms, time);
    const value time_value = value_cstring(time);
    const value path = value_cstring(change->path.pointer);
    buffer_add_text(b, "{\"version\":");
    buffer_add_int(b, change->version);
    write_member(b, "time", &time_value);
    write_member(b, "actor", &change->actor);
    write_member(b, "step_id", &change->path.step_id);
    write_member(b, "path", &path);
    write_member(b, "before", change->before);
    write_member(b, "after", change->after);
    buffer_add_byte(b, '}');
}

static const value *field(const value *record, const char *key, value_kind kind)
{
    const value *v = value_field(record, key);
    return v != NULL && v->kind == kind ? v : NULL;
}

bool control_change_read(arena *a, const char *text, size_t size, control_change *change, error *e)
{
    value record;
    int64_t epoch_us;
    if (!json_read(a, text, size, &record, e))
        return error_set(e, ERROR_RECORD, 0, "a stored change of a control is not JSON");
    const value *version = field(&record, "version", VALUE_INT);
    const value *time = field(&record, "time", VALUE_STRING);
    const value *actor = field(&record, "actor", VALUE_STRING);
    const value *path = field(&record, "path", VALUE_STRING);
    const value *step_id = value_field(&record, "step_id");
    if (version == NULL || time == NULL || actor == NULL || path == NULL || step_id == NULL ||
        (step_id->kind != VALUE_STRING && step_id->kind != VALUE_NULL) ||
        !timestamp_parse(time->text, time->count, &epoch_us))
        return error_set(e, ERROR_RECORD, 0, "a stored change of a control lacks something");
    const char *pointer = arena_copy(a, path->text, path->count);
    if (pointer == NULL)
        return error_set(e, ERROR_RECORD, 0, "a stored change of a control is too large");
    *change = (control_change){
        .version = version->integer,
        .time_ms = epoch_us / 1000,
        .actor = *actor,
        .path = {.step_id = *step_id, .pointer = pointer},
        .before = value_field(&record, "before"),
        .after = value_field(&record, "after"),
    };
    return true;
}
