#include <criterion/criterion.h>
#include <string.h>

#include "engine/value/timestamp.h"

static const int64_t day_us = INT64_C(86400000000);

static const char *format(int64_t epoch_us)
{
    static char text[TIMESTAMP_TEXT_SIZE];
    size_t size = timestamp_format(epoch_us, text);
    cr_assert_eq(size == 0 ? 0 : strlen(text), size);
    return size == 0 ? "" : text;
}

static bool parse(const char *text, int64_t *epoch_us)
{
    return timestamp_parse(text, strlen(text), epoch_us);
}

Test(value_timestamp, writes_instants_as_pydantic_does)
{
    /* pydantic.TypeAdapter(datetime).dump_json(datetime.fromtimestamp(us / 1e6, timezone.utc)) */
    cr_expect_str_eq(format(0), "1970-01-01T00:00:00Z");
    cr_expect_str_eq(format(INT64_C(1795521185000000)), "2026-11-24T11:53:05Z");
    cr_expect_str_eq(format(INT64_C(1795521185123000)), "2026-11-24T11:53:05.123000Z");
    cr_expect_str_eq(format(INT64_C(1795521185000120)), "2026-11-24T11:53:05.000120Z");
    cr_expect_str_eq(format(-1), "1969-12-31T23:59:59.999999Z");
    cr_expect_str_eq(format(INT64_C(951782400000000)), "2000-02-29T00:00:00Z");
}

Test(value_timestamp, refuses_years_outside_1_to_9999)
{
    cr_expect_str_eq(format(TIMESTAMP_MIN), "0001-01-01T00:00:00Z");
    cr_expect_str_eq(format(TIMESTAMP_MAX), "9999-12-31T23:59:59.999999Z");
    cr_expect_str_eq(format(TIMESTAMP_MIN - 1), "");
    cr_expect_str_eq(format(TIMESTAMP_MAX + 1), "");
    cr_expect_str_eq(format(INT64_MIN), "");
    cr_expect_str_eq(format(INT64_MAX), "");

    char text[TIMESTAMP_TEXT_SIZE];
    cr_expect_eq(timestamp_format_local(TIMESTAMP_MAX + 1, text), 0);
    cr_expect_eq(timestamp_format_millis(TIMESTAMP_MIN / 1000 - 1, text), 0);
    cr_expect_eq(timestamp_format_millis(TIMESTAMP_MAX / 1000 + 1, text), 0);
    cr_expect_eq(timestamp_format_millis(INT64_MIN, text), 0);
    cr_expect_eq(timestamp_format_date(-719163, text), 0);
    cr_expect_eq(timestamp_format_date(2932897, text), 0);
    cr_expect_eq(timestamp_format_time(-1, text), 0);
    cr_expect_eq(timestamp_format_time(day_us, text), 0);
}

Test(value_timestamp, writes_the_other_forms)
{
    char text[TIMESTAMP_TEXT_SIZE];
    cr_expect_eq(timestamp_format_local(INT64_C(1795521185123000), text), 26);
    cr_expect_str_eq(text, "2026-11-24T11:53:05.123000");
    cr_expect_eq(timestamp_format_millis(INT64_C(1795521185000), text), 24);
    cr_expect_str_eq(text, "2026-11-24T11:53:05.000Z");
    timestamp_format_millis(-1, text);
    cr_expect_str_eq(text, "1969-12-31T23:59:59.999Z");
    timestamp_format_millis(TIMESTAMP_MIN / 1000, text);
    cr_expect_str_eq(text, "0001-01-01T00:00:00.000Z");
    cr_expect_eq(timestamp_format_date(20781, text), 10);
    cr_expect_str_eq(text, "2026-11-24");
    timestamp_format_date(-719162, text);
    cr_expect_str_eq(text, "0001-01-01");
    timestamp_format_date(2932896, text);
    cr_expect_str_eq(text, "9999-12-31");
    cr_expect_eq(timestamp_format_time(0, text), 8);
    cr_expect_str_eq(text, "00:00:00");
    timestamp_format_time(day_us - 1, text);
    cr_expect_str_eq(text, "23:59:59.999999");
}

