#include "engine/schema/format/ascii.h"
#include "engine/schema/format/format.h"

enum { DATE_SIZE = 10, MINUTES_OF_DAY = 24 * 60 };

/* Exactly `count` digits at text. */
static bool read_digits(const char *text, int count, int *number)
{
    *number = 0;
    for (int i = 0; i < count; i++) {
        if (!ascii_is_digit(text[i]))
            return false;
        *number = *number * 10 + (text[i] - '0');
    }
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool format_is_date(const char *text, size_t size)
{
    int year;
    int month;
    int day;
    return size == DATE_SIZE && text[4] == '-' && text[7] == '-' && read_digits(text, 4, &year) &&
           read_digits(text + 5, 2, &month) && read_digits(text + 8, 2, &day) && month >= 1 && month <= 12 &&
           day >= 1 && day <= days_of_month(year, month);
}

/* "Z" or "+hh:mm", exactly; *minutes east of UTC. */
static bool read_offset(const char *text, size_t size, int *minutes)
{
    int hour;
    int minute;
    *minutes = 0;
    if (size == 1)
        return text[0] == 'Z' || text[0] == 'z';
    if (size != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !read_digits(text + 1, 2, &hour) || !read_digits(text + 4, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *minutes = (hour * 60 + minute) * (text[0] == '-' ? -1 : 1);
    return true;
}

/* A leap second ends a day of UTC. */
static bool is_last_minute(int hour, int minute, int offset)
{
    int utc = hour * 60 + minute - offset;
    return (utc + MINUTES_OF_DAY) % MINUTES_OF_DAY == MINUTES_OF_DAY - 1;
}

bool format_is_time(const char *text, size_t size)
{
    int hour;
    int minute;
    int second;
    int offset;
    if (size < 9 || text[2] != ':' || text[5] != ':' || !read_digits(text, 2, &hour) ||
        !read_digits(text + 3, 2, &minute) || !read_digits(text + 6, 2, &second) || hour > 23 ||
        minute > 59 || second > 60)
        return false;
    size_t at = 8;
    if (text[at] == '.') {
        size_t digits = ++at;
        while (at < size && ascii_is_digit(text[at]))
            at++;
        if (at == digits)
            return false;
    }
    return read_offset(text + at, size - at, &offset) &&
           (second < 60 || is_last_minute(hour, minute, offset));
}

bool format_is_date_time(const char *text, size_t size)
{
    return size > DATE_SIZE && format_is_date(text, DATE_SIZE) &&
           (text[DATE_SIZE] == 'T' || text[DATE_SIZE] == 't') &&
           format_is_time(text + DATE_SIZE + 1, size - DATE_SIZE - 1);
}

/* Digits and units until a 'T' or the end. The units must follow each other in `order` without a gap, as
 * RFC 3339, appendix A, has it. False where a number or a unit is missing; *count of units. */
static bool read_units(const char **p, const char *end, const char *order, int *count)
{
    const char *expected = NULL;
    for (*count = 0; *p < end && **p != 'T'; ++*count) {
        const char *digits = *p;
        while (*p < end && ascii_is_digit(**p))
            ++*p;
        if (*p == digits || *p == end || **p == '\0')
            return false;
        const char *unit = strchr(order, **p);
        if (unit == NULL || (expected != NULL && unit != expected))
            return false;
        expected = unit + 1;
        ++*p;
    }
    return true;
}

bool format_is_duration(const char *text, size_t size)
{
    const char *p = text + 1;
    const char *end = text + size;
    int units;
    int time_units;
    if (size < 3 || text[0] != 'P')
        return false;
    if (end[-1] == 'W')
        return read_units(&p, end, "W", &units) && p == end && units == 1;
    if (!read_units(&p, end, "YMD", &units))
        return false;
    if (p == end)
        return units > 0;
    p++;
    return read_units(&p, end, "HMS", &time_units) && p == end && time_units > 0;
}
