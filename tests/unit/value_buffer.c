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
