#include "engine/value/duration.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_read(const char *text, int64_t bare_ms, int64_t expected)
{
    int64_t ms = -1;
    cr_expect(duration_parse(text, strlen(text), bare_ms, &ms), "refused: '%s'", text);
    cr_expect_eq(ms, expected, "'%s': %lld", text, (long long)ms);
}

static void expect_refused(const char *text, int64_t bare_ms)
{
    int64_t ms = -1;
    cr_expect_not(duration_parse(text, strlen(text), bare_ms, &ms), "taken: '%s'", text);
    cr_expect_eq(ms, -1, "'%s' was written", text);
}

Test(value_duration, reads_each_unit)
{
    expect_read("500ms", 0, 500);
    expect_read("30s", 0, 30000);
    expect_read("15m", 0, 900000);
    expect_read("2h", 0, 7200000);
    expect_read("3d", 0, 259200000);
    expect_read("0s", 0, 0);
    expect_read("007s", 0, 7000);
}

Test(value_duration, reads_several_parts_from_the_longest_on)
{
    expect_read("1h30m", 0, 5400000);
    expect_read("1d2h3m4s5ms", 0, 93784005);
    expect_read("1h5ms", 0, 3600005);
    expect_read("1 h 30 m", 0, 5400000);
    expect_read("90m 90s", 0, 5490000);
    expect_refused("30m1h", 0);
    expect_refused("1h1h", 0);
    expect_refused("1h30", 60000);
    expect_refused("1h30", 0);
}

Test(value_duration, a_number_alone_counts_what_the_caller_says)
{
    expect_read("250", 1, 250);
    expect_read("250", 1000, 250000);
    expect_refused("250", 0);
    expect_read("0", 0, 0);
    expect_read("000", 0, 0);
}

Test(value_duration, refuses_what_is_none)
{
    static const char *const texts[] = {"",     " ",    "s",    " 5s",  "5s ",  "5 ",     "-5s",    "+5s",
                                        "1.5h", "5x",   "5S",   "5sec", "5mss", "5s5",    "5s,5ms", "five",
                                        "5\ts", "0x5s", "1e3s", "5s\n", "5m s", "5ms1us", "s5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refused(texts[i], 1);
}

Test(value_duration, refuses_what_does_not_fit)
{
    expect_read("106751991167d", 0, INT64_C(106751991167) * 86400000);
    expect_refused("106751991168d", 0);
    expect_read("106751991167d25975s807ms", 0, INT64_MAX);
    expect_refused("106751991167d25975s808ms", 0);
    expect_read("999999999999999999ms", 0, INT64_C(999999999999999999));
    expect_refused("1000000000000000000ms", 0);
    expect_refused("999999999999999999", 1000);
}

Test(value_duration, reads_no_byte_behind_the_size)
{
    int64_t ms;
    cr_assert(duration_parse("15ms", 3, 0, &ms));
    cr_expect_eq(ms, 900000);
    cr_expect(duration_parse("15ms", 2, 1, &ms));
    cr_expect_eq(ms, 15);
    cr_expect_not(duration_parse("15ms", 0, 1, &ms));
}

Test(value_duration, writes_the_longest_unit_that_fits)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0ms"},
        {1, "1ms"},
        {1500, "1500ms"},
        {60000, "1m"},
        {5400000, "90m"},
        {86400000, "1d"},
        {90000000, "25h"},
        {INT64_C(316224000000), "3660d"},
        {INT64_MAX, "9223372036854775807ms"},
        {INT64_MIN, "-9223372036854775808ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DURATION_TEXT_SIZE];
        cr_expect_eq(duration_format(cases[i].ms, text), strlen(cases[i].text));
        cr_expect_str_eq(text, cases[i].text);
    }
}
