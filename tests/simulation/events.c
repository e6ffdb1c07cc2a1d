#include "tests/simulation/events.h"

#include "engine/limits.h"

uint64_t events_hash(const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    uint64_t hash = 0xCBF29CE484222325 ^ size;
    for (; size >= 8; size -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 32;
    }
    for (; size > 0; size--, next++)
        hash = (hash ^ *next) * 0x100000001B3;
    hash ^= hash >> 29;
    return hash == 0 ? 1 : hash;
}

/* An event begins with its id: a string of 36 characters behind its length. */
static event_mark mark(const buffer *b)
{
    enum { ID_AT = 1, ID_SIZE = 36 };
    assert(!b->failed && b->size > ID_AT + ID_SIZE);
    return (event_mark){.id = events_hash(b->bytes + ID_AT, ID_SIZE),
                        .content = events_hash(b->bytes, b->size)};
}

event_mark events_of_step(arena *scratch, const execution *x, size_t number)
{
    buffer b;
    arena_mark before = arena_get_mark(scratch);
    buffer_init(&b, scratch, LIMIT_RECORD_BYTES);
    completion_write_step(&b, x, number);
    event_mark m = mark(&b);
    arena_rewind(scratch, before);
    return m;
}

event_mark events_of_execution(arena *scratch, const execution *x)
{
    buffer b;
    arena_mark before = arena_get_mark(scratch);
    buffer_init(&b, scratch, LIMIT_RECORD_BYTES);
    completion_write_execution(&b, x);
    event_mark m = mark(&b);
    arena_rewind(scratch, before);
    return m;
}

event_mark events_of_rejection(uint32_t place, int64_t offset)
{
    int64_t at[2] = {place, offset};
    uint64_t id = events_hash(at, sizeof at);
    return (event_mark){.id = id, .content = id};
}

void events_add(world *w, event_list *l, event_mark e)
{
    if (l->count == l->capacity) {
        uint32_t wider = l->capacity == 0 ? 8 : 2 * l->capacity;
        event_mark *items = world_alloc(w, wider * sizeof *items);
        if (l->count > 0)
            memcpy(items, l->items, l->count * sizeof *items);
        l->items = items;
        l->capacity = wider;
    }
    l->items[l->count++] = e;
}

void events_add_execution(world *w, event_list *l, arena *scratch, const execution *x, size_t first)
{
    for (size_t i = first; i < x->step_count; i++)
        if (completion_has_step(x, i))
            events_add(w, l, events_of_step(scratch, x, i));
    if (execution_ended(x))
        events_add(w, l, events_of_execution(scratch, x));
}

void events_add_entry(world *w, event_list *l, const char *bytes, size_t size)
{
    assert(size % sizeof(event_mark) == 0);
    for (size_t i = 0; i < size; i += sizeof(event_mark)) {
        event_mark e;
        memcpy(&e, bytes + i, sizeof e);
        events_add(w, l, e);
    }
}
