#include "tests/unit/expression_text.h"

TestSuite(expression_text_split, .init = text_setup, .fini = text_teardown);

Test(expression_text_split, white_space_separates_and_is_dropped_at_the_ends)
{
    cr_expect_str_eq(CALL0("  a \t b\u3000c ", "split"), "['a', 'b', 'c']");
    cr_expect_str_eq(CALL0("  a \t b\u3000c ", "rsplit"), "['a', 'b', 'c']");
    cr_expect_str_eq(CALL0("   ", "split"), "[]");
    cr_expect_str_eq(CALL0("", "rsplit"), "[]");
    cr_expect_str_eq(CALL(" a b  c ", "split", value_null(), I(1)), "['a', 'b  c ']");
    cr_expect_str_eq(CALL(" a b  c ", "rsplit", value_null(), I(1)), "[' a b', 'c']");
    cr_expect_str_eq(CALL(" a b ", "split", value_null(), I(0)), "['a b ']");
    cr_expect_str_eq(CALL(" a b ", "rsplit", value_omitted(), I(0)), "[' a b']");
}

Test(expression_text_split, a_separator_keeps_empty_parts)
{
    cr_expect_str_eq(CALL("a,,b,", "split", T(",")), "['a', '', 'b', '']");
    cr_expect_str_eq(CALL("a,,b,", "rsplit", T(","), I(2)), "['a,', 'b', '']");
    cr_expect_str_eq(CALL("a,,b,", "split", T(","), I(1)), "['a', ',b,']");
    cr_expect_str_eq(CALL("", "split", T(",")), "['']");
    cr_expect_str_eq(CALL("aaa", "split", T("aa")), "['', 'a']");
    cr_expect_str_eq(CALL("aaa", "rsplit", T("aa")), "['a', '']");
    cr_expect_str_eq(CALL("aéb", "split", T("é")), "['a', 'b']");
}

Test(expression_text_split, misuse_of_split_is_named)
{
    cr_expect_str_eq(CALL("a", "split", T("")), "ValueError: empty separator");
    cr_expect_str_eq(CALL("a", "rsplit", I(1)), "TypeError: must be str or None, not int");
    cr_expect_str_eq(CALL("a", "split", value_null(), value_null()),
                     "TypeError: 'NoneType' object cannot be interpreted as an integer");
    cr_expect_str_eq(CALL("a", "partition", T("")), "ValueError: empty separator");
    cr_expect_str_eq(CALL("a", "rpartition", value_null()), "TypeError: must be str, not NoneType");
}

Test(expression_text_split, lines_end_at_every_break_of_unicode)
{
    cr_expect_str_eq(CALL0("a\nb\r\nc\rd\n", "splitlines"), "['a', 'b', 'c', 'd']");
    cr_expect_str_eq(CALL("a\r\n\nb", "splitlines", value_bool(true)), "['a\\r\\n', '\\n', 'b']");
    cr_expect_str_eq(CALL0("a\vb\fc\x1c"
                           "d\x1d"
                           "e\x1e"
                           "f\xC2\x85g\u2028h\u2029i",
                           "splitlines"),
                     "['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']");
    cr_expect_str_eq(CALL0("a\x1f"
                           "b",
                           "splitlines"),
                     "['a\\x1fb']");
    cr_expect_str_eq(CALL0("", "splitlines"), "[]");
    cr_expect_str_eq(CALL("a", "splitlines", T("x")),
                     "TypeError: 'str' object cannot be interpreted as an integer");
    cr_expect_str_eq(CALL("a", "splitlines", I(1ll << 40)),
                     "OverflowError: Python int too large to convert to C int");
}

Test(expression_text_split, partition_keeps_the_separator)
{
    cr_expect_str_eq(CALL("a.b.c", "partition", T(".")), "('a', '.', 'b.c')");
    cr_expect_str_eq(CALL("a.b.c", "rpartition", T(".")), "('a.b', '.', 'c')");
    cr_expect_str_eq(CALL("abc", "partition", T(".")), "('abc', '', '')");
    cr_expect_str_eq(CALL("abc", "rpartition", T(".")), "('', '', 'abc')");
    cr_expect_str_eq(CALL(".", "partition", T(".")), "('', '.', '')");
}

Test(expression_text_split, join_takes_what_can_be_gone_over)
{
    const value items[] = {T("a"), T("é"), T("")};
    cr_expect_str_eq(CALL(", ", "join", value_list(items, 3)), "'a, é, '");
    cr_expect_str_eq(CALL(", ", "join", tuple_of(items, 1)), "'a'");
    cr_expect_str_eq(CALL(", ", "join", value_list(NULL, 0)), "''");
    cr_expect_str_eq(CALL("-", "join", T("aé€")), "'a-é-€'");
    cr_expect_str_eq(CALL("é", "join", T("abc")), "'aébéc'");
    map_builder b;
    map_builder_init(&b, &text_arena);
    cr_assert(map_builder_put(&b, T("x"), I(1)) && map_builder_put(&b, T("y"), I(2)));
    value map = map_builder_finish(&b), keys = object_view(&map, ITERATOR_KEYS);
    cr_expect_str_eq(CALL("+", "join", map), "'x+y'");
    cr_expect_str_eq(CALL("+", "join", keys), "'x+y'");
}

Test(expression_text_split, join_names_the_item_that_is_no_text)
{
    const value items[] = {T("a"), I(1)};
    cr_expect_str_eq(CALL(",", "join", value_list(items, 2)),
                     "TypeError: sequence item 1: expected str instance, int found");
    cr_expect_str_eq(CALL(",", "join", I(1)), "TypeError: can only join an iterable");
    value range;
    cr_assert(object_range(&text_evaluation, 0, 3, 1, &range));
    cr_expect_str_eq(CALL(",", "join", range),
                     "TypeError: sequence item 0: expected str instance, int found");
}

Test(expression_text_split, parts_are_paid_for)
{
    enum { SIZE = 150000, PARTS = 1000 };
    char *text = arena_alloc(&text_arena, SIZE);
    memset(text, ',', SIZE);
    value comma = T(","), few = value_string(text, PARTS), many = value_string(text, SIZE), result;
    cr_expect(call_method(&few, "split", &comma, 1, &result));
    cr_expect_leq(text_evaluation.steps_left, LIMIT_EXPRESSION_STEPS - PARTS);
    cr_expect_leq(text_evaluation.memory_left, LIMIT_EXPRESSION_MEMORY - PARTS * sizeof(value));
    cr_expect_not(call_method(&many, "split", &comma, 1, &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}
