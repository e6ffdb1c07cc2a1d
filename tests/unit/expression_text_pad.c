#include "tests/unit/expression_text.h"

TestSuite(expression_text_pad, .init = text_setup, .fini = text_teardown);

Test(expression_text_pad, strip_takes_white_space_or_the_given_characters)
{
    cr_expect_str_eq(CALL0(" \t\u3000a b\u2029\x1f", "strip"), "'a b'");
    cr_expect_str_eq(CALL0("  a  ", "lstrip"), "'a  '");
    cr_expect_str_eq(CALL0("  a  ", "rstrip"), "'  a'");
    cr_expect_str_eq(CALL("  a  ", "strip", value_null()), "'a'");
    cr_expect_str_eq(CALL("xéyaxé", "strip", T("éx")), "'ya'");
    cr_expect_str_eq(CALL("aaa", "strip", T("a")), "''");
    cr_expect_str_eq(CALL("aaa", "strip", T("")), "'aaa'");
    cr_expect_str_eq(CALL("\xC3\xA9", "strip", T("\xC3\x83\xC2\xA9")), "'é'",
                     "bytes of others make no character");
    cr_expect_str_eq(CALL("a", "lstrip", I(1)), "TypeError: lstrip arg must be None or str");
}

Test(expression_text_pad, an_odd_rest_stands_where_cpython_puts_it)
{
    cr_expect_str_eq(CALL("ab", "center", I(5)), "'  ab '");
    cr_expect_str_eq(CALL("a", "center", I(4)), "' a  '");
    cr_expect_str_eq(CALL("ab", "center", I(4), T("*")), "'*ab*'");
    cr_expect_str_eq(CALL("é", "center", I(3), T("€")), "'€é€'");
}

Test(expression_text_pad, widths_count_code_points)
{
    cr_expect_str_eq(CALL("é", "ljust", I(3)), "'é  '");
    cr_expect_str_eq(CALL("é", "rjust", I(3), T("😀")), "'😀😀é'");
    cr_expect_str_eq(CALL("a", "rjust", I(3), T("é")), "'ééa'");
    cr_expect_str_eq(CALL("abc", "ljust", I(2)), "'abc'");
    cr_expect_str_eq(CALL("abc", "rjust", I(INT64_MIN)), "'abc'");
}

Test(expression_text_pad, zeros_go_behind_the_sign)
{
    cr_expect_str_eq(CALL("42", "zfill", I(5)), "'00042'");
    cr_expect_str_eq(CALL("-42", "zfill", I(5)), "'-0042'");
    cr_expect_str_eq(CALL("+", "zfill", I(3)), "'+00'");
    cr_expect_str_eq(CALL("", "zfill", I(2)), "'00'");
    cr_expect_str_eq(CALL("-é", "zfill", I(4)), "'-00é'");
}

Test(expression_text_pad, wrong_fillers_and_widths_are_named)
{
    cr_expect_str_eq(CALL("a", "center", I(3), T("ab")),
                     "TypeError: The fill character must be exactly one character long");
    cr_expect_str_eq(CALL("a", "ljust", I(3), I(1)),
                     "TypeError: The fill character must be a unicode character, not int");
    cr_expect_str_eq(CALL("a", "zfill", value_float(1.5)),
                     "TypeError: 'float' object cannot be interpreted as an integer");
}

Test(expression_text_pad, a_width_beyond_the_budget_takes_no_memory)
{
    size_t used = text_arena.used_bytes;
    static const char *const names[] = {"zfill", "center", "ljust", "rjust"};
    static const int64_t widths[] = {1000000000, INT64_MAX, LIMIT_EXPRESSION_MEMORY + 100};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; j < sizeof widths / sizeof *widths; j++) {
            value self = T("a"), width = I(widths[j]), result;
            cr_expect_not(call_method(&self, names[i], &width, 1, &result));
            cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
        }
    }
    cr_expect_eq(text_arena.used_bytes, used);
}

Test(expression_text_pad, a_size_that_overflows_takes_no_memory)
{
    const value arguments[] = {I(((int64_t)1 << 62) + 1), T("😀")}; /* 2^62 times four bytes */
    value self = T("a"), result;
    cr_expect_not(call_method(&self, "ljust", arguments, 2, &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}
