/* How a double becomes its shortest text:
 *
 * 1. Most doubles of people (prices, percentages, counts) have at most four decimals and are below 1e11. Such
 *    a one is found with a multiplication and a division: d = rint(x * 1e4) / 1e4 == x proves that the
 * decimal d reads back as x, because the division of two exact doubles is correctly rounded, as reading is. d
 * has at most 15 digits, and no two decimals of up to 15 digits share a double: so no shorter one reads back
 * as x.
 * 2. Other doubles of ordinary size are scaled exactly, as 128-bit integers, to at least 17 digits before the
 *    point. The decimals that read back as x are those in the interval up to the middles between x and its
 *    neighbours. A 15-digit decimal in there is the only one; else the nearest with 16 digits in there is
 *    taken, else the nearest with 17.
 * 3. The rest (below 1e-14, above 1e22) takes the C library's exact conversion, with ever more digits. */
#include "engine/value/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 uint128_t;

/* The significant digits and the decimal exponent of the first one. */
typedef struct decimal {
    char digits[20];
    size_t count;
    int exponent;
} decimal;

/* Powers of ten that a double holds exactly. */
static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { POWER_OF_TEN_MAX = 22 };

/* ---- the shortest digits ---- */

/* integer * 10^scale, above 0, without trailing zeros. */
static void decimal_from_integer(decimal *d, uint64_t integer, int scale)
{
    size_t start = sizeof d->digits;
    while (integer % 10 == 0) {
        integer /= 10;
        scale++;
    }
    do {
        d->digits[--start] = (char)('0' + integer % 10);
        integer /= 10;
    } while (integer > 0);
    d->count = sizeof d->digits - start;
    d->exponent = scale + (int)d->count - 1;
    memmove(d->digits, d->digits + start, d->count);
}

/* A double's value and the bounds of what reads back as it, over 2^shift. */
typedef struct interval {
    uint128_t low, value, high;
    int shift;
    bool closed; /* the bounds themselves belong to it: an even significand wins the tie */
} interval;

static bool interval_has(const interval *i, uint128_t point)
{
    return i->closed ? point >= i->low && point <= i->high : point > i->low && point < i->high;
}

/* number * 10^scale with its neighbourhood. From 1e-14 to 1e22 everything fits: 55 bits of significand times
 * 5^31, or shifted by 21. */
static void interval_init(interval *i, double number, int scale)
{
    int exponent;
    uint64_t significand = (uint64_t)ldexp(frexp(number, &exponent), 53);
    exponent += scale - 53;
    uint128_t power = 1;
    for (int k = 0; k < scale; k++)
        power *= 5;
    if (exponent > 0)
        power <<= exponent;
    bool near_below = significand == (uint64_t)1 << 52; /* the neighbour below is only half as far away */
    i->value = 4 * significand * power;
    i->low = i->value - (near_below ? 1 : 2) * power;
    i->high = i->value + 2 * power;
    i->shift = exponent > 0 ? 2 : 2 - exponent;
    i->closed = significand % 2 == 0;
}

/* The multiple of `unit` in the interval that is nearest to its value; of two the even one. */
static bool nearest_multiple(const interval *i, uint64_t unit, uint64_t *multiple)
{
    uint64_t below = (uint64_t)((i->value >> i->shift) / unit);
    uint128_t scale = (uint128_t)unit << i->shift;
    uint128_t rest = i->value - below * scale;
    bool up = rest > scale - rest || (rest == scale - rest && below % 2 == 1);
    if (!interval_has(i, (below + up) * scale))
        up = !up;
    *multiple = below + up;
    return interval_has(i, (below + up) * scale);
}

