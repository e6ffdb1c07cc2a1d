#include "tests/unit/expression_text.h"

TestSuite(expression_text_search, .init = text_setup, .fini = text_teardown);

Test(expression_text_search, positions_count_code_points)
{
    cr_expect_str_eq(CALL("añb😀cb", "find", T("b")), "2");
    cr_expect_str_eq(CALL("añb😀cb", "rfind", T("b")), "5");
    cr_expect_str_eq(CALL("añb😀cb", "index", T("😀")), "3");
    cr_expect_str_eq(CALL("añb😀cb", "find", T("b"), I(3)), "5");
    cr_expect_str_eq(CALL("añb😀cb", "find", T("b"), I(-3), I(-1)), "-1");
    cr_expect_str_eq(CALL("añb😀cb", "rfind", T("b"), value_null(), I(5)), "2");
}

Test(expression_text_search, the_empty_text_is_everywhere_within_the_range)
{
    cr_expect_str_eq(CALL("abc", "find", T("")), "0");
    cr_expect_str_eq(CALL("abc", "rfind", T("")), "3");
    cr_expect_str_eq(CALL("abc", "find", T(""), I(3)), "3");
    cr_expect_str_eq(CALL("abc", "find", T(""), I(4)), "-1");
    cr_expect_str_eq(CALL("abc", "find", T(""), I(2), I(1)), "-1");
    cr_expect_str_eq(CALL("abc", "count", T("")), "4");
    cr_expect_str_eq(CALL("é", "count", T("")), "2");
    cr_expect_str_eq(CALL("abc", "count", T(""), I(4)), "0");
    cr_expect_str_eq(CALL("", "startswith", T(""), I(1)), "False");
    cr_expect_str_eq(CALL("", "startswith", T("")), "True");
}

Test(expression_text_search, indices_of_any_size_are_clipped)
{
    cr_expect_str_eq(CALL("abc", "find", T("c"), I(INT64_MIN), I(INT64_MAX)), "2");
    cr_expect_str_eq(CALL("abc", "find", T("c"), I(INT64_MAX)), "-1");
    cr_expect_str_eq(CALL("abc", "find", T("a"), I(0), I(INT64_MIN)), "-1");
    cr_expect_str_eq(CALL("abc", "count", T("a"), I(-100), I(100)), "1");
}

Test(expression_text_search, backwards_finds_the_last_of_overlapping_places)
{
    cr_expect_str_eq(CALL("aaaa", "rfind", T("aa")), "2");
    cr_expect_str_eq(CALL("abab", "rfind", T("aba")), "0");
    cr_expect_str_eq(CALL("ab", "rfind", T("abc")), "-1");
    cr_expect_str_eq(CALL("ba", "rfind", T("ca")), "-1");
    cr_expect_str_eq(CALL("aaaa", "count", T("aa")), "2");
}

Test(expression_text_search, what_is_not_found_is_an_error_for_index)
{
    cr_expect_str_eq(CALL("abc", "index", T("d")), "ValueError: substring not found");
    cr_expect_str_eq(CALL("abc", "rindex", T("d")), "ValueError: substring not found");
    cr_expect_str_eq(CALL("abc", "rindex", T("c")), "2");
}

Test(expression_text_search, wrong_types_are_named)
{
    cr_expect_str_eq(CALL("abc", "find", I(1)), "TypeError: must be str, not int");
    cr_expect_str_eq(CALL("abc", "count", value_null()), "TypeError: must be str, not NoneType");
    cr_expect_str_eq(CALL("abc", "find", T("a"), T("b")),
                     "TypeError: slice indices must be integers or None or have an __index__ method");
    cr_expect_str_eq(CALL("abc", "startswith", I(1)),
                     "TypeError: startswith first arg must be str or a tuple of str, not int");
    cr_expect_str_eq(CALL("abc", "replace", I(1), T("")),
                     "TypeError: replace() argument 1 must be str, not int");
    cr_expect_str_eq(CALL("abc", "replace", T(""), value_null()),
                     "TypeError: replace() argument 2 must be str, not None");
    cr_expect_str_eq(CALL("abc", "replace", T("a"), T("b"), T("c")),
                     "TypeError: 'str' object cannot be interpreted as an integer");
    cr_expect_str_eq(CALL("abc", "removesuffix", I(1)),
                     "TypeError: removesuffix() argument must be str, not int");
}

Test(expression_text_search, affixes_are_tried_in_order_up_to_the_first_that_fits)
{
    const value affixes[] = {T("x"), T("ab"), I(1)};
    cr_expect_str_eq(CALL("abc", "startswith", tuple_of(affixes, 3)), "True");
    cr_expect_str_eq(CALL("cab", "endswith", tuple_of(affixes, 2)), "True");
    cr_expect_str_eq(CALL("cab", "endswith", tuple_of(affixes, 0)), "False");
    cr_expect_str_eq(CALL("xyz", "endswith", tuple_of(affixes, 3)),
                     "TypeError: tuple for endswith must only contain str, not int");
    cr_expect_str_eq(CALL("éab", "startswith", T("ab"), I(1)), "True");
    cr_expect_str_eq(CALL("éab", "endswith", T("éa"), I(0), I(2)), "True");
    cr_expect_str_eq(CALL("éab", "endswith", T("éa"), I(1), I(2)), "False");
}

Test(expression_text_search, replace_goes_from_the_front)
{
    cr_expect_str_eq(CALL("aaa", "replace", T("a"), T("bb")), "'bbbbbb'");
    cr_expect_str_eq(CALL("aaa", "replace", T("a"), T("b"), I(2)), "'bba'");
    cr_expect_str_eq(CALL("aaa", "replace", T("a"), T("b"), I(0)), "'aaa'");
    cr_expect_str_eq(CALL("aaa", "replace", T("aa"), T("")), "'a'");
    cr_expect_str_eq(CALL("é€", "replace", T(""), T("-")), "'-é-€-'");
    cr_expect_str_eq(CALL("é€", "replace", T(""), T("-"), I(2)), "'-é-€'");
    cr_expect_str_eq(CALL("", "replace", T(""), T("x")), "'x'");
    cr_expect_str_eq(CALL("", "replace", T(""), T("x"), I(0)), "''");
}

Test(expression_text_search, prefixes_and_suffixes_are_removed_once)
{
    cr_expect_str_eq(CALL("aab", "removeprefix", T("a")), "'ab'");
    cr_expect_str_eq(CALL("abb", "removesuffix", T("b")), "'ab'");
    cr_expect_str_eq(CALL("ab", "removesuffix", T("")), "'ab'");
    cr_expect_str_eq(CALL("ab", "removeprefix", T("abc")), "'ab'");
}

/* Every place looks like a match up to the first byte: the budget ends it, not the patience of the caller. */
Test(expression_text_search, searching_backwards_is_paid_for)
{
    enum { SIZE = 120000 }; /* that many comparisons alone would pass */
    char *text = arena_alloc(&text_arena, SIZE);
    memset(text, 'a', SIZE);
    value self = value_string(text, SIZE), part = value_string(text, SIZE / 2), result;
    char *needle = arena_copy(&text_arena, text, SIZE / 2);
    needle[0] = 'b';
    part.text = needle;
    cr_expect_not(call_method(&self, "rfind", &part, 1, &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}