Test(value_timestamp, counts_every_day_of_the_calendar_once)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t epoch_us = TIMESTAMP_MIN;
    int weekday = 0; /* 0001-01-01 was a Monday */
    for (int year = 1; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int year_day = 0;
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++) {
                timestamp_fields f;
                cr_assert(timestamp_split(epoch_us + day_us - 1, &f));
                cr_assert(f.year == year && f.month == month && f.day == day, "%d-%d-%d", year, month, day);
                cr_assert_eq(f.weekday, weekday);
                cr_assert_eq(f.year_day, ++year_day);
                cr_assert(f.hour == 23 && f.minute == 59 && f.second == 59 && f.micros == 999999);
                int64_t joined;
                cr_assert(timestamp_join(&f, &joined) && joined == epoch_us + day_us - 1);
                epoch_us += day_us;
                weekday = (weekday + 1) % 7;
            }
    }
    cr_expect_eq(epoch_us, TIMESTAMP_MAX + 1);
}

Test(value_timestamp, refuses_fields_that_name_no_instant)
{
    const timestamp_fields good = {
        .year = 2026, .month = 2, .day = 28, .hour = 23, .minute = 59, .second = 59};
    int64_t us;
    cr_expect(timestamp_join(&good, &us));
    timestamp_fields f;
#define REFUSED(field, number) (f = good, f.field = (number), !timestamp_join(&f, &us))
    cr_expect(REFUSED(year, 0) && REFUSED(year, 10000));
    cr_expect(REFUSED(month, 0) && REFUSED(month, 13));
    cr_expect(REFUSED(day, 0) && REFUSED(day, 29));
    cr_expect(REFUSED(hour, -1) && REFUSED(hour, 24));
    cr_expect(REFUSED(minute, -1) && REFUSED(minute, 60));
    cr_expect(REFUSED(second, -1) && REFUSED(second, 60));
    cr_expect(REFUSED(micros, -1) && REFUSED(micros, 1000000));
#undef REFUSED
}

Test(value_timestamp, reads_rfc_3339)
{
    static const struct {
        const char *text;
        const char *utc;
    } cases[] = {
        {"2026-11-24T11:53:05Z", "2026-11-24T11:53:05Z"},
        {"2026-11-24t11:53:05z", "2026-11-24T11:53:05Z"},
        {"2026-11-24 11:53:05.5Z", "2026-11-24T11:53:05.500000Z"},
        {"2026-11-24T11:53:05.123456789Z", "2026-11-24T11:53:05.123456Z"},
        {"2026-11-24T11:53:05+02:30", "2026-11-24T09:23:05Z"},
        {"2026-11-24T11:53:05-12:00", "2026-11-24T23:53:05Z"},
        {"2026-11-24T11:53:05-00:00", "2026-11-24T11:53:05Z"},
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {"1998-12-31T23:59:60Z", "1999-01-01T00:00:00Z"},
        {"1998-12-31T15:59:60.25-08:00", "1999-01-01T00:00:00.250000Z"},
        {"1969-12-31T23:59:60Z", "1970-01-01T00:00:00Z"},
        {"1960-12-31T23:59:60.5Z", "1961-01-01T00:00:00.500000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us;
        cr_assert(parse(cases[i].text, &us), "%s", cases[i].text);
        cr_expect_str_eq(format(us), cases[i].utc);
    }
}

Test(value_timestamp, refuses_what_is_not_rfc_3339)
{
    static const char *const wrong[] = {
        "",
        "2026-11-24",
        "2026-11-24T11:53:05",
        "2026-11-24T11:53Z",
        "2026-11-24T11:53:05.Z",
        "2026-11-24T11:53:05ZZ",
        "2026-11-24T24:00:00Z",
        "2026-11-24T11:60:00Z",
        "2026-11-24T11:53:60Z",
        "2026-11-24T11:53:61Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-24T11:53:05+24:00",
        "2026-11-24T11:53:05+0200",
        "2026-11-24T11:53:05+02:60",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
        "+2026-11-24T11:53:05Z",
        "2026-11-24T11:53:0\xC2\xB2Z",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t us;
        cr_expect_not(parse(wrong[i], &us), "%s", wrong[i]);
    }
}

Test(value_timestamp, no_prefix_of_a_timestamp_is_one)
{
    static const char text[] = "2026-11-24T11:53:05.123456+02:30";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        int64_t us;
        cr_expect_not(timestamp_parse(text, size, &us), "%zu", size);
    }
}
