/* Which patterns are plain, and that these match what PCRE2 says. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/schema/pattern/pattern.h"
#include "engine/schema/pattern/plain.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(schema_plain, .init = set_up, .fini = tear_down);

static bool is_plain(const char *regex)
{
    return plain_new(&memory, regex, strlen(regex)) != NULL;
}

static bool matches(const char *regex, const char *text)
{
    const plain *p = plain_new(&memory, regex, strlen(regex));
    cr_assert(p != NULL, "%s", regex);
    return plain_matches(p, text, strlen(text));
}

Test(schema_plain, takes_what_people_write)
{
    static const char *const plains[] = {
        "^",
        "^$",
        "^[A-Z]{3}-[0-9]{4}$",
        "^ord_[0-9a-f]{12}$",
        "^\\d{4}-\\d{2}-\\d{2}$",
        "^[a-z]\\w*$",
        "^\\+[1-9]\\d{1,14}$",
        "^[\\w.-]+@x$",
        "^a?b?c?$",
        "^[a-f\\d]{64}$",
        "^a{0}$",
        "^[[(.]$",
        "^a{2,}b",
        "^x-",
        "^[]$",
    };
    for (size_t i = 0; i < sizeof plains / sizeof *plains; i++)
        cr_expect(is_plain(plains[i]), "%s", plains[i]);
}

Test(schema_plain, leaves_the_rest_to_pcre2)
{
    static const char *const others[] = {
        "",           "a",        "a$",     "^(a)$",   "^a|b$",   "^.$",        "^[^a]$",       "^\\s$",
        "^\\D$",      "^a*?$",    "^a*a$",  "^a+b?a$", "^a?b*a$", "^\xC3\xA9$", "^[\xC3\xA9]$", "^\\x41$",
        "^\\p{L}$",   "^a$b$",    "^\\_$",  "^a\\$",   "^[b-a]$", "^[a",        "^a{,2}$",      "^a{2,1}$",
        "^a{65536}$", "^a{1",     "^a}$",   "^]$",     "^*",      "^a**$",      "^[\\w-.]$",    "^[a-\\d]$",
        "^[\\b]$",    "^a{129}$", "^\\bA$", "^\\",     "^[\\",    "^[a\\",      "^\\1$",        "^[",
        "^a{",        "^\n$",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(!is_plain(others[i]), "%s", others[i]);
}

Test(schema_plain, refuses_more_sets_or_pieces_than_it_has_room_for)
{
    cr_expect(is_plain("^abcdefghijklmnop$"));
    cr_expect(!is_plain("^abcdefghijklmnopq$"));
    cr_expect(is_plain("^a?b?c?d?e?f?g?h?i?j?k?l?m?n?o?p?$"));
    cr_expect(!is_plain("^a?b?a?b?a?b?a?b?a?b?a?b?a?b?a?b?a?$"));
    cr_expect(!is_plain("^a?-b?-a?-b?-a?-b?-a?-b?-a?-b?-a?-b?-a?-b?-a?-b?-a?$"));
    cr_expect(is_plain("^a{64}b{64}$"));
    cr_expect(!is_plain("^a{64}b{64}a$"));
}

Test(schema_plain, matches_to_the_very_end_only_with_a_dollar)
{
    cr_expect(matches("^a$", "a"));
    cr_expect(!matches("^a$", "a\n"));
    cr_expect(matches("^a", "ab"));
    cr_expect(!matches("^a", "ba"));
    cr_expect(matches("^a{1,2}", "aaa"));
    cr_expect(!matches("^a{1,2}$", "aaa"));
    cr_expect(!matches("^\\w$", "\xC3\xA9"));
    cr_expect(!matches("^\\d$", "\xD9\xA0"));
}

/* The same numbers on every machine and every run. */
static uint32_t next_number(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

static void add_pattern(char *out, uint64_t *state)
{
    static const char *const atoms[] = {
        "a",      "b",    "-",      "1",      "_",     "\\d",   "\\w",         "\\.",    "[ab]", "[a-c]",
        "[b-d-]", "[-1]", "[\\d.]", "[1-3_]", "[+-.]", "[A-Z]", "[a-zA-Z0-9]", "[\\w-]", "A",    "\\-",
    };
    static const char *const repetitions[] = {"",  "",  "",    "",    "?",     "*",     "+",
                                              "+", "*", "{2}", "{0}", "{1,2}", "{0,3}", "{2,}"};
    uint32_t count = next_number(state, 5);
    for (uint32_t i = 0; i < count; i++) {
        strcat(out, atoms[next_number(state, sizeof atoms / sizeof *atoms)]);
        strcat(out, repetitions[next_number(state, sizeof repetitions / sizeof *repetitions)]);
    }
    strcat(out, next_number(state, 4) > 0 ? "$" : "");
}

static size_t add_text(char *out, uint64_t *state)
{
    static const char *const bits[] = {"a", "b", "c", "d", "-", "1",  "2",  "_",        ".",
                                       "A", "Z", "+", "a", "1", "aa", "\n", "\xC3\xA9", "b"};
    uint32_t count = next_number(state, 7);
    *out = '\0';
    for (uint32_t i = 0; i < count; i++)
        strcat(out, bits[next_number(state, sizeof bits / sizeof *bits)]);
    return strlen(out);
}

/* In a group the same pattern is none of ours. */
static pattern *for_pcre2(const char *regex, char *grouped, size_t room)
{
    snprintf(grouped, room, "(?:%s)", regex);
    cr_assert(!is_plain(grouped));
    error e = {0};
    value source = value_cstring(grouped);
    pattern *p = pattern_new(&memory, &source, NULL, &e);
    cr_assert(p != NULL, "%s: %s", grouped, e.message);
    return p;
}

Test(schema_plain, agrees_with_pcre2, .timeout = 60)
{
    uint64_t state = 1;
    uint32_t plain_count = 0;
    uint32_t match_count = 0;
    pattern_scratch *scratch = pattern_scratch_new();
    cr_assert_not_null(scratch);
    for (int i = 0; i < 5000; i++) {
        char regex[128] = "^";
        char grouped[160];
        char text[32];
        add_pattern(regex, &state);
        const plain *ours = plain_new(&memory, regex, strlen(regex));
        if (ours == NULL)
            continue;
        plain_count++;
        pattern *theirs = for_pcre2(regex, grouped, sizeof grouped);
        for (int k = 0; k < 100; k++) {
            size_t size = add_text(text, &state);
            bool expected = pattern_search(theirs, scratch, text, size) == PATTERN_MATCH;
            match_count += expected;
            cr_assert(plain_matches(ours, text, size) == expected, "%s on \"%s\"", regex, text);
        }
        pattern_free(theirs);
    }
    pattern_scratch_free(scratch);
    cr_expect_gt(plain_count, 1500);
    cr_expect_gt(match_count, 5000);
}
