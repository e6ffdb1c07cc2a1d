#include "engine/expression/template/date_text.h"

#include <stdio.h>

#include "engine/value/buffer.h"
#include "engine/value/timestamp.h"

typedef struct instant {
    timestamp_fields fields; /* as written, whatever the offset */
    bool has_offset;
    int offset_minutes;
} instant;

/* ---- reading ---- */

typedef struct cursor {
    const char *at;
    const char *end;
} cursor;

static bool take(cursor *c, char byte)
{
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

static bool take_digit(cursor *c, int *digit)
{
    if (c->at == c->end || *c->at < '0' || *c->at > '9')
        return false;
    *digit = *c->at++ - '0';
    return true;
}

static bool take_number(cursor *c, int digits, int *number)
{
    int digit;
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (!take_digit(c, &digit))
            return false;
        *number = *number * 10 + digit;
    }
    return true;
}

static bool take_date(cursor *c, timestamp_fields *f)
{
    return take_number(c, 4, &f->year) && take(c, '-') && take_number(c, 2, &f->month) && take(c, '-') &&
           take_number(c, 2, &f->day);
}

static bool take_fraction(cursor *c)
{
    int digit;
    if (!take(c, '.'))
        return true;
    if (!take_digit(c, &digit))
        return false;
    while (take_digit(c, &digit))
        ;
    return true;
}

static bool take_time(cursor *c, timestamp_fields *f)
{
    return take_number(c, 2, &f->hour) && take(c, ':') && take_number(c, 2, &f->minute) && take(c, ':') &&
           take_number(c, 2, &f->second) && take_fraction(c);
}

static bool take_offset(cursor *c, instant *t)
{
    int hours, minutes;
    t->has_offset = true;
    if (take(c, 'Z') || take(c, 'z'))
        return true;
    bool west = take(c, '-');
    if ((!west && !take(c, '+')) || !take_number(c, 2, &hours) || !take(c, ':') ||
        !take_number(c, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    t->offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

/* Checks the fields and finds the day of the week and of the year. A leap second stays written as it is. */
static bool complete(timestamp_fields *f)
{
    int64_t epoch_us;
    bool leap_second = f->second == 60;
    f->second -= leap_second;
    if (!timestamp_join(f, &epoch_us) || !timestamp_split(epoch_us, f))
        return false;
    f->second += leap_second;
    return true;
}

static bool read_text(const value *text, instant *t)
{
    cursor c = {text->text, text->text + text->count};
    if (!take_date(&c, &t->fields))
        return false;
    if (c.at < c.end && !((take(&c, 'T') || take(&c, 't') || take(&c, ' ')) && take_time(&c, &t->fields)))
        return false;
    if (c.at < c.end && !take_offset(&c, t))
        return false;
    return c.at == c.end && complete(&t->fields);
}

static bool read_seconds(int64_t seconds, instant *t)
{
    int64_t epoch_us;
    t->has_offset = true;
    return !__builtin_mul_overflow(seconds, INT64_C(1000000), &epoch_us) &&
           timestamp_split(epoch_us, &t->fields);
}

static bool read_instant(evaluation *ev, const value *v, instant *t)
{
    *t = (instant){0};
    bool ok;
    if (v->kind == VALUE_STRING)
        ok = read_text(v, t);
    else if (v->kind == VALUE_INT)
        ok = read_seconds(v->integer, t);
    else
        return evaluation_raise(ev, EXCEPTION_TYPE,
                                "date: expected a date or time as text, or seconds as int");
    return ok || evaluation_raise(ev, EXCEPTION_VALUE, "date: not an RFC 3339 time or date");
}

/* ---- writing ---- */

static void write_number(buffer *b, int number, int width, char padding)
{
    char text[16];
    int size = snprintf(text, sizeof text, "%d", number);
    for (int i = size; i < width && padding != '-'; i++)
        buffer_add_byte(b, padding);
    buffer_add(b, text, (size_t)size);
}

static void write_offset(buffer *b, const instant *t)
{
    if (!t->has_offset)
        return;
    int minutes = t->offset_minutes < 0 ? -t->offset_minutes : t->offset_minutes;
    buffer_add_byte(b, t->offset_minutes < 0 ? '-' : '+');
    write_number(b, minutes / 60, 2, '0');
    write_number(b, minutes % 60, 2, '0');
}

static void write_name(buffer *b, const char *name, bool whole)
{
    buffer_add(b, name, whole ? strlen(name) : 3);
}

static void write_weekday(buffer *b, const timestamp_fields *f, bool whole)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    write_name(b, names[f->weekday], whole);
}

static void write_month(buffer *b, const timestamp_fields *f, bool whole)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    write_name(b, names[f->month - 1], whole);
}

/* False where there is no such directive. `zero` is '0', or '-' for no padding. */
static bool write_directive(buffer *b, const instant *t, char directive, char zero)
{
    const timestamp_fields *f = &t->fields;
    switch (directive) {
    case 'Y':
        write_number(b, f->year, 4, zero);
        return true;
    case 'y':
        write_number(b, f->year % 100, 2, zero);
        return true;
    case 'm':
        write_number(b, f->month, 2, zero);
        return true;
    case 'd':
        write_number(b, f->day, 2, zero);
        return true;
    case 'e':
        write_number(b, f->day, 2, zero == '-' ? '-' : ' ');
        return true;
    case 'j':
        write_number(b, f->year_day, 3, zero);
        return true;
    case 'H':
        write_number(b, f->hour, 2, zero);
        return true;
    case 'I':
        write_number(b, f->hour % 12 == 0 ? 12 : f->hour % 12, 2, zero);
        return true;
    case 'M':
        write_number(b, f->minute, 2, zero);
        return true;
    case 'S':
        write_number(b, f->second, 2, zero);
        return true;
    case 'p':
        buffer_add_text(b, f->hour < 12 ? "AM" : "PM");
        return true;
    case 'a':
    case 'A':
        write_weekday(b, f, directive == 'A');
        return true;
    case 'b':
    case 'B':
        write_month(b, f, directive == 'B');
        return true;
    case 'z':
        write_offset(b, t);
        return true;
    case '%':
        buffer_add_byte(b, '%');
        return true;
    default:
        return false;
    }
}

static bool write_text(buffer *b, const instant *t, const value *format)
{
    const char *at = format->text, *end = format->text + format->count;
    while (at < end) {
        if (*at != '%') {
            buffer_add_byte(b, *at++);
            continue;
        }
        at++;
        bool unpadded = at < end && *at == '-';
        at += unpadded;
        if (at == end || !write_directive(b, t, *at++, unpadded ? '-' : '0'))
            return false;
    }
    return true;
}

bool date_text_format(evaluation *ev, const value *when, const value *format, value *result)
{
    instant t;
    if (!read_instant(ev, when, &t))
        return false;
    if (format->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "date: the format must be text");
    buffer text;
    buffer_init(&text, ev->arena, ev->memory_left);
    if (!write_text(&text, &t, format))
        return evaluation_raise(ev, EXCEPTION_VALUE,
                                "date: unknown directive (there are: %%Y %%m %%d %%H %%M %%S %%y %%b %%B %%a "
                                "%%A %%j %%e %%I %%p %%z %%%%)");
    if (text.failed)
        return evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
    *result = text.size > 0 ? buffer_string(&text) : value_string("", 0);
    return evaluation_charge(ev, text.capacity);
}