static bool find_scaled(double number, decimal *d)
{
    if (!(number > 1e-14 && number < 1e22))
        return false;
    int exponent;
    frexp(number, &exponent);
    int scale = 16 - (int)floor((exponent - 1) * 0.30103); /* 17 digits, or 18 */
    if (scale < 0)
        scale = 0;
    interval i;
    interval_init(&i, number, scale);
    int unit_exponent = 0;
    uint64_t unit = 1;
    for (uint128_t fifteen = (i.value >> i.shift) / 1000000000000000u; fifteen > 0; fifteen /= 10) {
        unit *= 10;
        unit_exponent++;
    }
    uint64_t multiple;
    while (!nearest_multiple(&i, unit, &multiple)) {
        unit /= 10;
        unit_exponent--;
    }
    decimal_from_integer(d, multiple, unit_exponent - scale);
    return true;
}

/* "d.ddde-nn" to an integer and the power of ten that it is to be multiplied by. */
static uint64_t parse_scientific(const char *text, int *scale)
{
    uint64_t integer = 0;
    int decimals = 0;
    bool after_point = false;
    for (; *text != 'e'; text++) {
        if (*text == '.') {
            after_point = true;
            continue;
        }
        integer = integer * 10 + (uint64_t)(*text - '0');
        decimals += after_point;
    }
    *scale = (int)strtol(text + 1, NULL, 10) - decimals;
    return integer;
}

/* Any number; a subnormal one may do with a single digit. At a power of two, whose neighbour below is only
 * half as far away, the nearest decimal may read back as that neighbour while the one above is right. */
static void find_by_reading(double number, decimal *d)
{
    char text[32];
    for (int precision = number < 0x1p-1022 ? 1 : 15;; precision++) {
        int scale;
        snprintf(text, sizeof text, "%.*e", precision - 1, number);
        uint64_t nearest = parse_scientific(text, &scale);
        for (unsigned above = 0; above <= 1; above++) {
            snprintf(text, sizeof text, "%" PRIu64 "e%d", nearest + above, scale);
            if (strtod(text, NULL) == number) {
                decimal_from_integer(d, nearest + above, scale);
                return;
            }
        }
    }
}

/* ---- text ---- */

static size_t write_plain(char *out, const decimal *d)
{
    size_t n = 0;
    if (d->exponent < 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = -1; i > d->exponent; i--)
            out[n++] = '0';
        memcpy(out + n, d->digits, d->count);
        return n + d->count;
    }
    size_t whole = (size_t)d->exponent + 1;
    size_t known = d->count < whole ? d->count : whole;
    memcpy(out, d->digits, known);
    memset(out + known, '0', whole - known);
    n = whole;
    out[n++] = '.';
    if (d->count <= whole) {
        out[n++] = '0';
        return n;
    }
    memcpy(out + n, d->digits + whole, d->count - whole);
    return n + d->count - whole;
}

