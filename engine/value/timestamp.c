#include "engine/value/timestamp.h"

/* Days are counted in years that begin on March 1, so that the leap day is the last of its year, and in eras
 * of 400 years, after which the calendar repeats: every division below is then of a number that is not
 * negative. */

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)

enum {
    ERA_YEARS = 400,
    ERA_DAYS = 146097,
    EPOCH_DAY = 719468,    /* 1970-01-01, counted from 0000-03-01 */
    FIRST_DAY = -719162,   /* 0001-01-01, counted from 1970-01-01 */
    LAST_DAY = 2932896,    /* 9999-12-31 */
    OFFSET_HOURS_MAX = 23, /* as RFC 3339's time-numoffset */
};

typedef struct civil_date {
    int year;
    int month;
    int day;
} civil_date;

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* `month` counted from March as 0: the months' lengths repeat every five (31 30 31 30 31). */
static int days_before_month(int month)
{
    return (153 * month + 2) / 5;
}

static int days_from_civil(civil_date date)
{
    int year = date.month <= 2 ? date.year - 1 : date.year;
    int era = year / ERA_YEARS;
    int year_of_era = year % ERA_YEARS;
    int day_of_year = days_before_month((date.month + 9) % 12) + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAY;
}

/* `days` must lie in FIRST_DAY..LAST_DAY. */
static civil_date civil_from_days(int days)
{
    unsigned shifted = (unsigned)(days + EPOCH_DAY);
    unsigned era = shifted / ERA_DAYS;
    unsigned day_of_era = shifted % ERA_DAYS;
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)(5 * day_of_year + 2) / 153;
    civil_date date = {.day = (int)day_of_year - days_before_month(month) + 1};
    date.month = month < 10 ? month + 3 : month - 9;
    date.year = (int)(era * ERA_YEARS + year_of_era) + (date.month <= 2);
    return date;
}

/* Rounds towards the past, so that the rest is never negative. */
static int64_t floor_days(int64_t epoch_us)
{
    return epoch_us / DAY_US - (epoch_us % DAY_US < 0);
}

bool timestamp_split(int64_t epoch_us, timestamp_fields *fields)
{
    if (epoch_us < TIMESTAMP_MIN || epoch_us > TIMESTAMP_MAX)
        return false;
    int days = (int)floor_days(epoch_us);
    int64_t day_us = epoch_us - days * DAY_US;
    int seconds = (int)(day_us / SECOND_US);
    civil_date date = civil_from_days(days);
    *fields = (timestamp_fields){
        .year = date.year,
        .month = date.month,
        .day = date.day,
        .hour = seconds / 3600,
        .minute = seconds / 60 % 60,
        .second = seconds % 60,
        .micros = (int)(day_us % SECOND_US),
        .weekday = (days - FIRST_DAY) % 7, /* 0001-01-01 was a Monday */
        .year_day = days - days_from_civil((civil_date){.year = date.year, .month = 1, .day = 1}) + 1,
    };
    return true;
}

static bool is_date(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month);
}

bool timestamp_join(const timestamp_fields *f, int64_t *epoch_us)
{
    if (!is_date(f->year, f->month, f->day) || f->hour < 0 || f->hour > 23 || f->minute < 0 ||
        f->minute > 59 || f->second < 0 || f->second > 59 || f->micros < 0 || f->micros >= SECOND_US)
        return false;
    int64_t days = days_from_civil((civil_date){.year = f->year, .month = f->month, .day = f->day});
    *epoch_us = days * DAY_US + (f->hour * 3600 + f->minute * 60 + f->second) * SECOND_US + f->micros;
    return true;
}

/* ---- writing ---- */

/* Each writes a number of as many digits and returns the place behind them. */
static char *put_two(char *out, unsigned number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
    return out + 2;
}

static char *put_three(char *out, unsigned number)
{
    *out = (char)('0' + number / 100);
    return put_two(out + 1, number % 100);
}

static char *put_date(char *out, int days)
{
    civil_date date = civil_from_days(days);
    out = put_two(out, (unsigned)date.year / 100);
    out = put_two(out, (unsigned)date.year % 100);
    *out++ = '-';
    out = put_two(out, (unsigned)date.month);
    *out++ = '-';
    return put_two(out, (unsigned)date.day);
}

static char *put_clock(char *out, unsigned seconds)
{
    out = put_two(out, seconds / 3600);
    *out++ = ':';
    out = put_two(out, seconds / 60 % 60);
    *out++ = ':';
    return put_two(out, seconds % 60);
}

static char *put_time(char *out, int64_t day_us)
{
    out = put_clock(out, (unsigned)(day_us / SECOND_US));
    unsigned micros = (unsigned)(day_us % SECOND_US);
    if (micros == 0)
        return out;
    *out++ = '.';
    return put_three(put_three(out, micros / 1000), micros % 1000);
}

static size_t finish(char *text, char *end)
{
    *end = '\0';
    return (size_t)(end - text);
}

static char *put_instant(char *out, int64_t epoch_us)
{
    int days = (int)floor_days(epoch_us);
    out = put_date(out, days);
    *out++ = 'T';
    return put_time(out, epoch_us - days * DAY_US);
}

