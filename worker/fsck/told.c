#include "worker/fsck/told.h"

#include <stdlib.h>
#include <uuid/uuid.h>

#include "engine/limits.h"
#include "engine/value/timestamp.h"

bool told_init(told *t, int64_t since_ms, error *e)
{
    *t = (told){.since_ms = since_ms};
    arena_init(&t->memory, 4096, LIMIT_TRIGGER_DECODED_BYTES);
    t->plan = avro_plan_new(completion_execution_schema, strlen(completion_execution_schema), e);
    return t->plan != NULL;
}

void told_free(told *t)
{
    avro_plan_free(t->plan);
    arena_free(&t->memory);
    free(t->items);
    *t = (told){0};
}

static bool decode(told *t, const char *bytes, size_t size, value *event)
{
    avro_frame frame;
    arena_reset(&t->memory);
    return avro_frame_read(bytes, size, &frame, NULL) && frame.framing == AVRO_SINGLE_OBJECT &&
           frame.schema == avro_plan_fingerprint(t->plan) &&
           avro_decode(t->plan, &t->memory, bytes + frame.header_size, size - frame.header_size, event, NULL);
}

static bool read_event(const value *event, told_event *out)
{
    identity id;
    int64_t completed_us;
    const value *completed = value_field(event, "completed_at");
    if (!identity_parse(value_field(event, "execution_id"), &id) ||
        !timestamp_parse(completed->text, completed->count, &completed_us))
        return false;
    *out = (told_event){.run = (int32_t)value_field(event, "run")->integer};
    out->completed_ms = completed_us / 1000;
    memcpy(out->execution, id.bytes, sizeof out->execution);
    return true;
}

bool told_add(told *t, const char *bytes, size_t size, int64_t *completed_ms)
{
    value event;
    told_event item;
    *completed_ms = 0;
    if (!decode(t, bytes, size, &event) || !read_event(&event, &item)) {
        t->foreign++;
        return true;
    }
    item.recorded = t->late;
    *completed_ms = item.completed_ms;
    t->read++;
    if (*completed_ms < t->since_ms)
        return true;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity == 0 ? 1024 : 2 * t->capacity;
        told_event *items = reallocarray(t->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        t->items = items;
        t->capacity = capacity;
    }
    t->items[t->count++] = item;
    return true;
}

static int compare(const void *a, const void *b)
{
    const told_event *x = a, *y = b;
    int order = memcmp(x->execution, y->execution, sizeof x->execution);
    return order != 0 ? order : (x->run > y->run) - (x->run < y->run);
}

void told_sort(told *t)
{
    if (t->count > 1)
        qsort(t->items, t->count, sizeof *t->items, compare);
    t->sorted = t->count;
}

/* The first event that is not before this one. */
static size_t place_of(const told *t, const identity *id, int64_t run)
{
    told_event wanted = {.run = (int32_t)run};
    size_t low = 0, high = t->count;
    memcpy(wanted.execution, id->bytes, sizeof wanted.execution);
    assert(t->sorted == t->count);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&t->items[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const told *t, size_t place, const identity *id)
{
    return place < t->count && memcmp(t->items[place].execution, id->bytes, sizeof id->bytes) == 0;
}

void told_mark(told *t, const identity *id)
{
    for (size_t i = place_of(t, id, 0); is_of(t, i, id); i++)
        t->items[i].recorded = true;
}

bool told_has(const told *t, const identity *id, int64_t run)
{
    size_t place = place_of(t, id, run);
    return is_of(t, place, id) && t->items[place].run == run;
}

static identity id_of(const told_event *event)
{
    identity id;
    memcpy(id.bytes, event->execution, sizeof id.bytes);
    uuid_unparse_lower(id.bytes, id.text);
    return id;
}

/* Of an execution, once. */
static bool add(audit_findings *f, audit_verdict verdict, const told_event *event)
{
    identity id = id_of(event);
    const audit_finding *newest = f->count > 0 ? &f->items[f->count - 1] : NULL;
    if (newest != NULL && newest->verdict == verdict && strcmp(newest->id.text, id.text) == 0)
        return true;
    return audit_findings_add(f, &(audit_finding){.verdict = verdict, .id = id});
}

bool told_find(const told *t, int64_t since_ms, audit_findings *f)
{
    for (size_t i = 0; i < t->count; i++) {
        if (!t->items[i].recorded && t->items[i].completed_ms >= since_ms &&
            !add(f, AUDIT_UNRECORDED, &t->items[i]))
            return false;
        if (i > 0 && compare(&t->items[i], &t->items[i - 1]) == 0 && !add(f, AUDIT_TOLD_TWICE, &t->items[i]))
            return false;
    }
    return true;
}
