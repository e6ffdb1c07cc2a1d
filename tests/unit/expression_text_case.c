#include "tests/unit/expression_text.h"

TestSuite(expression_text_case, .init = text_setup, .fini = text_teardown);

Test(expression_text_case, ascii_changes_case)
{
    cr_expect_str_eq(CALL0("Hello, World 1!", "lower"), "'hello, world 1!'");
    cr_expect_str_eq(CALL0("Hello, World 1!", "upper"), "'HELLO, WORLD 1!'");
    cr_expect_str_eq(CALL0("Hello, World 1!", "casefold"), "'hello, world 1!'");
    cr_expect_str_eq(CALL0("Hello, World 1!", "swapcase"), "'hELLO, wORLD 1!'");
    cr_expect_str_eq(CALL0("hELLO wORLD", "capitalize"), "'Hello world'");
    cr_expect_str_eq(CALL0("they're bill's 2nd", "title"), "\"They'Re Bill'S 2Nd\"");
    cr_expect_str_eq(CALL0("@[`{", "swapcase"), "'@[`{'");
    cr_expect_str_eq(CALL0("", "title"), "''");
}

Test(expression_text_case, mappings_may_give_several_code_points)
{
    cr_expect_str_eq(CALL0("straße", "upper"), "'STRASSE'");
    cr_expect_str_eq(CALL0("ŉ", "upper"), "'ʼN'");
    cr_expect_str_eq(CALL0("İ", "lower"), "'i̇'");
    cr_expect_str_eq(CALL0("Straße", "casefold"), "'strasse'");
    cr_expect_str_eq(CALL0("ﬃ", "swapcase"), "'FFI'");
    cr_expect_str_eq(CALL0("ΐ", "upper"), "'\u0399\u0308\u0301'");
}

Test(expression_text_case, titles_have_letters_of_their_own)
{
    cr_expect_str_eq(CALL0("ǆabc", "capitalize"), "'ǅabc'");
    cr_expect_str_eq(CALL0("ǆ ǆ", "title"), "'ǅ ǅ'");
    cr_expect_str_eq(CALL0("ßa ßA", "title"), "'Ssa Ssa'");
    cr_expect_str_eq(CALL0("ǅ", "isupper"), "False");
    cr_expect_str_eq(CALL0("Aǅ", "isupper"), "False");
}

Test(expression_text_case, a_sigma_that_ends_a_word_is_final)
{
    cr_expect_str_eq(CALL0("ΟΔΥΣΣΕΥΣ", "lower"), "'οδυσσευς'");
    cr_expect_str_eq(CALL0("ΟΔΥΣΣΕΥΣ ΣΑΣ.", "title"), "'Οδυσσευς Σας.'");
    cr_expect_str_eq(CALL0("Σ", "lower"), "'σ'");
    cr_expect_str_eq(CALL0("ΑΣ'Α", "lower"), "\"ασ'α\"");
    cr_expect_str_eq(CALL0("Α'Σ'", "lower"), "\"α'ς'\"");
    cr_expect_str_eq(CALL0("ΑΣ", "casefold"), "'ασ'");
    cr_expect_str_eq(CALL0("aΣ", "swapcase"), "'Aς'");
}

Test(expression_text_case, results_are_known_to_be_ascii)
{
    value self = T("abc"), result;
    cr_assert(call_method(&self, "upper", NULL, 0, &result));
    cr_expect(result.flags & VALUE_ASCII);
    self = T("é");
    cr_assert(call_method(&self, "upper", NULL, 0, &result));
    cr_expect_not(result.flags & VALUE_ASCII);
    self = T("\xef\xac\x81"); /* U+FB01, the ligature fi */
    cr_assert(call_method(&self, "upper", NULL, 0, &result));
    cr_expect(result.flags & VALUE_ASCII, "an ASCII result of a text that is not");
}

static void expect_classes(const char *text, const char *classes)
{
    static const char *const names[] = {"isalpha", "isdecimal", "isdigit", "isnumeric",
                                        "isalnum", "isspace",   "isupper", "islower"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_str_eq(CALL0(text, names[i]), classes[i] == '1' ? "True" : "False", "%s of %s", names[i],
                         text);
}

Test(expression_text_case, classes_nest_as_unicode_has_them)
{
    expect_classes("", "00000000");
    expect_classes("abc", "10001001");
    expect_classes("ABC", "10001010");
    expect_classes("aB", "10001000");
    expect_classes("12", "01111000");
    expect_classes("٣", "01111000");  /* an Arabic digit */
    expect_classes("²", "00111000");  /* a digit, no decimal */
    expect_classes("½", "00011000");  /* a number, no digit */
    expect_classes("一", "10011000"); /* a letter that is a number */
    expect_classes("ª", "10001001");  /* lower case by property, not by category */
    expect_classes("Ⅷ", "00011010");  /* a number that is upper case */
    expect_classes(" \t\n\u3000\u2028", "00000100");
    expect_classes("\x1c\x1f\xC2\x85", "00000100");
    expect_classes("\u200b", "00000000"); /* zero width, and no space */
    expect_classes("a1 ", "00000001");
}
