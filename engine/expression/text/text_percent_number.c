/* The conversions of numbers in `%` formatting. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/expression/text/text_percent.h"
#include "engine/expression/text/text_support.h"

enum {
    /* A double has at most 309 digits before the point; sign, point and exponent take less than ten. */
    DIGITS_BEFORE_POINT_MAX = 309,
    FLOAT_TEXT_SIZE = DIGITS_BEFORE_POINT_MAX + 11,
    PRECISION_DEFAULT = 6,
};

/* A number in parts, as padding goes between them. */
typedef struct number_text {
    bool negative;
    const char *prefix; /* "0x" and the like, or "" */
    uint64_t zeros;     /* that the precision wants before the digits */
    const char *digits;
    size_t digits_size;
} number_text;

bool percent_add_fill(evaluation *ev, buffer *out, char byte, uint64_t count)
{
    if (!text_spend(ev, count))
        return false;
    if (count > 0 && buffer_reserve(out, count)) {
        memset(out->bytes + out->size, byte, count);
        out->size += count;
    }
    return true;
}

static bool add_number(evaluation *ev, buffer *out, const percent_conversion *c, const number_text *n)
{
    const char *sign = n->negative ? "-" : c->plus ? "+" : c->blank ? " " : "";
    uint64_t size = strlen(sign) + strlen(n->prefix) + n->zeros + n->digits_size;
    uint64_t padding = c->width > size ? c->width - size : 0;
    bool zeros = c->zeros && !c->left;
    if (!c->left && !zeros && !percent_add_fill(ev, out, ' ', padding))
        return false;
    buffer_add_text(out, sign);
    buffer_add_text(out, n->prefix);
    if (zeros && !percent_add_fill(ev, out, '0', padding))
        return false;
    if (!percent_add_fill(ev, out, '0', n->zeros))
        return false;
    buffer_add(out, n->digits, n->digits_size);
    return !c->left || percent_add_fill(ev, out, ' ', padding);
}

/* ---- integers ---- */

static bool is_decimal(char type)
{
    return type == 'd' || type == 'i' || type == 'u';
}

/* Writes backwards from `end`; returns where the digits begin. */
static char *write_digits(char *end, uint64_t magnitude, unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        *--end = digits[magnitude % base];
        magnitude /= base;
    } while (magnitude > 0);
    return end;
}

static bool raise_not_an_integer(evaluation *ev, char type, const value *v)
{
    return evaluation_raise(ev, EXCEPTION_TYPE,
                            is_decimal(type) ? "%%%c format: a real number is required, not %s"
                                             : "%%%c format: an integer is required, not %s",
                            type, object_type_name(v));
}

static uint64_t lacking_zeros(const percent_conversion *c, size_t digit_count)
{
    return c->precision > 0 && (size_t)c->precision > digit_count ? (size_t)c->precision - digit_count : 0;
}

/* A float's integer part has up to 309 digits, all of which are written. */
static bool add_truncated(evaluation *ev, buffer *out, const percent_conversion *c, double number)
{
    if (isnan(number))
        return evaluation_raise(ev, EXCEPTION_VALUE, "cannot convert float NaN to integer");
    if (isinf(number))
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "cannot convert float infinity to integer");
    char digits[DIGITS_BEFORE_POINT_MAX + 1];
    double whole = trunc(number);
    number_text n = {.negative = whole < 0, .prefix = "", .digits = digits};
    n.digits_size = (size_t)snprintf(digits, sizeof digits, "%.0f", fabs(whole));
    n.zeros = lacking_zeros(c, n.digits_size);
    return add_number(ev, out, c, &n);
}

bool percent_add_integer(evaluation *ev, buffer *out, const percent_conversion *c, const value *v)
{
    if (is_decimal(c->type) && v->kind == VALUE_FLOAT)
        return add_truncated(ev, out, c, v->number);
    if (!value_is_int(v))
        return raise_not_an_integer(ev, c->type, v);
    number_text n = {.negative = v->integer < 0, .prefix = ""};
    uint64_t magnitude = n.negative ? 0 - (uint64_t)v->integer : (uint64_t)v->integer;
    unsigned base = is_decimal(c->type) ? 10 : c->type == 'o' ? 8 : 16;
    char digits[24]; /* 2^64 has 22 octal digits */
    char *end = digits + sizeof digits, *start = write_digits(end, magnitude, base, c->type == 'X');
    n.digits = start;
    n.digits_size = (size_t)(end - start);
    if (c->alternate && base != 10)
        n.prefix = c->type == 'o' ? "0o" : c->type == 'x' ? "0x" : "0X";
    n.zeros = lacking_zeros(c, n.digits_size);
    return add_number(ev, out, c, &n);
}

/* ---- floats ---- */

static const char *float_format(char type, bool alternate)
{
    switch (type) {
    case 'e':
        return alternate ? "%#.*e" : "%.*e";
    case 'E':
        return alternate ? "%#.*E" : "%.*E";
    case 'f':
        return alternate ? "%#.*f" : "%.*f";
    case 'F':
        return alternate ? "%#.*F" : "%.*F";
    case 'g':
        return "%.*g";
    default:
        return "%.*G";
    }
}

/* %#g by its definition, from e and f: glibc's own forgets a zero where rounding carries into a new digit (of
 * 99.5 with two digits it makes "1.e+02"). */
static size_t write_all_digits(char *text, size_t size, char type, int precision, double number)
{
    int digits = precision == 0 ? 1 : precision;
    int written = snprintf(text, size, float_format(type == 'g' ? 'e' : 'E', true), digits - 1, number);
    const char *mark = memchr(text, type == 'g' ? 'e' : 'E', (size_t)written);
    if (mark == NULL) /* inf, nan */
        return (size_t)written;
    int exponent = (int)strtol(mark + 1, NULL, 10);
    if (exponent >= -4 && exponent < digits)
        written = snprintf(text, size, "%#.*f", digits - 1 - exponent, number);
    return (size_t)written;
}

static size_t write_float(char *text, size_t size, const percent_conversion *c, int precision, double number)
{
    if (c->alternate && (c->type == 'g' || c->type == 'G'))
        return write_all_digits(text, size, c->type, precision, number);
    return (size_t)snprintf(text, size, float_format(c->type, c->alternate), precision, number);
}

bool percent_add_float(evaluation *ev, buffer *out, const percent_conversion *c, const value *v)
{
    if (!value_is_number(v))
        return evaluation_raise(ev, EXCEPTION_TYPE, "must be real number, not %s", object_type_name(v));
    double number = value_as_double(v);
    int precision = c->precision < 0 ? PRECISION_DEFAULT : c->precision;
    size_t size = FLOAT_TEXT_SIZE + (size_t)precision;
    char short_text[FLOAT_TEXT_SIZE + 64];
    char *text = short_text;
    if (size > sizeof short_text) {
        text = text_spend(ev, size) ? evaluation_alloc(ev, size) : NULL;
        if (text == NULL)
            return false;
    }
    number_text n = {.prefix = "", .digits = text};
    n.negative = signbit(number) && !isnan(number);
    n.digits_size = write_float(text, size, c, precision, fabs(number));
    return add_number(ev, out, c, &n);
}
