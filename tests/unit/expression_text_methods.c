#include "tests/unit/expression_text.h"

TestSuite(expression_text_methods, .init = text_setup, .fini = text_teardown);

Test(expression_text_methods, every_method_is_found_by_its_exact_name)
{
    static const char *const names[] = {
        "capitalize", "casefold", "center",     "count",      "endswith",     "find",      "index",
        "isalnum",    "isalpha",  "isdecimal",  "isdigit",    "islower",      "isnumeric", "isspace",
        "isupper",    "join",     "ljust",      "lower",      "lstrip",       "partition", "removeprefix",
        "replace",    "rfind",    "rindex",     "rjust",      "rpartition",   "rsplit",    "rstrip",
        "split",      "strip",    "splitlines", "startswith", "removesuffix", "swapcase",  "title",
        "upper",      "zfill",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        const callable *method = text_method_find(names[i], size);
        cr_assert_not_null(method, "%s", names[i]);
        cr_expect_str_eq(method->name, names[i]);
        const callable *shorter = text_method_find(names[i], size - 1);
        cr_expect(shorter == NULL || strlen(shorter->name) == size - 1, "%.*s", (int)size - 1, names[i]);
    }
}

Test(expression_text_methods, other_names_are_no_methods)
{
    static const char *const names[] = {"", "a", "zz", "format", "encode", "lowerx", "Lower", "__class__"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_null(text_method_find(names[i], strlen(names[i])), "%s", names[i]);
}

Test(expression_text_methods, keywords_are_those_of_python)
{
    cr_expect_str_eq(text_method_find("split", 5)->keywords[0], "sep");
    cr_expect_str_eq(text_method_find("rsplit", 6)->keywords[1], "maxsplit");
    cr_expect_null(text_method_find("rsplit", 6)->keywords[2]);
    cr_expect_str_eq(text_method_find("splitlines", 10)->keywords[0], "keepends");
    cr_expect_null(text_method_find("replace", 7)->keywords);
}

Test(expression_text_methods, lengths_and_slices_count_code_points)
{
    value text = T("aé€😀z");
    cr_expect_eq(text_length(&text), 5);
    value part = text_slice(&text, 1, 4);
    cr_expect(value_is_text(&part, "é€😀"));
    part = text_slice(&text, 5, 5);
    cr_expect_eq(part.count, 0);
    part = text_slice(&text, 0, 5);
    cr_expect(value_same_text(&part, &text));
    value ascii = T("abc");
    ascii.flags = VALUE_ASCII;
    part = text_slice(&ascii, 1, 2);
    cr_expect(value_is_text(&part, "b") && (part.flags & VALUE_ASCII));
}

Test(expression_text_methods, texts_order_by_code_point)
{
    static const char *const ordered[] = {"", "A", "a", "aa", "b", "é", "\uffff", "\U00010000"};
    enum { COUNT = sizeof ordered / sizeof *ordered };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            value a = T(ordered[i]), b = T(ordered[j]);
            cr_expect_eq(text_compare(&a, &b), (i > j) - (i < j), "%s and %s", ordered[i], ordered[j]);
        }
    }
}
