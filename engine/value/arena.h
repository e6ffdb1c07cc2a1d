/* arena: memory that is taken in pieces and given back all at once.
 *
 * One arena serves one lifetime (a trigger, a catalog, a command). It grows in chunks up to a budget;
 * reaching the budget or the end of memory makes arena_alloc return NULL, which callers pass on as an error.
 * Nothing in an arena is freed alone. */
#ifndef ENGINE_VALUE_ARENA_H
#define ENGINE_VALUE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "engine/error.h"

typedef struct arena_chunk arena_chunk;

/* Chunks of one size that the arenas of one thread hand to each other, so that memory which is in the
 * processor's caches is used again first. */
typedef struct arena_pool {
    arena_chunk *free;
    size_t chunk_bytes;
    size_t count; /* of free chunks */
    size_t most;  /* that are kept */
} arena_pool;

/* Embedded by value; fields are the module's own but for hash_seed and pool. */
typedef struct arena {
    char *next;
    char *end;
    arena_chunk *chunks; /* newest first */
    size_t used_bytes;   /* of all chunks, against the budget */
    size_t budget_bytes;
    size_t chunk_bytes; /* size of the next chunk */
    arena_pool *pool;   /* where chunks come from while they are large enough; NULL: malloc */
    bool is_steady;     /* chunks do not grow */
    bool out_of_memory; /* the system has refused memory since the last reset */
    uint32_t hash_seed; /* of the maps built here: the caller's randomness keeps hash-flooding keys out */
} arena;

/* A point to return to: arena_rewind gives back all that was taken since. */
typedef struct arena_mark {
    arena_chunk *chunk;
    char *next;
} arena_mark;

/* Takes no memory yet. chunk_bytes is the size of the first chunk (later ones double up to 64 KiB or fit the
 * request). */
void arena_init(arena *a, size_t chunk_bytes, size_t budget_bytes);
/* The same for what is many and stays: all chunks have the first one's size, so that of thousands of such
 * arenas little is left unused. */
void arena_init_steady(arena *a, size_t chunk_bytes, size_t budget_bytes);
/* Gives everything back; the arena may be used again at once. */
void arena_free(arena *a);
/* As arena_free, but keeps the oldest chunk for the next use, unless there is a pool to keep it. */
void arena_reset(arena *a);

/* Of a block's beginning and of its room: what is left of a chunk is a multiple of it, too, so that a block
 * which fits does so with what it is rounded up to. */
enum { ARENA_ALIGNMENT = 8 };

static inline size_t arena_round_up(size_t size)
{
    return (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
}

/* What the calls below do where a new chunk is needed, or the block must move. */
MUST_CHECK void *arena_alloc_slowly(arena *a, size_t size);
MUST_CHECK void *arena_move(arena *a, const void *old, size_t old_size, size_t new_size);

/* Aligned to 8 bytes, not cleared. NULL past the budget or without memory. size 0 gives a valid pointer. */
MUST_CHECK static inline void *arena_alloc(arena *a, size_t size)
{
    char *block = a->next;
    if (size - 1 >= (size_t)(a->end - block)) /* so is 0, for which there may be no chunk yet */
        return arena_alloc_slowly(a, size);
    a->next = block + arena_round_up(size);
    return block;
}

/* As arena_alloc, cleared; NULL also when count * size overflows. */
MUST_CHECK void *arena_calloc(arena *a, size_t count, size_t size);

/* Grows the block `old` (NULL: none yet) of old_size to new_size: in place where it is the newest block, else
 * by a copy. */
MUST_CHECK static inline void *arena_grow(arena *a, void *old, size_t old_size, size_t new_size)
{
    char *block = old;
    if (block == NULL)
        return arena_alloc(a, new_size);
    if (block + arena_round_up(old_size) != a->next || new_size > (size_t)(a->end - block))
        return arena_move(a, old, old_size, new_size);
    a->next = block + arena_round_up(new_size);
    return block;
}

/* Gives back what of the block `old` of old_size is behind new_size, where it is the newest block. */
static inline void arena_trim(arena *a, const void *old, size_t old_size, size_t new_size)
{
    const char *block = old;
    if (block + arena_round_up(old_size) == a->next)
        a->next -= arena_round_up(old_size) - arena_round_up(new_size);
}

/* A copy of [bytes, bytes + size) followed by a NUL. */
MUST_CHECK char *arena_copy(arena *a, const void *bytes, size_t size);

/* Why an allocation just failed: ERROR_OUT_OF_MEMORY where the system had none, else ERROR_LIMIT (the budget,
 * or a size beyond all bounds). The first condemns the process, the second one input. */
error_code arena_failure(const arena *a);

/* Memory that is in use, in one piece. */
typedef struct arena_span {
    const char *bytes;
    size_t size;
} arena_span;

/* Where what was taken stands, newest first: at most `most` spans. Returns how many there are. */
size_t arena_spans(const arena *a, arena_span *spans, size_t most);

/* most: how many free chunks are kept at most. */
void arena_pool_init(arena_pool *p, size_t chunk_bytes, size_t most);
/* No arena may have chunks of it any more. */
void arena_pool_free(arena_pool *p);

arena_mark arena_get_mark(const arena *a);
/* `mark` must come from this arena, and nothing older than it may have been rewound since. */
void arena_rewind(arena *a, arena_mark mark);

#endif