size_t timestamp_format(int64_t epoch_us, char text[TIMESTAMP_TEXT_SIZE])
{
    if (epoch_us < TIMESTAMP_MIN || epoch_us > TIMESTAMP_MAX)
        return 0;
    char *end = put_instant(text, epoch_us);
    *end++ = 'Z';
    return finish(text, end);
}

size_t timestamp_format_local(int64_t epoch_us, char text[TIMESTAMP_TEXT_SIZE])
{
    if (epoch_us < TIMESTAMP_MIN || epoch_us > TIMESTAMP_MAX)
        return 0;
    return finish(text, put_instant(text, epoch_us));
}

size_t timestamp_format_millis(int64_t epoch_ms, char text[TIMESTAMP_TEXT_SIZE])
{
    if (epoch_ms < TIMESTAMP_MIN / 1000 || epoch_ms > TIMESTAMP_MAX / 1000)
        return 0;
    int days = (int)floor_days(epoch_ms * 1000);
    unsigned day_ms = (unsigned)(epoch_ms - days * (DAY_US / 1000));
    char *end = put_date(text, days);
    *end++ = 'T';
    end = put_clock(end, day_ms / 1000);
    *end++ = '.';
    end = put_three(end, day_ms % 1000);
    *end++ = 'Z';
    return finish(text, end);
}

size_t timestamp_format_date(int64_t epoch_days, char text[TIMESTAMP_TEXT_SIZE])
{
    if (epoch_days < FIRST_DAY || epoch_days > LAST_DAY)
        return 0;
    return finish(text, put_date(text, (int)epoch_days));
}

size_t timestamp_format_time(int64_t day_us, char text[TIMESTAMP_TEXT_SIZE])
{
    if (day_us < 0 || day_us >= DAY_US)
        return 0;
    return finish(text, put_time(text, day_us));
}

/* ---- reading ---- */

/* What is left of a text. */
typedef struct scanner {
    const char *next;
    const char *end;
} scanner;

static bool scan_digit(scanner *s, int *digit)
{
    if (s->next == s->end || *s->next < '0' || *s->next > '9')
        return false;
    *digit = *s->next++ - '0';
    return true;
}

static bool scan_number(scanner *s, int digits, int *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        int digit;
        if (!scan_digit(s, &digit))
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

static bool scan_one_of(scanner *s, const char *allowed, char *found)
{
    if (s->next == s->end)
        return false;
    for (; *allowed != '\0'; allowed++)
        if (*s->next == *allowed) {
            *found = *s->next++;
            return true;
        }
    return false;
}

static bool scan_mark(scanner *s, const char *allowed)
{
    char found;
    return scan_one_of(s, allowed, &found);
}

static bool scan_fraction(scanner *s, int *micros)
{
    int digit;
    *micros = 0;
    if (!scan_mark(s, "."))
        return true;
    if (!scan_digit(s, &digit))
        return false;
    int unit = 100000;
    do {
        *micros += digit * unit;
        unit /= 10;
    } while (scan_digit(s, &digit));
    return true;
}

static bool scan_offset(scanner *s, int *minutes)
{
    char sign;
    *minutes = 0;
    if (!scan_one_of(s, "Zz+-", &sign))
        return false;
    if (sign == 'Z' || sign == 'z')
        return true;
    int hour, minute;
    if (!scan_number(s, 2, &hour) || !scan_mark(s, ":") || !scan_number(s, 2, &minute) ||
        hour > OFFSET_HOURS_MAX || minute > 59)
        return false;
    *minutes = (hour * 60 + minute) * (sign == '-' ? -1 : 1);
    return true;
}

bool timestamp_parse(const char *text, size_t size, int64_t *epoch_us)
{
    scanner s = {text, text + size};
    timestamp_fields f;
    int offset_minutes;
    if (!scan_number(&s, 4, &f.year) || !scan_mark(&s, "-") || !scan_number(&s, 2, &f.month) ||
        !scan_mark(&s, "-") || !scan_number(&s, 2, &f.day) || !scan_mark(&s, "Tt ") ||
        !scan_number(&s, 2, &f.hour) || !scan_mark(&s, ":") || !scan_number(&s, 2, &f.minute) ||
        !scan_mark(&s, ":") || !scan_number(&s, 2, &f.second) || !scan_fraction(&s, &f.micros) ||
        !scan_offset(&s, &offset_minutes) || s.next != s.end)
        return false;
    bool leap_second = f.second == 60;
    if (leap_second)
        f.second = 59;
    if (!timestamp_join(&f, epoch_us))
        return false;
    *epoch_us -= offset_minutes * 60 * SECOND_US;
    if (leap_second) {
        *epoch_us += SECOND_US;
        if (*epoch_us - floor_days(*epoch_us) * DAY_US >= SECOND_US)
            return false; /* a day's last second is the only one that may be followed by one */
    }
    return *epoch_us >= TIMESTAMP_MIN && *epoch_us <= TIMESTAMP_MAX;
}
