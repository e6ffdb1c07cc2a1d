#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/schema/pattern/ecma.h"
#include "engine/schema/pattern/pattern.h"

static pattern_scratch *scratch;
static arena memory;

static void set_up(void)
{
    scratch = pattern_scratch_new();
    arena_init(&memory, 4096, 16 << 20);
    cr_assert_not_null(scratch);
}

static void tear_down(void)
{
    pattern_scratch_free(scratch);
    arena_free(&memory);
}

TestSuite(schema_pattern, .init = set_up, .fini = tear_down);

static pattern_result search(const char *regex, const char *text, size_t size)
{
    error e = {0};
    value source = value_cstring(regex);
    pattern *p = pattern_new(&memory, &source, NULL, &e);
    cr_assert(p != NULL, "%s: %s", regex, e.message);
    pattern_result result = pattern_search(p, scratch, text, size);
    pattern_free(p);
    return result;
}

static bool matches(const char *regex, const char *text)
{
    return search(regex, text, strlen(text)) == PATTERN_MATCH;
}

Test(schema_pattern, means_what_ecma_262_says)
{
    static const struct {
        const char *regex;
        const char *match;
        const char *mismatch;
    } checks[] = {
        {"b", "abc", "ac"},
        {"^a$", "a", "a\n"},
        {"^.$", "\xC3\xA9", "\n"},
        {"^.$", "\xF0\x9F\x98\x80", "\xE2\x80\xA8"},
        {"^\\d$", "7", "\xD9\xA0"},
        {"^\\w$", "_", "\xC3\xA9"},
        {"^\\W$", "\xC3\xA9", "a"},
        {"^\\s$", "\xEF\xBB\xBF", "\xE1\xA0\x8E"},
        {"^\\S$", "\xE1\xA0\x8E", "\xC2\xA0"},
        {"^[\\S]$", "\xE1\xA0\x8E", "\xE3\x80\x80"},
        {"^[^\\s]$", "a", "\v"},
        {"^\\v$", "\v", "\n"},
        {"^\\cJ$", "\n", "J"},
        {"^\\x41\\u0042\\u{1F600}$", "AB\xF0\x9F\x98\x80", "AB"},
        {"^\\uD83D\\uDE00$", "\xF0\x9F\x98\x80", "x"},
        {"^[\\uD83D\\uDE00-\\uD83D\\uDE0F]$", "\xF0\x9F\x98\x80", "x"},
        {"^[^\\uD800-\\uDFFF]$", "a", ""},
        {"^\\p{L}+$", "\xC3\xA9t\xC3\xA9", "a1"},
        {"^\\p{Letter}\\p{Uppercase_Letter}$", "aB", "ab"},
        {"^\\P{Lu}$", "a", "A"},
        {"^\\p{Script=Greek}$", "\xCE\xB1", "a"},
        {"^\\p{gc=Nd}$", "\xD9\xA0", "a"},
        {"^[\\w-.]+$", "a-.", "a b"},
        {"^[a\\-z]$", "-", "b"},
        {"^[\\b]$", "\b", "b"},
        {"^[[:alpha:]]$", "a]", "b"},
        {"^[]$|^x$", "x", ""},
        {"^[^]$", "\n", ""},
        {"^a{2}$", "aa", "a"},
        {"^a{,2}$", "a{,2}", "a"},
        {"^(?<year>\\d+)-\\k<year>$", "12-12", "12-13"},
        {"^(a)|b\\1$", "b", "c"},
        {"^(?=a)(?!ab)a.*$", "ac", "ab"},
        {"(?<=\\$)5(?<!x)", "$5", "5"},
        {"^\\/\\-\\@$", "/-@", "x"},
        {"^a*?$", "aaa", "b"},
        {"^\\0$", "", "0"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (strcmp(checks[i].regex, "^\\0$") == 0)
            cr_expect_eq(search(checks[i].regex, "\0", 1), PATTERN_MATCH);
        else
            cr_expect(matches(checks[i].regex, checks[i].match), "%s matches", checks[i].regex);
        cr_expect(!matches(checks[i].regex, checks[i].mismatch), "%s does not match", checks[i].regex);
    }
}

Test(schema_pattern, refuses_what_ecma_262_does_not_have)
{
    static const char *const wrong[] = {
        "(",
        ")",
        "[a",
        "a**",
        "a++",
        "*a",
        "^*",
        "(?i)a",
        "(?>a)",
        "(?#a)",
        "(?P<n>a)",
        "(*ACCEPT)",
        "\\A",
        "\\Z",
        "\\a",
        "\\Qa\\E",
        "\\1",
        "\\k<n>",
        "(?<n>a)(?<n>b)",
        "[b-a]",
        "a{2,1}",
        "a{65536}",
        "\\u{110000}",
        "\\u12",
        "\\x1",
        "\\p",
        "\\p{}",
        "\\p{Nope}",
        "\\",
        "[\\",
        "(?<1>a)",
        "\\01",
        "(?=a)*",
        "(?<=a)+",
        "[\\1]",
        "\\C",
        "\\_",
        "(?",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error e = {0};
        value source = value_cstring(wrong[i]);
        cr_expect_null(pattern_new(&memory, &source, NULL, &e), "%s", wrong[i]);
        cr_expect_eq(e.code, ERROR_INVALID_SCHEMA);
        cr_expect_gt(strlen(e.message), 0);
    }
}

/* The syntax check alone must refuse what the translation refuses: `format: regex` uses it. */
Test(schema_pattern, checks_without_translating)
{
    cr_expect(ecma_translate(NULL, "(?<a>x)\\k<a>[^]", 16, NULL));
    cr_expect(!ecma_translate(NULL, "(?<a>x)\\k<b>", 12, NULL));
    cr_expect(!ecma_translate(NULL, "a)", 2, NULL));
}

Test(schema_pattern, names_the_byte_where_it_is_wrong)
{
    error e = {0};
    cr_expect(!ecma_translate(NULL, "ab[c-a]", 7, &e));
    cr_expect_eq(e.position, 4);
}

/* Each would take longer than the universe; a limit is neither a match nor a mismatch. */
Test(schema_pattern, meets_a_limit_instead_of_guessing, .timeout = 20)
{
    char text[64];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    cr_expect_eq(search("^(a+)+$", text, sizeof text), PATTERN_LIMIT);
    cr_expect_eq(search("^(a|a)*$", text, sizeof text), PATTERN_LIMIT);
}

Test(schema_pattern, refuses_what_is_too_long)
{
    static char text[LIMIT_PATTERN_BYTES + 2];
    error e = {0};
    memset(text, 'a', sizeof text - 1);
    value source = value_cstring(text);
    cr_expect_null(pattern_new(&memory, &source, NULL, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
}

Test(schema_pattern, frees_a_chain)
{
    error e = {0};
    value source = value_cstring("a");
    pattern *first = pattern_new(&memory, &source, NULL, &e);
    pattern *second = pattern_new(&memory, &source, first, &e);
    cr_expect_eq(pattern_text(second)->count, 1);
    pattern_free(second); /* the leak checker sees the rest */
}
