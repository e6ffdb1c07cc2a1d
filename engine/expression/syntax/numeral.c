#include "engine/expression/syntax/numeral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned numeral_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 36;
}

unsigned numeral_prefix_base(const char *text, size_t size)
{
    if (size < 2 || text[0] != '0')
        return 0;
    switch (text[1] | 0x20) {
    case 'x':
        return 16;
    case 'o':
        return 8;
    case 'b':
        return 2;
    default:
        return 0;
    }
}

numeral_status numeral_integer(const char *text, size_t size, unsigned base, bool after_prefix,
                               uint64_t *magnitude)
{
    uint64_t sum = 0;
    bool too_big = false;
    bool underscore_allowed = after_prefix;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '_' && underscore_allowed) {
            underscore_allowed = false;
            continue;
        }
        unsigned digit = numeral_digit(text[i]);
        if (digit >= base)
            return NUMERAL_INVALID;
        underscore_allowed = true;
        too_big |= __builtin_mul_overflow(sum, base, &sum) || __builtin_add_overflow(sum, digit, &sum);
    }
    if (size == 0 || text[size - 1] == '_')
        return NUMERAL_INVALID;
    *magnitude = sum;
    return too_big ? NUMERAL_TOO_BIG : NUMERAL_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies digits with single underscores between them, without the underscores. False where an underscore
 * stands anywhere else. */
static bool take_digits(const char **p, const char *end, char **out)
{
    const char *start = *p;
    while (*p < end && (is_digit(**p) || **p == '_')) {
        if (**p == '_') {
            bool between = *p > start && is_digit((*p)[-1]) && *p + 1 < end && is_digit((*p)[1]);
            if (!between)
                return false;
        } else {
            *(*out)++ = **p;
        }
        (*p)++;
    }
    return true;
}

/* [digits][.digits][e[sign]digits] into out, with a NUL. */
static bool take_decimal(const char *p, const char *end, char *out)
{
    char *start = out;
    if (!take_digits(&p, end, &out))
        return false;
    size_t digits = (size_t)(out - start);
    if (p < end && *p == '.') {
        *out++ = *p++;
        char *fraction = out;
        if (!take_digits(&p, end, &out))
            return false;
        digits += (size_t)(out - fraction);
    }
    if (digits == 0)
        return false;
    if (p < end && (*p | 0x20) == 'e') {
        *out++ = *p++;
        if (p < end && (*p == '+' || *p == '-'))
            *out++ = *p++;
        char *exponent = out;
        if (!take_digits(&p, end, &out) || out == exponent)
            return false;
    }
    *out = '\0';
    return p == end;
}

/* `word` is in lower case. */
static bool is_word(const char *text, size_t size, const char *word)
{
    if (size != strlen(word))
        return false;
    for (size_t i = 0; i < size; i++)
        if ((text[i] | 0x20) != word[i])
            return false;
    return true;
}

bool numeral_float(const char *text, size_t size, char *scratch, double *number)
{
    bool negative = size > 0 && *text == '-';
    if (size > 0 && (*text == '-' || *text == '+')) {
        text++;
        size--;
    }
    if (is_word(text, size, "inf") || is_word(text, size, "infinity"))
        *number = HUGE_VAL;
    else if (is_word(text, size, "nan"))
        *number = NAN;
    else if (take_decimal(text, text + size, scratch))
        *number = strtod(scratch, NULL);
    else
        return false;
    if (negative)
        *number = -*number;
    return true;
}
