#include "engine/value/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fewest significant digits that read back the same, in digits[]; returns the decimal exponent of the
 * first one. */
static int shortest_digits(double number, char digits[18], size_t *digit_count)
{
    char text[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, number);
        if (strtod(text, NULL) == number)
            break;
    }
    size_t count = 0;
    const char *p = text;
    for (; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            digits[count++] = *p;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    *digit_count = count;
    return (int)strtol(p + 1, NULL, 10);
}

static size_t write_plain(char *out, const char *digits, size_t count, int exponent)
{
    size_t n = 0;
    if (exponent < 0) {
        out[n++] = '0';
        out[n++] = '.';
        for (int i = -1; i > exponent; i--)
            out[n++] = '0';
        memcpy(out + n, digits, count);
        return n + count;
    }
    size_t whole = (size_t)exponent + 1;
    for (size_t i = 0; i < whole; i++)
        out[n++] = i < count ? digits[i] : '0';
    out[n++] = '.';
    if (count <= whole) {
        out[n++] = '0';
        return n;
    }
    memcpy(out + n, digits + whole, count - whole);
    return n + count - whole;
}

static size_t write_exponent(char *out, const char *digits, size_t count, int exponent)
{
    size_t n = 0;
    out[n++] = digits[0];
    if (count > 1) {
        out[n++] = '.';
        memcpy(out + n, digits + 1, count - 1);
        n += count - 1;
    }
    return n + (size_t)snprintf(out + n, 8, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
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
    char digits[18];
    size_t count;
    int exponent = shortest_digits(number, digits, &count);
    bool plain = exponent >= -4 && exponent < 16;
    n += plain ? write_plain(text + n, digits, count, exponent)
               : write_exponent(text + n, digits, count, exponent);
    text[n] = '\0';
    return n;
}
