#include <criterion/criterion.h>

#include "engine/value/buffer.h"

Test(value_buffer, gives_back_what_it_does_not_use)
{
    arena a;
    buffer b;
    arena_init(&a, 1024, SIZE_MAX);
    buffer_init(&b, &a, SIZE_MAX);
    buffer_add_text(&b, "12345");
    cr_assert(buffer_reserve(&b, 200));
    buffer_trim(&b);
    cr_expect_eq((char *)arena_alloc(&a, 1), b.bytes + 8);
    buffer_add_byte(&b, '6');
    cr_expect(b.failed);
    cr_expect_arr_eq(b.bytes, "12345", 5);
    arena_free(&a);
}

Test(value_buffer, where_it_has_failed_there_is_no_room_for_anything)
{
    arena a;
    buffer b;
    arena_init(&a, 1024, SIZE_MAX);
    buffer_init(&b, &a, 10);
    buffer_add_text(&b, "12345");
    buffer_add_text(&b, "678901");
    buffer_add_byte(&b, '6');
    buffer_add_int(&b, 7);
    buffer_expect(&b, 1);
    char *at = buffer_open(&b);
    cr_expect_not(buffer_has_room_at(&b, &at, 1));
    cr_expect_not(buffer_has_room_at(&b, &at, 1));
    buffer_close(&b, at);
    cr_expect(b.failed && b.size == 5);
    arena_free(&a);
}

Test(value_buffer, expects_more_than_there_is_without_failing)
{
    arena a;
    buffer b;
    arena_init(&a, 1024, SIZE_MAX);
    buffer_init(&b, &a, 100);
    buffer_expect(&b, 101);
    buffer_add_text(&b, "12345");
    buffer_expect(&b, SIZE_MAX);
    cr_expect(!b.failed && buffer_has_room(&b, 95) && !buffer_has_room(&b, 96));
    arena_free(&a);
}

Test(value_buffer, is_written_at_a_place_that_moves_when_it_grows)
{
    arena a;
    buffer b;
    arena_init(&a, 256, SIZE_MAX);
    buffer_init(&b, &a, 1000);
    char *at = buffer_open(&b);
    for (int i = 0; i < 1000; i++) {
        cr_assert(buffer_has_room_at(&b, &at, 1));
        *at++ = (char)('0' + i % 10);
        if (i % 100 == 0)
            cr_assert_not_null(arena_alloc(&a, 1)); /* it cannot grow in place */
    }
    buffer_close(&b, at);
    cr_assert(!b.failed && b.size == 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(b.bytes[i], '0' + i % 10);
    at = buffer_open(&b);
    cr_expect_not(buffer_has_room_at(&b, &at, 1));
    cr_expect(b.failed);
    arena_free(&a);
}

Test(value_buffer, integers_are_the_same_with_much_room_and_with_just_enough)
{
    static const char expected[] = "0-7-9223372036854775808";
    arena a;
    arena_init(&a, 256, SIZE_MAX);
    for (size_t limit = 0; limit < 80; limit++) {
        buffer b;
        buffer_init(&b, &a, limit);
        buffer_add_int(&b, 0);
        buffer_add_int(&b, -7);
        buffer_add_int(&b, INT64_MIN);
        cr_assert_eq(b.failed, limit < sizeof expected - 1, "a limit of %zu", limit);
        cr_assert(b.failed || (b.size == sizeof expected - 1 && memcmp(b.bytes, expected, b.size) == 0));
    }
    arena_free(&a);
}
