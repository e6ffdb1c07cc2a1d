#include "engine/workflow/stored_version.h"

#include "engine/value/json.h"
#include "engine/value/timestamp.h"

void stored_version_write(buffer *b, const stored_version *v)
{
    char time[TIMESTAMP_TEXT_SIZE];
    timestamp_format_millis(v->time_ms, time);
    buffer_format(b, "{\"content_id\":\"%s\",\"time\":\"%s\",\"actor\":", v->content_id, time);
    json_write(b, &v->actor);
    buffer_add_text(b, ",\"document\":");
    content_write_document(b, v->document);
    buffer_add_byte(b, '}');
}

bool stored_version_read(arena *a, const char *text, size_t size, stored_version *v, error *e)
{
    value *record = arena_alloc(a, sizeof *record);
    int64_t epoch_us;
    if (record == NULL || !json_read(a, text, size, record, NULL))
        return error_set(e, ERROR_RECORD, 0, "a stored version of a workflow is not JSON");
    const value *id = value_field(record, "content_id");
    const value *time = value_field(record, "time");
    const value *actor = value_field(record, "actor");
    const value *document = value_field(record, "document");
    if (id == NULL || id->kind != VALUE_STRING || id->count != CONTENT_ID_SIZE - 1 || time == NULL ||
        time->kind != VALUE_STRING || !timestamp_parse(time->text, time->count, &epoch_us) || actor == NULL ||
        actor->kind != VALUE_STRING || document == NULL || document->kind != VALUE_MAP)
        return error_set(e, ERROR_RECORD, 0, "a stored version of a workflow lacks something");
    *v = (stored_version){.document = document, .actor = *actor, .time_ms = epoch_us / 1000};
    memcpy(v->content_id, id->text, CONTENT_ID_SIZE - 1);
    return true;
}
