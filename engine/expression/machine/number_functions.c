/* abs, divmod, float, int, round, sum: what builtins.h says of numbers. */
#include <math.h>
#include <unictype.h>

#include "engine/expression/machine/arithmetic.h"
#include "engine/expression/machine/builtins.h"
#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/iteration.h"
#include "engine/expression/syntax/numeral.h"
#include "engine/expression/text/text_unicode.h"
#include "engine/value/number.h"
#include "engine/value/utf8.h"

#define PARAMETERS                                                                     \
    evaluation *ev, const value *self __attribute__((unused)), const value *arguments, \
        size_t count __attribute__((unused)), value *result

static bool raise_overflow(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
}

bool builtin_abs(PARAMETERS)
{
    const value *v = &arguments[0];
    if (!value_is_number(v))
        return evaluation_raise(ev, EXCEPTION_TYPE, "bad operand type for abs(): '%s'", object_type_name(v));
    if (v->kind == VALUE_FLOAT)
        *result = value_float(fabs(v->number));
    else if (v->integer >= 0)
        *result = value_int(v->integer);
    else
        return arithmetic_unary(ev, UNARY_NEGATE, v, result);
    return true;
}

bool builtin_divmod(PARAMETERS)
{
    value pair[2];
    return arithmetic_divmod(ev, &arguments[0], &arguments[1], &pair[0], &pair[1]) &&
           sequence_copy(ev, VALUE_TUPLE, pair, 2, result);
}

/* ---- numbers from text ---- */

/* The text without white space around it, every decimal digit of Unicode as its ASCII one, anything else that
 * is not ASCII as '?'. */
static bool to_ascii(evaluation *ev, const value *text, char **ascii, size_t *size)
{
    if (!evaluation_spend(ev, text->count / 16))
        return false;
    char *out = evaluation_alloc(ev, text->count + 1u);
    if (out == NULL)
        return false;
    size_t n = 0;
    for (size_t i = 0, width; i < text->count; i += width) {
        ucs4_t c = utf8_decode(text->text + i, text->count - i, &width);
        int digit = uc_decimal_value(c);
        if (unicode_is_space(c))
            out[n++] = ' ';
        else if (c < 0x80)
            out[n++] = (char)c;
        else
            out[n++] = digit < 0 ? '?' : (char)('0' + digit);
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    size_t start = 0;
    while (start < n && out[start] == ' ')
        start++;
    *ascii = out + start;
    *size = n - start;
    return true;
}

bool builtin_float(PARAMETERS)
{
    const value *v = &arguments[0];
    if (count == 0) {
        *result = value_float(0);
        return true;
    }
    if (value_is_number(v)) {
        *result = value_float(value_as_double(v));
        return true;
    }
    if (v->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE,
                                "float() argument must be a string or a real number, not '%s'",
                                object_type_name(v));
    char *text;
    size_t size;
    double number;
    if (!to_ascii(ev, v, &text, &size))
        return false;
    char *scratch = evaluation_alloc(ev, size + 1);
    if (scratch == NULL)
        return false;
    if (!numeral_float(text, size, scratch, &number))
        return evaluation_raise(ev, EXCEPTION_VALUE, "could not convert string to float");
    *result = value_float(number);
    return true;
}

/* The base that a literal names, or the one that is asked for; skips the prefix. */
static unsigned take_base(unsigned base, const char **text, size_t *size, bool *prefixed)
{
    unsigned named = numeral_prefix_base(*text, *size);
    *prefixed = named != 0 && (base == 0 || base == named);
    if (*prefixed) {
        *text += 2;
        *size -= 2;
        return named;
    }
    return base == 0 ? 10 : base;
}

/* int("012", 0) is refused as the literal is: only zeros may follow a zero. */
static bool has_leading_zero(const char *text, size_t size, uint64_t magnitude)
{
    return size > 1 && text[0] == '0' && magnitude != 0;
}

static bool int_from_text(evaluation *ev, const value *v, unsigned base, value *result)
{
    char *ascii;
    size_t size;
    if (!to_ascii(ev, v, &ascii, &size))
        return false;
    const char *text = ascii;
    bool negative = size > 0 && *text == '-';
    if (size > 0 && (*text == '-' || *text == '+')) {
        text++;
        size--;
    }
    bool prefixed;
    unsigned actual = take_base(base, &text, &size, &prefixed);
    uint64_t magnitude = 0;
    numeral_status status = numeral_integer(text, size, actual, prefixed, &magnitude);
    bool zero_first = base == 0 && !prefixed && has_leading_zero(text, size, magnitude);
    if (status == NUMERAL_INVALID || zero_first)
        return evaluation_raise(ev, EXCEPTION_VALUE, "invalid literal for int() with base %u", base);
    if (status == NUMERAL_TOO_BIG || magnitude > (uint64_t)INT64_MAX + negative)
        return raise_overflow(ev);
    *result = value_int((int64_t)(negative ? 0 - magnitude : magnitude));
    return true;
}

static bool int_with_base(evaluation *ev, const value *v, const value *base, value *result)
{
    if (!value_is_int(base))
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object cannot be interpreted as an integer",
                                object_type_name(base));
    if (base->integer != 0 && (base->integer < 2 || base->integer > 36))
        return evaluation_raise(ev, EXCEPTION_VALUE, "int() base must be >= 2 and <= 36, or 0");
    if (v->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "int() can't convert non-string with explicit base");
    return int_from_text(ev, v, (unsigned)base->integer, result);
}

