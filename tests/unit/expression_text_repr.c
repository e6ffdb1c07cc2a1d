#include <math.h>

#include "tests/unit/expression_text.h"

TestSuite(expression_text_repr, .init = text_setup, .fini = text_teardown);

static const char *repr(value v)
{
    return shown(true, &v);
}

Test(expression_text_repr, numbers_and_constants)
{
    cr_expect_str_eq(repr(value_null()), "None");
    cr_expect_str_eq(repr(value_bool(true)), "True");
    cr_expect_str_eq(repr(value_bool(false)), "False");
    cr_expect_str_eq(repr(I(INT64_MIN)), "-9223372036854775808");
    cr_expect_str_eq(repr(value_float(1e16)), "1e+16");
    cr_expect_str_eq(repr(value_float(-0.0)), "-0.0");
    cr_expect_str_eq(repr(value_float(NAN)), "nan");
}

Test(expression_text_repr, text_is_quoted_and_escaped)
{
    cr_expect_str_eq(repr(T("it's")), "\"it's\"");
    cr_expect_str_eq(repr(T("it's \"so\"")), "'it\\'s \"so\"'");
    cr_expect_str_eq(repr(T("\"\\")), "'\"\\\\'");
    cr_expect_str_eq(repr(T("\t\n\r\x01\x7f")), "'\\t\\n\\r\\x01\\x7f'");
    cr_expect_str_eq(repr(value_string("\0", 1)), "'\\x00'");
    cr_expect_str_eq(repr(T("é€😀")), "'é€😀'");
    cr_expect_str_eq(repr(T("\xC2\xA0\xC2\xAD\u2028\ue000\U000e0001")),
                     "'\\xa0\\xad\\u2028\\ue000\\U000e0001'");
}

Test(expression_text_repr, containers_nest)
{
    const value inner[] = {T("a"), value_float(1.5)};
    const value items[] = {value_list(inner, 2), tuple_of(inner, 1), tuple_of(NULL, 0)};
    cr_expect_str_eq(repr(value_list(items, 3)), "[['a', 1.5], ('a',), ()]");
    value set = value_list(inner, 2);
    set.kind = VALUE_SET;
    cr_expect_str_eq(repr(set), "{'a', 1.5}");
    set.count = 0;
    cr_expect_str_eq(repr(set), "set()");
    cr_expect_str_eq(repr(value_list(NULL, 0)), "[]");
}

Test(expression_text_repr, maps_and_their_views)
{
    map_builder b;
    map_builder_init(&b, &text_arena);
    cr_expect_str_eq(repr(map_builder_finish(&b)), "{}");
    cr_assert(map_builder_put(&b, T("a"), I(1)) && map_builder_put(&b, I(2), T("b")));
    value map = map_builder_finish(&b);
    cr_expect_str_eq(repr(map), "{'a': 1, 2: 'b'}");
    cr_expect_str_eq(repr(object_view(&map, ITERATOR_KEYS)), "dict_keys(['a', 2])");
    cr_expect_str_eq(repr(object_view(&map, ITERATOR_VALUES)), "dict_values([1, 'b'])");
    cr_expect_str_eq(repr(object_view(&map, ITERATOR_MEMBERS)), "dict_items([('a', 1), (2, 'b')])");
}

Test(expression_text_repr, ranges_and_callables)
{
    value v;
    cr_assert(object_range(&text_evaluation, 0, 3, 1, &v));
    cr_expect_str_eq(repr(v), "range(0, 3)");
    cr_assert(object_range(&text_evaluation, 3, 0, -1, &v));
    cr_expect_str_eq(repr(v), "range(3, 0, -1)");
    const callable *method = text_method_find("upper", 5);
    v = (value){.kind = VALUE_CALLABLE, .extra = CALLABLE_FUNCTION, .object = method};
    cr_expect_str_eq(repr(v), "<built-in function upper>");
    v.extra = CALLABLE_TYPE;
    cr_expect_str_eq(repr(v), "<class 'upper'>");
    bound_method bound = {.method = method, .self = T("secret")};
    v = (value){.kind = VALUE_CALLABLE, .extra = CALLABLE_METHOD, .object = &bound};
    cr_expect_str_eq(repr(v), "<built-in method upper of str object>");
}

Test(expression_text_repr, str_of_text_is_the_text_itself)
{
    value text = T("it's"), result;
    cr_assert(text_str(&text_evaluation, &text, &result));
    cr_expect_eq(result.text, text.text);
    value list = value_list(&text, 1);
    cr_assert(text_str(&text_evaluation, &list, &result));
    cr_expect(value_is_text(&result, "[\"it's\"]"));
    cr_expect(result.flags & VALUE_ASCII);
}

Test(expression_text_repr, nesting_without_end_is_refused)
{
    enum { DEPTH = 100000 };
    value *levels = arena_alloc(&text_arena, DEPTH * sizeof *levels);
    levels[0] = value_list(NULL, 0);
    for (size_t i = 1; i < DEPTH; i++)
        levels[i] = value_list(&levels[i - 1], 1);
    value result;
    cr_expect_not(text_repr(&text_evaluation, &levels[DEPTH - 1], &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}

Test(expression_text_repr, shared_parts_that_multiply_are_paid_for)
{
    value levels[40][8];
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 8; j++)
            levels[i][j] = i == 0 ? value_null() : value_list(levels[i - 1], 8);
    value result;
    cr_expect_not(text_repr(&text_evaluation, &levels[39][0], &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}
