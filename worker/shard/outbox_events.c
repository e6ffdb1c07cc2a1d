#include "worker/shard/outbox_events.h"

#include "engine/limits.h"

enum { FORMAT = 1, HEADERS_MAX = 8 };
static const uint32_t null_size = UINT32_MAX;

static void write_size(buffer *b, uint32_t size)
{
    for (int shift = 0; shift < 32; shift += 8)
        buffer_add_byte(b, (char)(size >> shift & 0xFF));
}

static void write_text(buffer *b, const value *text)
{
    if (text->kind != VALUE_STRING) {
        write_size(b, null_size);
        return;
    }
    write_size(b, text->count);
    buffer_add(b, text->text, text->count);
}

void outbox_events_write(buffer *b, const batch *from)
{
    buffer_add_byte(b, FORMAT);
    for (const event *ev = from->first; ev != NULL; ev = ev->next) {
        buffer_add_byte(b, (char)ev->kind);
        if (ev->kind == EVENT_REQUEST) {
            value topic = value_cstring(ev->topic);
            write_text(b, &topic);
        }
        write_text(b, &ev->key);
        write_text(b, &ev->payload);
        buffer_add_byte(b, (char)ev->header_count);
        for (size_t i = 0; i < ev->header_count; i++) {
            value name = value_cstring(ev->headers[i].name);
            write_text(b, &name);
            write_text(b, &ev->headers[i].value);
        }
    }
}

/* ---- reading ---- */

typedef struct reader {
    const char *next;
    const char *end;
    bool failed;
} reader;

static unsigned read_byte(reader *r)
{
    r->failed |= r->next == r->end;
    return r->failed ? 0 : (unsigned char)*r->next++;
}

static value read_text(reader *r)
{
    uint32_t size = 0;
    for (int shift = 0; shift < 32; shift += 8)
        size |= (uint32_t)read_byte(r) << shift;
    if (r->failed || size == null_size)
        return value_null();
    if (size > (size_t)(r->end - r->next)) {
        r->failed = true;
        return value_null();
    }
    value text = value_string(r->next, size);
    r->next += size;
    return text;
}

static bool copy_header(batch *to, reader *r, event_header *header)
{
    value name = read_text(r), text = read_text(r), copy;
    if (r->failed || name.kind != VALUE_STRING) {
        r->failed = true;
        return true;
    }
    header->name = arena_copy(&to->arena, name.text, name.count);
    if (header->name == NULL || !batch_copy(to, &text, &copy))
        return false;
    header->value = copy;
    return true;
}

/* False without memory. */
static bool copy_topic(batch *to, const value *topic, event *ev)
{
    if (ev->kind != EVENT_REQUEST)
        return true;
    ev->topic = arena_copy(&to->arena, topic->text, topic->count);
    return ev->topic != NULL;
}

/* False without memory. */
static bool read_event(batch *to, reader *r)
{
    unsigned kind = read_byte(r);
    value topic = kind == EVENT_REQUEST ? read_text(r) : value_null();
    value key = read_text(r), payload = read_text(r);
    unsigned headers = read_byte(r);
    r->failed |= kind >= EVENT_KIND_COUNT || headers > HEADERS_MAX ||
                 (kind == EVENT_REQUEST && topic.kind != VALUE_STRING);
    if (r->failed)
        return true;
    event *ev = batch_add(to, (event_kind)kind, headers);
    bool ok = ev != NULL && copy_topic(to, &topic, ev) && batch_copy(to, &key, &ev->key) &&
              batch_copy(to, &payload, &ev->payload);
    for (unsigned i = 0; ok && !r->failed && i < headers; i++)
        ok = copy_header(to, r, &ev->headers[i]);
    return ok;
}

bool outbox_events_read(batch *to, const char *bytes, size_t size, error *e)
{
    reader r = {.next = bytes, .end = bytes + size};
    if (read_byte(&r) != FORMAT)
        return error_set(e, ERROR_RECORD, 0,
                         "an outbox entry is of a format that this version does not know");
    while (!r.failed && r.next < r.end)
        if (!read_event(to, &r))
            return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the events of an outbox");
    return !r.failed || error_set(e, ERROR_RECORD, 0, "an outbox entry is broken");
}