bool builtin_int(PARAMETERS)
{
    const value *v = &arguments[0];
    if (count == 0) {
        *result = value_int(0);
        return true;
    }
    if (count == 2 && value_is_omitted(v))
        return evaluation_raise(ev, EXCEPTION_TYPE, "int() missing string argument");
    if (count == 2)
        return int_with_base(ev, v, &arguments[1], result);
    if (value_is_int(v)) {
        *result = value_int(v->integer);
        return true;
    }
    if (v->kind == VALUE_FLOAT)
        return arithmetic_float_to_int(ev, v->number, result);
    if (v->kind == VALUE_STRING)
        return int_from_text(ev, v, 10, result);
    return evaluation_raise(ev, EXCEPTION_TYPE,
                            "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                            object_type_name(v));
}

/* ---- rounding ---- */

/* An int to a multiple of 10^digits, halves to the even multiple. */
static bool round_int(evaluation *ev, int64_t number, int64_t digits, value *result)
{
    if (digits >= 20) { /* 10^20 is more than twice any int */
        *result = value_int(0);
        return true;
    }
    __int128 unit = 1;
    for (int64_t i = 0; i < digits; i++)
        unit *= 10;
    __int128 quotient = number / unit;
    __int128 rest = number % unit;
    if (rest < 0) {
        rest += unit;
        quotient--;
    }
    if (rest * 2 > unit || (rest * 2 == unit && quotient & 1))
        quotient++;
    __int128 rounded = quotient * unit;
    if (rounded < INT64_MIN || rounded > INT64_MAX)
        return raise_overflow(ev);
    *result = value_int((int64_t)rounded);
    return true;
}

bool builtin_round(PARAMETERS)
{
    const value *v = &arguments[0];
    const value *digits = count > 1 && arguments[1].kind != VALUE_NULL ? &arguments[1] : NULL;
    if (!value_is_number(v))
        return evaluation_raise(ev, EXCEPTION_TYPE, "type %s doesn't define __round__ method",
                                object_type_name(v));
    if (digits != NULL && !value_is_int(digits))
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object cannot be interpreted as an integer",
                                object_type_name(digits));
    if (v->kind != VALUE_FLOAT) {
        int64_t places = digits == NULL || digits->integer >= 0 ? 0 : digits->integer;
        return round_int(ev, v->integer, places == INT64_MIN ? INT64_MAX : -places, result);
    }
    if (digits == NULL)
        return arithmetic_float_to_int(ev, rint(v->number), result); /* halves to even */
    if (!isfinite(v->number)) {
        *result = *v;
        return true;
    }
    /* Beyond a thousand places either way nothing changes any more. */
    int64_t places = digits->integer < -1000 ? -1000 : digits->integer > 1000 ? 1000 : digits->integer;
    double rounded = number_round(v->number, (int)places);
    if (isinf(rounded))
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "rounded value too large to represent");
    *result = value_float(rounded);
    return true;
}

/* ---- sum ---- */

/* The sum so far: of ints in 128 bits, so that only the total must fit 64; of anything with a float in a
 * double; else by +. */
typedef struct total {
    value sum;
    __int128 of_ints;
    bool ints;
} total;

static bool end_ints(evaluation *ev, total *t)
{
    if (!t->ints)
        return true;
    if (t->of_ints < INT64_MIN || t->of_ints > INT64_MAX)
        return raise_overflow(ev);
    t->ints = false;
    t->sum = value_int((int64_t)t->of_ints);
    return true;
}

static bool add_to_total(evaluation *ev, total *t, const value *item)
{
    if (t->ints && value_is_int(item)) {
        t->of_ints += item->integer; /* at most the budget's steps times 2^63 */
        return true;
    }
    return end_ints(ev, t) && arithmetic_binary(ev, BINARY_ADD, &t->sum, item, &t->sum);
}

bool builtin_sum(PARAMETERS)
{
    value start = count > 1 ? arguments[1] : value_int(0);
    if (start.kind == VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "sum() can't sum strings [use ''.join(seq) instead]");
    total t = {
        .sum = start, .ints = value_is_int(&start), .of_ints = value_is_int(&start) ? start.integer : 0};
    value cursor;
    if (!iteration_begin(ev, &arguments[0], &cursor))
        return false;
    value item;
    iteration_step step;
    bool empty = true;
    while ((step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM) {
        empty = false;
        if (!add_to_total(ev, &t, &item))
            return false;
    }
    if (step == ITERATION_FAILED)
        return false;
    if (empty) {
        *result = start; /* a bool stays one */
        return true;
    }
    if (!end_ints(ev, &t))
        return false;
    *result = t.sum;
    return true;
}
