#include <criterion/criterion.h>

#include "engine/expression/template/date_text.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 1024, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(expression_date_text, .init = set_up, .fini = tear_down);

/* The text, or the exception's name. */
static const char *date(value instant, value format)
{
    exception x = {0};
    evaluation ev;
    evaluation_init(&ev, &memory, &x);
    value result;
    if (!date_text_format(&ev, &instant, &format, &result))
        return exception_name(x.type);
    return arena_copy(&memory, result.text, result.count);
}

static const char *date_of(const char *instant, const char *format)
{
    return date(value_cstring(instant), value_cstring(format));
}

Test(expression_date_text, knows_every_directive)
{
    cr_expect_str_eq(
        date_of("2026-03-01T08:05:09.25+01:30", "%Y|%y|%m|%d|%e|%j|%H|%I|%M|%S|%p|%a|%A|%b|%B|%z|%%|T"),
        "2026|26|03|01| 1|060|08|08|05|09|AM|Sun|Sunday|Mar|March|+0130|%|T");
    cr_expect_str_eq(date_of("2024-12-31T00:00:00Z", "%j %I %p %a"), "366 12 AM Tue");
    cr_expect_str_eq(date_of("0001-01-01T12:00:00-00:30", "%Y %y %I %p %A %z"), "0001 01 12 PM Monday -0030");
    cr_expect_str_eq(date_of("2026-03-01", "%-d.%-m. %-H %-j %-e"), "1.3. 0 60 1");
}

Test(expression_date_text, shows_the_fields_as_they_are_written)
{
    cr_expect_str_eq(date_of("2026-01-01T23:30:00-11:00", "%d %H:%M %z"), "01 23:30 -1100");
    cr_expect_str_eq(date_of("2026-01-01t23:30:00z", "%H%z"), "23+0000");
    cr_expect_str_eq(date_of("2026-01-01 23:30:00", "%H:%M%z"), "23:30");
    cr_expect_str_eq(date_of("2026-01-01", "%H:%M:%S%z"), "00:00:00");
    cr_expect_str_eq(date_of("2016-12-31T23:59:60Z", "%S"), "60");
    cr_expect_str_eq(date_of("2026-01-01", ""), "");
    cr_expect_str_eq(date_of("2026-01-01", "\xC3\xA9"), "\xC3\xA9");
}

Test(expression_date_text, counts_seconds_from_1970_in_utc)
{
    cr_expect_str_eq(date(value_int(0), value_cstring("%Y-%m-%d %H:%M:%S %z %a")),
                     "1970-01-01 00:00:00 +0000 Thu");
    cr_expect_str_eq(date(value_int(-1), value_cstring("%Y-%m-%d %H:%M:%S")), "1969-12-31 23:59:59");
    cr_expect_str_eq(date(value_int(253402300799), value_cstring("%Y-%m-%d")), "9999-12-31");
    cr_expect_str_eq(date(value_int(253402300800), value_cstring("%Y")), "ValueError");
    cr_expect_str_eq(date(value_int(-62135596800), value_cstring("%Y")), "0001");
    cr_expect_str_eq(date(value_int(-62135596801), value_cstring("%Y")), "ValueError");
    cr_expect_str_eq(date(value_int(INT64_MAX), value_cstring("%Y")), "ValueError");
    cr_expect_str_eq(date(value_int(INT64_MIN), value_cstring("%Y")), "ValueError");
}

Test(expression_date_text, refuses_what_is_no_instant)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-3-1",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "0000-01-01",
        "2026-01-01T",
        "2026-01-01T10:00",
        "2026-01-01T24:00:00Z",
        "2026-01-01T10:60:00Z",
        "2026-01-01T10:00:61Z",
        "2026-01-01T10:00:00.Z",
        "2026-01-01T10:00:00+1",
        "2026-01-01T10:00:00+0100",
        "2026-01-01T10:00:00+24:00",
        "2026-01-01T10:00:00+01:60",
        "2026-01-01T10:00:00Z ",
        "2026-01-01Z10:00:00",
        "today",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(date_of(bad[i], "%Y"), "ValueError", "%s", bad[i]);
    cr_expect_str_eq(date(value_null(), value_cstring("%Y")), "TypeError");
    cr_expect_str_eq(date(value_float(1.5), value_cstring("%Y")), "TypeError");
    cr_expect_str_eq(date(value_int(0), value_int(0)), "TypeError");
}

Test(expression_date_text, refuses_unknown_directives)
{
    static const char *const bad[] = {"%", "%-", "%Q", "%f", "%--d", "%Y %"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(date_of("2026-01-01", bad[i]), "ValueError", "%s", bad[i]);
    cr_expect_str_eq(date(value_cstring("2026-01-01"), value_string("%Y", 1)), "ValueError");
}