static size_t write_exponent(char *out, const decimal *d)
{
    size_t n = 0;
    out[n++] = d->digits[0];
    if (d->count > 1) {
        out[n++] = '.';
        memcpy(out + n, d->digits + 1, d->count - 1);
        n += d->count - 1;
    }
    return n + (size_t)snprintf(out + n, 8, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

static size_t count_digits(uint64_t number)
{
    size_t count = 1;
    for (; number >= 10000; number /= 10000)
        count += 4;
    return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

/* Two digits a division. */
size_t number_format_int(int64_t number, char *text)
{
    static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637"
                                "3839404142434445464748495051525354555657585960616263646566676869707172737475"
                                "767778798081828384858687888990919293949596979899";
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (number < 0)
        *text = '-';
    size_t size = count_digits(rest) + (number < 0);
    char *at = text + size;
    for (; rest >= 10; rest /= 100)
        memcpy(at -= 2, pairs + 2 * (rest % 100), 2);
    if (at - text > (number < 0)) /* the first one of an odd number of digits */
        at[-1] = (char)('0' + rest);
    return size;
}

static size_t format_any(double number, char *text)
{
    decimal d = {.digits = "0", .count = 1};
    if (number > 0 && !find_scaled(number, &d))
        find_by_reading(number, &d);
    bool plain = d.exponent >= -4 && d.exponent < 16;
    return plain ? write_plain(text, &d) : write_exponent(text, &d);
}

/* 0 where it is none of those with few decimals. */
static size_t format_few_decimals(double number, char *text)
{
    if (!(number < 1e11))
        return 0;
    double scaled = rint(number * 1e4);
    if (scaled == 0 || scaled / 1e4 != number)
        return 0;
    uint64_t integer = (uint64_t)scaled;
    size_t n = number_format_int((int64_t)(integer / 10000), text);
    unsigned decimals = (unsigned)(integer % 10000);
    text[n++] = '.';
    do {
        text[n++] = (char)('0' + decimals / 1000);
        decimals = decimals % 1000 * 10;
    } while (decimals > 0);
    return n;
}

size_t number_format(double number, char text[NUMBER_TEXT_SIZE])
{
    if (isnan(number))
        return (size_t)snprintf(text, NUMBER_TEXT_SIZE, "nan");
    if (isinf(number))
        return (size_t)snprintf(text, NUMBER_TEXT_SIZE, number < 0 ? "-inf" : "inf");
    size_t n = 0;
    if (signbit(number)) {
        text[n++] = '-';
        number = -number;
    }
    size_t size = format_few_decimals(number, text + n);
    n += size > 0 ? size : format_any(number, text + n);
    text[n] = '\0';
    return n;
}

/* ---- rounding ---- */

enum {
    DIGITS_BEFORE_POINT_MAX = 309,
    DIGITS_AFTER_POINT_MAX = 323, /* at which CPython takes every double as it is */
};

/* number * 10^digits = scaled + error, exactly. The integer nearest to scaled is the nearest to the sum too:
 * a difference below 1/2 stays there, for it is a multiple of twice the largest possible error; a difference
 * of 1/2 is decided by the error's sign. The one division at the end is correctly rounded. */
static bool round_scaled(double number, int digits, double *result)
{
    if (digits < 0 || digits > POWER_OF_TEN_MAX)
        return false;
    double power = powers_of_ten[digits];
    double scaled = number * power;
    if (!(fabs(scaled) < 0x1p52))
        return false;
    double error = fma(number, power, -scaled);
    double whole = rint(scaled);
    double difference = scaled - whole;
    if (difference == 0.5 && error > 0)
        whole += 1;
    else if (difference == -0.5 && error < 0)
        whole -= 1;
    *result = copysign(whole / power, number);
    return true;
}

/* Rounds the whole digits of a number before the last `cut` ones, by hand; `rest` tells that a fraction
 * follows them. */
static double round_whole(double number, size_t cut)
{
    char text[DIGITS_BEFORE_POINT_MAX + 16];
    double whole = trunc(number);
    size_t count = (size_t)snprintf(text, sizeof text, "0%.0f", whole);
    if (cut >= count)
        return 0;
    char *last = text + count - cut; /* the first digit that is cut off */
    bool rest = number > whole || strspn(last + 1, "0") < cut - 1;
    bool up = *last > '5' || (*last == '5' && (rest || (last[-1] - '0') % 2 == 1));
    if (up) {
        char *p = last - 1;
        while (*p == '9')
            *p-- = '0';
        ++*p;
    }
    snprintf(last, (size_t)(text + sizeof text - last), "e%zu", cut);
    return strtod(text, NULL);
}

double number_round(double number, int digits)
{
    double result;
    if (!isfinite(number) || digits > DIGITS_AFTER_POINT_MAX)
        return number;
    if (digits < -DIGITS_BEFORE_POINT_MAX)
        return copysign(0, number);
    if (round_scaled(number, digits, &result))
        return result;
    if (digits < 0)
        return copysign(round_whole(fabs(number), (size_t)-digits), number);
    char text[DIGITS_BEFORE_POINT_MAX + DIGITS_AFTER_POINT_MAX + 4];
    snprintf(text, sizeof text, "%.*f", digits, number);
    return strtod(text, NULL);
}
