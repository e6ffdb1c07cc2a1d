#include "worker/shard/batch.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 64 << 10, CHUNKS_KEPT = 256 };

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

event *batch_add(batch *b, event_kind kind, size_t header_count)
{
    event *e = arena_calloc(&b->arena, 1, sizeof *e + header_count * sizeof(event_header));
    if (e == NULL)
        return NULL;
    e->kind = kind;
    e->headers = (event_header *)(void *)(e + 1);
    e->header_count = header_count;
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
