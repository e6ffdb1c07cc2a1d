#include "engine/value/arena.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES_MIN = 256, CHUNK_BYTES_MAX = 64 << 10 };

struct arena_chunk {
    arena_chunk *older;
    size_t size; /* of bytes, a multiple of the alignment */
    _Alignas(ARENA_ALIGNMENT) char bytes[];
};

void arena_init(arena *a, size_t chunk_bytes, size_t budget_bytes)
{
    *a = (arena){
        .chunk_bytes = chunk_bytes < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : arena_round_up(chunk_bytes),
        .budget_bytes = budget_bytes,
    };
}

void arena_init_steady(arena *a, size_t chunk_bytes, size_t budget_bytes)
{
    arena_init(a, chunk_bytes, budget_bytes);
    a->is_steady = true;
}

static void drop_newest_chunk(arena *a)
{
    arena_chunk *chunk = a->chunks;
    arena_pool *p = a->pool;
    a->chunks = chunk->older;
    a->used_bytes -= chunk->size;
    if (p == NULL || chunk->size != p->chunk_bytes || p->count >= p->most) {
        free(chunk);
        return;
    }
    chunk->older = p->free;
    p->free = chunk;
    p->count++;
}

void arena_free(arena *a)
{
    while (a->chunks != NULL)
        drop_newest_chunk(a);
    a->next = a->end = NULL;
    a->out_of_memory = false;
}

static size_t next_chunk_bytes(size_t size)
{
    return size < CHUNK_BYTES_MAX / 2 ? size * 2 : CHUNK_BYTES_MAX;
}

void arena_reset(arena *a)
{
    if (a->chunks == NULL || a->pool != NULL) {
        arena_free(a);
        return;
    }
    a->out_of_memory = false;
    while (a->chunks->older != NULL)
        drop_newest_chunk(a);
    a->next = a->chunks->bytes;
    a->end = a->chunks->bytes + a->chunks->size;
    /* Doubling starts again: what is reset a thousand times would take 64 KiB more each time. */
    if (!a->is_steady)
        a->chunk_bytes = next_chunk_bytes(a->chunks->size);
}

/* Chunks of a pool are all of one size; what does not fit into one has its own. */
static size_t choose_chunk_bytes(arena *a, size_t size)
{
    size_t chunk_size = size > a->chunk_bytes ? size : a->chunk_bytes;
    if (a->pool != NULL)
        return size > a->pool->chunk_bytes ? size : a->pool->chunk_bytes;
    if (!a->is_steady)
        a->chunk_bytes = next_chunk_bytes(a->chunk_bytes);
    return chunk_size;
}

static arena_chunk *make_chunk(arena_pool *p, size_t chunk_size)
{
    if (p == NULL || p->free == NULL || chunk_size != p->chunk_bytes)
        return malloc(sizeof(arena_chunk) + chunk_size);
    arena_chunk *chunk = p->free;
    p->free = chunk->older;
    p->count--;
    return chunk;
}

static void *alloc_in_new_chunk(arena *a, size_t size)
{
    size_t chunk_size = choose_chunk_bytes(a, size);
    if (a->used_bytes >= a->budget_bytes || size > a->budget_bytes - a->used_bytes)
        return NULL;
    if (chunk_size > a->budget_bytes - a->used_bytes)
        chunk_size = size; /* the last chunk is as small as it must be */
    arena_chunk *chunk = make_chunk(a->pool, chunk_size);
    if (chunk == NULL) {
        a->out_of_memory = true;
        return NULL;
    }
    chunk->size = chunk_size;
    chunk->older = a->chunks;
    a->chunks = chunk;
    a->used_bytes += chunk_size;
    a->next = chunk->bytes + size;
    a->end = chunk->bytes + chunk_size;
    return chunk->bytes;
}

void *arena_alloc_slowly(arena *a, size_t size)
{
    if (size == 0 && a->next != NULL)
        return a->next;
    return size > SIZE_MAX / 2 ? NULL : alloc_in_new_chunk(a, arena_round_up(size));
}

void *arena_calloc(arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *block = arena_alloc(a, total);
    if (block != NULL)
        memset(block, 0, total);
    return block;
}

void *arena_move(arena *a, const void *old, size_t old_size, size_t new_size)
{
    void *moved = arena_alloc(a, new_size);
    if (moved != NULL && old_size > 0)
        memcpy(moved, old, old_size < new_size ? old_size : new_size);
    return moved;
}

char *arena_copy(arena *a, const void *bytes, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, size + 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

error_code arena_failure(const arena *a)
{
    return a->out_of_memory ? ERROR_OUT_OF_MEMORY : ERROR_LIMIT;
}

size_t arena_spans(const arena *a, arena_span *spans, size_t most)
{
    size_t count = 0;
    for (const arena_chunk *c = a->chunks; c != NULL && count < most; c = c->older) {
        const char *end = c == a->chunks ? a->next : c->bytes + c->size;
        spans[count++] = (arena_span){.bytes = c->bytes, .size = (size_t)(end - c->bytes)};
    }
    return count;
}

void arena_pool_init(arena_pool *p, size_t chunk_bytes, size_t most)
{
    *p = (arena_pool){.chunk_bytes = arena_round_up(chunk_bytes), .most = most};
}

void arena_pool_free(arena_pool *p)
{
    while (p->free != NULL) {
        arena_chunk *chunk = p->free;
        p->free = chunk->older;
        free(chunk);
    }
    p->count = 0;
}

arena_mark arena_get_mark(const arena *a)
{
    return (arena_mark){.chunk = a->chunks, .next = a->next};
}

void arena_rewind(arena *a, arena_mark mark)
{
    while (a->chunks != mark.chunk)
        drop_newest_chunk(a);
    a->next = mark.next;
    a->end = a->chunks != NULL ? a->chunks->bytes + a->chunks->size : NULL;
}
