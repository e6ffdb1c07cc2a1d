/* What custody gets from Redis and Kafka as text of its own: members of a pending set, the metadata of an
 * offset, and outbox entries. Whatever is accepted is written again as the same bytes. */
#include <stdlib.h>

#include "engine/custody/outbox.h"
#include "engine/custody/timers.h"
#include "worker/shard/outbox_events.h"

enum { MEMORY_BYTES = 16 << 20 };

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void member(arena *a, const char *text, size_t size)
{
    timer_entry t;
    buffer again;
    if (!timer_read_member(&t, text, size))
        return;
    buffer_init(&again, a, TIMER_MEMBER_SIZE);
    timer_write_member(&again, &t);
    /* The id may have been written in capitals. */
    expect(again.size == size && memcmp(again.bytes, text, size - (sizeof t.id.text - 1)) == 0);
    timer_entry back;
    expect(timer_read_member(&back, again.bytes, again.size) && timer_compare(&t, &back) == 0);
}

static void metadata(const char *text, size_t size)
{
    char again[OUTBOX_METADATA_SIZE];
    uint64_t number = outbox_read_metadata(text, size);
    size_t written = outbox_write_metadata(number, again);
    expect(written < sizeof again && written <= size);
    expect(outbox_read_metadata(again, written) == number);
}

static void events(arena *a, const char *text, size_t size)
{
    error e;
    buffer again;
    batch *b = batch_new(NULL, NULL);
    expect(b != NULL);
    if (outbox_events_read(b, text, size, &e)) {
        buffer_init(&again, a, MEMORY_BYTES);
        outbox_events_write(&again, b);
        /* A name ends at its first NUL: then there is less of it. */
        expect(again.failed || again.size <= size);
        expect(again.failed || again.size < size || memcmp(again.bytes, text, size) == 0);
    } else {
        expect(e.code == ERROR_RECORD);
    }
    batch_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a;
    const char *text = (const char *)data;
    arena_init(&a, 4096, MEMORY_BYTES);
    member(&a, text, size);
    metadata(text, size);
    events(&a, text, size);
    arena_free(&a);
    return 0;
}
