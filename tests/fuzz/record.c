/* Records as Redis hands them back: whatever is accepted is written again, and read again as the same. */
#include <stdlib.h>

#include "engine/execution/completion.h"
#include "engine/execution/record.h"
#include "engine/limits.h"

enum { MEMORY_BYTES = 16 << 20 };

static void write_events(const execution *x, arena *a)
{
    buffer events;
    buffer_init(&events, a, LIMIT_RECORD_BYTES);
    for (size_t i = 0; i < x->step_count; i++)
        if (completion_has_step(x, i))
            completion_write_step(&events, x, i);
    if (x->status == EXECUTION_COMPLETED || x->status == EXECUTION_FAILED)
        completion_write_execution(&events, x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a;
    execution x, again;
    error e;
    buffer first, second;
    arena_init(&a, 4096, MEMORY_BYTES);
    if (record_read(&x, &a, (const char *)data, size, &e)) {
        write_events(&x, &a);
        buffer_init(&first, &a, LIMIT_RECORD_BYTES);
        buffer_init(&second, &a, LIMIT_RECORD_BYTES);
        record_write(&first, &x);
        if (!first.failed && record_read(&again, &a, first.bytes, first.size, &e)) {
            record_write(&second, &again);
            if (!second.failed &&
                (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0))
                abort();
        } else if (!first.failed && e.code == ERROR_RECORD) {
            abort();
        }
    }
    arena_free(&a);
    return 0;
}
