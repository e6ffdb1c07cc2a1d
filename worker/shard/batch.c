#include "worker/shard/batch.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 << 10, CHUNKS_KEPT = 256, EVENTS_AT_ONCE = 64 };

void batch_pool_init(arena_pool *p)
{
    arena_pool_init(p, CHUNK_BYTES, CHUNKS_KEPT);
}

batch *batch_new(const catalog *c, arena_pool *pool)
{
    batch *b = calloc(1, sizeof *b);
    if (b == NULL) {
        catalog_release(c);
        return NULL;
    }
    /* The bound on what goes in is custody's: so many triggers, so many bytes of them. */
    arena_init(&b->arena, CHUNK_BYTES, SIZE_MAX);
    b->arena.pool = pool;
    b->last = &b->first;
    b->catalog = c;
    return b;
}

void batch_free(batch *b)
{
    if (b == NULL)
        return;
    catalog_release(b->catalog);
    arena_free(&b->arena);
    free(b);
}

/* One behind the other: whoever goes through them later meets few lines of memory, in their order, and the
 * processor fetches those by itself. Between their bodies each would be a line that is in no cache any more.
 */
static event *take_event(batch *b)
{
    if (b->spare_count == 0) {
        b->spare = arena_alloc(&b->arena, EVENTS_AT_ONCE * sizeof *b->spare);
        if (b->spare == NULL)
            return NULL;
        b->spare_count = EVENTS_AT_ONCE;
    }
    b->spare_count--;
    return b->spare++;
}

event *batch_add(batch *b, event_kind kind, size_t header_count)
{
    event_header *headers = NULL;
    if (header_count > 0 && (headers = arena_calloc(&b->arena, header_count, sizeof *headers)) == NULL)
        return NULL;
    event *e = take_event(b);
    if (e == NULL)
        return NULL;
    *e = (event){.kind = kind, .headers = headers, .header_count = header_count};
    *b->last = e;
    b->last = &e->next;
    b->count++;
    return e;
}

bool batch_copy(batch *b, const value *text, value *out)
{
    *out = *text;
    if (text->kind != VALUE_STRING)
        return true;
    out->text = arena_copy(&b->arena, text->text, text->count);
    return out->text != NULL;
}
