#include "engine/workflow/yaml_scalar.h"

#include <math.h>
#include <stdlib.h>

#include "engine/limits.h"

static bool is_one_of(const char *text, size_t size, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == size && memcmp(text, *words, size) == 0)
            return true;
    return false;
}

static bool resolve_word(const char *text, size_t size, value *out)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const truths[] = {"true", "True", "TRUE", NULL};
    static const char *const lies[] = {"false", "False", "FALSE", NULL};
    if (is_one_of(text, size, nulls))
        *out = value_null();
    else if (is_one_of(text, size, truths))
        *out = value_bool(true);
    else if (is_one_of(text, size, lies))
        *out = value_bool(false);
    else
        return false;
    return true;
}

static bool is_without_json_form(const char *text, size_t size)
{
    static const char *const words[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
                                        "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};
    return is_one_of(text, size, words);
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const char *skip_sign(const char *p, const char *end)
{
    return p < end && (*p == '-' || *p == '+') ? p + 1 : p;
}

static bool is_decimal_integer(const char *text, const char *end)
{
    const char *digits = skip_sign(text, end);
    return digits < end && skip_digits(digits, end) == end;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text, const char *end)
{
    const char *digits = skip_sign(text, end);
    const char *p = skip_digits(digits, end);
    bool whole = p > digits;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction, end);
        if (!whole && p == fraction)
            return false;
    } else if (!whole) {
        return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *exponent = skip_sign(p + 1, end);
        p = skip_digits(exponent, end);
        if (p == exponent)
            return false;
    }
    return p == end;
}

static bool convert_float(const char *text, size_t size, value *out)
{
    char copy[LIMIT_NUMBER_CHARACTERS + 1];
    if (size > LIMIT_NUMBER_CHARACTERS)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    *out = value_float(strtod(copy, NULL));
    return !isinf(out->number);
}

static bool convert_decimal(const char *text, size_t size, value *out)
{
    const char *end = text + size;
    bool negative = *text == '-';
    int64_t integer = 0;
    for (const char *p = skip_sign(text, end); p < end; p++) {
        int digit = *p - '0';
        if (__builtin_mul_overflow(integer, 10, &integer) ||
            __builtin_add_overflow(integer, negative ? -digit : digit, &integer))
            return convert_float(text, size, out);
    }
    *out = value_int(integer);
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* 0o17 and 0xff, which have no sign in the core schema. *held is false where 63 bits cannot hold them. */
static bool is_prefixed_integer(const char *text, size_t size, value *out, bool *held)
{
    if (size < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x'))
        return false;
    int base = text[1] == 'o' ? 8 : 16;
    int64_t integer = 0;
    *held = true;
    for (size_t i = 2; i < size; i++) {
        int digit = digit_of(text[i]);
        if (digit >= base)
            return false;
        if (__builtin_mul_overflow(integer, base, &integer) ||
            __builtin_add_overflow(integer, digit, &integer))
            *held = false;
    }
    *out = value_int(integer);
    return true;
}

bool yaml_scalar_resolve(const char *text, size_t size, value *out)
{
    bool held;
    if (resolve_word(text, size, out))
        return true;
    if (is_without_json_form(text, size))
        return false;
    if (is_decimal_integer(text, text + size))
        return convert_decimal(text, size, out);
    if (is_prefixed_integer(text, size, out, &held))
        return held;
    if (is_float(text, text + size))
        return convert_float(text, size, out);
    *out = value_string(text, size);
    return true;
}
