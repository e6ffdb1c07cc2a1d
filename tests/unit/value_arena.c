#include <criterion/criterion.h>

#include "engine/value/arena.h"

/* An allocation that no machine can serve is a test here, no bug: the sanitizers must let malloc return NULL.
 */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

Test(value_arena, stops_at_its_budget)
{
    arena a;
    arena_init(&a, 256, 1024);
    size_t taken = 0;
    while (arena_alloc(&a, 100) != NULL)
        taken++;
    cr_expect_geq(taken, 8u);
    cr_expect_leq(taken, 10u);
    cr_expect_leq(a.used_bytes, 1024u);
    cr_expect_null(arena_alloc(&a, SIZE_MAX));
    cr_expect_null(arena_calloc(&a, SIZE_MAX / 2, 4));
    arena_reset(&a);
    cr_expect_not_null(arena_alloc(&a, 100));
    arena_free(&a);
    cr_expect_eq(a.used_bytes, 0u);
}

Test(value_arena, rewinds_over_chunks)
{
    arena a;
    arena_init(&a, 256, 1 << 20);
    char *first = arena_copy(&a, "first", 5);
    arena_mark mark = arena_get_mark(&a);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(arena_alloc(&a, 100));
    arena_rewind(&a, mark);
    cr_expect_str_eq(first, "first");
    cr_expect_leq(a.used_bytes, 256u);
    char *next = arena_alloc(&a, 8);
    cr_expect_eq(next, first + 8);
    arena_free(&a);
}

Test(value_arena, takes_no_more_in_later_rounds_than_in_the_second)
{
    arena a;
    size_t second = 0;
    arena_init(&a, 256, 1 << 20);
    for (int round = 1; round <= 10; round++) {
        arena_reset(&a);
        for (int i = 0; i < 10; i++)
            cr_assert_not_null(arena_alloc(&a, 100));
        if (round == 2)
            second = a.used_bytes;
        cr_expect(round <= 2 || a.used_bytes == second, "round %d: %zu bytes, not %zu", round, a.used_bytes,
                  second);
    }
    arena_free(&a);
}

Test(value_arena, a_steady_one_takes_chunks_of_one_size)
{
    enum { CHUNK = 256, BLOCKS = 100 };
    arena a;
    arena_init_steady(&a, CHUNK, 1 << 20);
    for (int i = 0; i < BLOCKS; i++)
        cr_assert_not_null(arena_alloc(&a, CHUNK / 2));
    cr_expect_eq(a.used_bytes, BLOCKS / 2 * CHUNK);
    arena_reset(&a);
    for (int i = 0; i < BLOCKS; i++)
        cr_assert_not_null(arena_alloc(&a, CHUNK / 2));
    cr_expect_eq(a.used_bytes, BLOCKS / 2 * CHUNK);
    arena_free(&a);
}

Test(value_arena, grows_the_newest_block_in_place)
{
    arena a;
    arena_init(&a, 1024, 1 << 20);
    char *block = arena_copy(&a, "abc", 3);
    char *grown = arena_grow(&a, block, 4, 64);
    cr_expect_eq(block, grown);
    cr_assert_not_null(arena_alloc(&a, 8));
    char *moved = arena_grow(&a, grown, 64, 128);
    cr_expect_neq(moved, grown);
    cr_expect_str_eq(moved, "abc");
    arena_free(&a);
}

Test(value_arena, tells_its_budget_from_the_end_of_memory)
{
    arena a;
    arena_init(&a, 256, 1024);
    cr_expect_null(arena_alloc(&a, 2048));
    cr_expect_eq(arena_failure(&a), ERROR_LIMIT);
    cr_expect_null(arena_alloc(&a, SIZE_MAX));
    cr_expect_eq(arena_failure(&a), ERROR_LIMIT);

    arena_init(&a, 256, SIZE_MAX);
    cr_expect_null(arena_alloc(&a, SIZE_MAX / 2 - 64), "no machine has this");
    cr_expect_eq(arena_failure(&a), ERROR_OUT_OF_MEMORY);
    arena_reset(&a);
    cr_expect_eq(arena_failure(&a), ERROR_LIMIT);
    arena_free(&a);
}

