#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "engine/value/value.h"

/* Of the keys "key0" ... */
static void add_keys(map_builder *b, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "key%u", i);
        char *copy = arena_copy(b->arena, key, (size_t)n);
        cr_assert(map_builder_put(b, value_string(copy, (size_t)n), value_int(0)));
        cr_assert(map_builder_put(b, value_string(copy, (size_t)n), value_int(i)));
    }
}

static void check_keys(const value *map, uint32_t size)
{
    cr_expect_eq(map->count, size);
    for (uint32_t i = 0; i < size; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%u", i);
        const value *found = value_field(map, key);
        cr_assert_not_null(found, "%s of %u", key, size);
        cr_expect_eq(found->integer, i);
        cr_expect(value_is_text(&map->members[i].key, key), "insertion order");
    }
    cr_expect_null(value_field(map, "key"));
}

Test(value_value, maps_of_any_size_find_their_keys)
{
    arena a;
    arena_init(&a, 1024, 64 << 20);
    for (uint32_t size = 0; size < 300; size += 7) {
        map_builder b;
        map_builder_init(&b, &a);
        add_keys(&b, 0, size);
        value map = map_builder_finish(&b);
        check_keys(&map, size);
    }
    arena_free(&a);
}

Test(value_value, room_for_members_is_as_large_as_asked_and_may_be_outgrown)
{
    arena a;
    arena_init(&a, 4 << 20, 64 << 20);
    cr_assert_not_null(arena_alloc(&a, 1));
    for (uint32_t size = 1; size < 100; size++) {
        map_builder b;
        map_builder_init(&b, &a);
        const char *before = a.next;
        cr_assert(map_builder_reserve(&b, size));
        if (size <= 8)
            cr_expect_leq(a.next - before, 16 + size * sizeof(value_member), "%u", size);
        const char *block = b.block;
        add_keys(&b, 0, size);
        cr_expect_eq(b.block, block, "%u", size);
        value map = map_builder_finish(&b);
        check_keys(&map, size);
        cr_assert(map_builder_reserve(&b, 0));
        add_keys(&b, size, 2 * size + 1);
        map = map_builder_finish(&b);
        check_keys(&map, 2 * size + 1);
    }
    map_builder b;
    map_builder_init(&b, &a);
    cr_expect_not(map_builder_reserve(&b, SIZE_MAX));
    arena_free(&a);
}

Test(value_value, numbers_compare_exactly)
{
    static const struct {
        value a, b;
        int order;
    } cases[] = {
        {{.kind = VALUE_INT, .integer = 1}, {.kind = VALUE_FLOAT, .number = 1.0}, 0},
        {{.kind = VALUE_INT, .integer = 9007199254740993},
         {.kind = VALUE_FLOAT, .number = 9007199254740992.0},
         1},
        {{.kind = VALUE_INT, .integer = INT64_MAX},
         {.kind = VALUE_FLOAT, .number = 9223372036854775808.0},
         -1},
        {{.kind = VALUE_INT, .integer = INT64_MIN},
         {.kind = VALUE_FLOAT, .number = -9223372036854775808.0},
         0},
        {{.kind = VALUE_INT, .integer = 0}, {.kind = VALUE_FLOAT, .number = NAN}, 2},
        {{.kind = VALUE_INT, .integer = -1}, {.kind = VALUE_FLOAT, .number = -0.5}, -1},
        {{.kind = VALUE_FLOAT, .number = INFINITY}, {.kind = VALUE_INT, .integer = INT64_MAX}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(value_compare_numbers(&cases[i].a, &cases[i].b), cases[i].order, "case %zu", i);
}

Test(value_value, json_equality_keeps_booleans_from_numbers_and_keys_do_not)
{
    value one = value_int(1), yes = value_bool(true), one_float = value_float(1.0);
    cr_expect_not(value_equal(&one, &yes));
    cr_expect(value_equal(&one, &one_float));
    cr_expect(value_same_key(&one, &yes));
    cr_expect_eq(value_hash(&one, 7), value_hash(&one_float, 7));
    cr_expect_eq(value_hash(&one, 7), value_hash(&yes, 7));
}
