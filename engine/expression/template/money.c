#include "engine/expression/template/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/value/buffer.h"
#include "engine/value/number.h"

enum { DIGITS_MAX = LIMIT_NUMBER_CHARACTERS, CODE_SIZE = 3, MINOR_UNITS_DEFAULT = 2, MINOR_UNITS_MAX = 4 };

/* 0.d1d2d3... * 10^point; no zeros at either end of the digits, none at all for zero. */
typedef struct decimal {
    bool negative;
    char digits[DIGITS_MAX];
    int count;
    int point;
} decimal;

/* ---- reading ---- */

/* Digits at *at into d; leading zeros of the number only move the point. False where there are none. */
static bool read_digits(const char **at, const char *end, decimal *d, bool fraction)
{
    const char *start = *at;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        bool leading_zero = d->count == 0 && **at == '0';
        if (!leading_zero)
            d->digits[d->count++] = **at;
        d->point += fraction ? -leading_zero : !leading_zero;
    }
    return *at > start;
}

static bool read_exponent(const char **at, const char *end, decimal *d)
{
    if (*at == end || (**at != 'e' && **at != 'E'))
        return true;
    ++*at;
    bool negative = *at < end && **at == '-';
    if (*at < end && (**at == '-' || **at == '+'))
        ++*at;
    const char *start = *at;
    int exponent = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at)
        exponent = exponent < 10 * DIGITS_MAX ? exponent * 10 + (**at - '0') : exponent;
    d->point += negative ? -exponent : exponent;
    return *at > start;
}

/* [+-]digits[.digits][e[+-]digits], or with the digits behind the point only. */
static bool read_decimal(const char *text, size_t size, decimal *d)
{
    const char *at = text, *end = text + size;
    *d = (decimal){0};
    if (size == 0 || size > DIGITS_MAX)
        return false;
    d->negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    bool whole = read_digits(&at, end, d, false);
    bool fraction = false;
    if (at < end && *at == '.') {
        at++;
        fraction = read_digits(&at, end, d, true);
    }
    if (!(whole || fraction) || !read_exponent(&at, end, d) || at != end)
        return false;
    while (d->count > 0 && d->digits[d->count - 1] == '0')
        d->count--;
    return d->count == 0 || d->point <= DIGITS_MAX;
}

static bool read_amount(evaluation *ev, const value *amount, decimal *d)
{
    char number[NUMBER_TEXT_SIZE];
    bool ok;
    if (amount->kind == VALUE_STRING) {
        ok = read_decimal(amount->text, amount->count, d);
    } else if (amount->kind == VALUE_FLOAT) {
        ok = read_decimal(number, number_format(amount->number, number), d);
    } else if (amount->kind == VALUE_INT) {
        int size = snprintf(number, sizeof number, "%" PRId64, amount->integer);
        ok = read_decimal(number, (size_t)size, d);
    } else {
        return evaluation_raise(ev, EXCEPTION_TYPE, "money: the amount must be a number or decimal text");
    }
    return ok || evaluation_raise(ev, EXCEPTION_VALUE, "money: the amount is not a finite decimal number");
}

static bool read_currency(evaluation *ev, const value *currency, char code[CODE_SIZE])
{
    if (currency->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "money: the currency must be text");
    bool ok = currency->count == CODE_SIZE;
    for (size_t i = 0; ok && i < CODE_SIZE; i++) {
        char c = currency->text[i];
        code[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        ok = code[i] >= 'A' && code[i] <= 'Z';
    }
    return ok ||
           evaluation_raise(ev, EXCEPTION_VALUE, "money: the currency must be three letters (ISO 4217)");
}

/* ISO 4217, list one. */
static int minor_units(const char code[CODE_SIZE])
{
    static const struct {
        int units;
        const char *codes;
    } exceptions[] = {
        {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
        {3, "BHD IQD JOD KWD LYD OMR TND"},
        {4, "CLF UYW"},
    };
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        for (const char *c = exceptions[i].codes; *c != '\0';
             c += c[CODE_SIZE] == '\0' ? CODE_SIZE : CODE_SIZE + 1)
            if (memcmp(c, code, CODE_SIZE) == 0)
                return exceptions[i].units;
    return MINOR_UNITS_DEFAULT;
}

/* ---- writing ---- */

/* Whether cutting d behind its first `kept` digits must add one to the last of them. */
static bool rounds_up(const decimal *d, int kept)
{
    if (kept < 0 || kept >= d->count)
        return false;
    if (d->digits[kept] != '5' || kept + 1 < d->count)
        return d->digits[kept] >= '5';
    return kept > 0 && (d->digits[kept - 1] - '0') % 2 == 1;
}

/* The digits of the rounded amount in minor units and a NUL, with leading zeros: room for a carry, and at
 * least one digit before the fraction. */
static int round_digits(const decimal *d, int units, char *digits)
{
    int kept = d->count == 0 ? 0 : d->point + units;
    int width = (kept > units + 1 ? kept : units + 1) + 1;
    for (int i = 0; i < width; i++) {
        int source = i - (width - kept);
        digits[i] = source >= 0 && source < d->count ? d->digits[source] : '0';
    }
    if (rounds_up(d, kept)) {
        int i = width - 1;
        while (digits[i] == '9')
            digits[i--] = '0';
        digits[i]++;
    }
    digits[width] = '\0';
    return width;
}

static void write_amount(buffer *b, const decimal *d, int units)
{
    char digits[DIGITS_MAX + MINOR_UNITS_MAX + 2];
    int width = round_digits(d, units, digits);
    int whole = width - units;
    int first = 0;
    while (first < whole - 1 && digits[first] == '0')
        first++;
    if (d->negative && strspn(digits, "0") < (size_t)width)
        buffer_add_byte(b, '-');
    for (int i = first; i < whole; i++) {
        buffer_add_byte(b, digits[i]);
        if (i + 1 < whole && (whole - i - 1) % 3 == 0)
            buffer_add_byte(b, ',');
    }
    if (units > 0) {
        buffer_add_byte(b, '.');
        buffer_add(b, digits + whole, (size_t)units);
    }
}

bool money_format(evaluation *ev, const value *amount, const value *currency, value *result)
{
    decimal d;
    char code[CODE_SIZE];
    if (!read_amount(ev, amount, &d) || !read_currency(ev, currency, code))
        return false;
    buffer text;
    buffer_init(&text, ev->arena, ev->memory_left);
    write_amount(&text, &d, minor_units(code));
    buffer_add_byte(&text, ' ');
    buffer_add(&text, code, CODE_SIZE);
    if (text.failed)
        return evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
    *result = buffer_string(&text);
    return evaluation_charge(ev, text.capacity);
}