Test(value_arena, takes_from_its_pool_what_another_arena_gave_back)
{
    arena_pool pool;
    arena first, second;
    arena_pool_init(&pool, 1024, 1);
    arena_init(&first, 256, SIZE_MAX);
    arena_init(&second, 256, SIZE_MAX);
    first.pool = second.pool = &pool;
    void *block = arena_alloc(&first, 1000);
    cr_assert_not_null(arena_alloc(&first, 1000));
    cr_assert_not_null(arena_alloc(&first, 5000));
    arena_reset(&first);
    cr_expect_eq(pool.count, 1, "one chunk is kept, the one of another size is not");
    cr_expect_eq(first.used_bytes, 0);
    cr_expect_eq(arena_alloc(&second, 16) != NULL, true);
    cr_expect_eq(pool.count, 0);
    arena_free(&second);
    (void)block;
    arena_pool_free(&pool);
}

/* Where the room that is left is compared with a size that is not rounded up yet. */
Test(value_arena, gives_no_byte_twice_whatever_the_sizes)
{
    for (size_t chunk_bytes = 256; chunk_bytes < 256 + 16; chunk_bytes++) {
        arena a;
        char *before = NULL;
        size_t before_size = 0;
        arena_init(&a, chunk_bytes, 1 << 20);
        for (size_t i = 0; i < 500; i++) {
            size_t size = i % 23;
            char *block = arena_alloc(&a, size);
            cr_assert_not_null(block);
            cr_expect_eq((uintptr_t)block % 8, 0u);
            cr_expect(block + size <= a.end, "%zu bytes of a chunk of %zu", size, chunk_bytes);
            cr_expect(before == NULL || block >= before + before_size || block + size <= before);
            memset(block, 'x', size);
            before = block;
            before_size = size;
        }
        arena_free(&a);
    }
}

Test(value_arena, grows_in_place_up_to_the_last_byte_of_a_chunk_and_moves_beyond)
{
    for (size_t size = 250; size <= 262; size++) {
        arena a;
        arena_init(&a, 256, 1 << 20);
        char *block = arena_grow(&a, NULL, 0, 5);
        memcpy(block, "abcd", 5);
        char *grown = arena_grow(&a, block, 5, size);
        cr_expect_eq(grown == block, size <= 256, "%zu bytes", size);
        cr_expect_str_eq(grown, "abcd");
        cr_expect_leq(grown + size, a.end);
        arena_trim(&a, grown, size, 5);
        cr_expect_eq(a.next, grown + 8);
        arena_free(&a);
    }
}

Test(value_arena, gives_a_pointer_for_nothing)
{
    arena a;
    arena_init(&a, 256, 1 << 20);
    char *nothing = arena_alloc(&a, 0);
    cr_expect_not_null(nothing);
    cr_expect_eq(arena_alloc(&a, 0), nothing);
    cr_assert_not_null(arena_alloc(&a, 256));
    cr_expect_not_null(arena_alloc(&a, 0), "at the end of a chunk");
    arena_free(&a);
}

static bool is_in(const arena_span *spans, size_t count, const char *block, size_t size)
{
    for (size_t i = 0; i < count; i++)
        if (block >= spans[i].bytes && block + size <= spans[i].bytes + spans[i].size)
            return true;
    return false;
}

Test(value_arena, spans_hold_all_that_was_taken_and_hardly_more)
{
    enum { BLOCKS = 30, BLOCK = 104, CHUNK = 512 };
    arena a;
    arena_span spans[BLOCKS];
    const char *blocks[BLOCKS];
    arena_init_steady(&a, CHUNK, 1 << 20);
    cr_expect_eq(arena_spans(&a, spans, BLOCKS), 0);
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = arena_alloc(&a, BLOCK);
        cr_assert_not_null(blocks[i]);
        size_t count = arena_spans(&a, spans, BLOCKS);
        cr_expect(is_in(spans, 1, blocks[i], BLOCK), "the newest first");
        cr_expect_eq(spans[0].bytes + spans[0].size, blocks[i] + BLOCK, "and no more of it than was taken");
        for (size_t k = 0; k < i; k++)
            cr_expect(is_in(spans, count, blocks[k], BLOCK));
    }
    cr_expect_eq(arena_spans(&a, spans, 2), 2);
    cr_expect_not(is_in(spans, 2, blocks[0], BLOCK));
    arena_free(&a);
}
