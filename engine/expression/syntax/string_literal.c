#include "engine/expression/syntax/string_literal.h"

#include <uniname.h>

#include "engine/expression/syntax/numeral.h"
#include "engine/value/utf8.h"

enum { CHARACTER_NAME_SIZE = 128 };

typedef struct decoder {
    evaluation *ev;
    const char *text;
    size_t size;
    size_t next;
    char *out;
} decoder;

static bool fail(decoder *d, size_t position, const char *message)
{
    evaluation_raise(d->ev, EXCEPTION_SYNTAX, "%s", message);
    d->ev->exception->position = position;
    return false;
}

static bool put(decoder *d, uint32_t code_point, size_t escape)
{
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000))
        return fail(d, escape, "an escape in the string is no Unicode character");
    d->out += utf8_encode(code_point, d->out);
    return true;
}

static bool decode_hex(decoder *d, size_t digits, size_t escape)
{
    uint32_t code_point = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit = d->next < d->size ? numeral_digit(d->text[d->next]) : 36;
        if (digit >= 16)
            return fail(d, escape, "an escape in the string has too few hexadecimal digits");
        code_point = code_point << 4 | digit;
        d->next++;
    }
    return put(d, code_point, escape);
}

static bool decode_octal(decoder *d, size_t escape)
{
    uint32_t code_point = 0;
    for (int i = 0; i < 3 && d->next < d->size && d->text[d->next] >= '0' && d->text[d->next] <= '7'; i++)
        code_point = code_point << 3 | numeral_digit(d->text[d->next++]);
    return put(d, code_point, escape);
}

static bool decode_name(decoder *d, size_t escape)
{
    char name[CHARACTER_NAME_SIZE];
    const char *open = d->text + d->next;
    const char *close = memchr(open, '}', d->size - d->next);
    if (d->next == d->size || *open != '{' || close == NULL)
        return fail(d, escape, "malformed \\N character escape");
    size_t size = (size_t)(close - open) - 1;
    if (size == 0 || size >= sizeof name)
        return fail(d, escape, "unknown Unicode character name");
    memcpy(name, open + 1, size);
    name[size] = '\0';
    ucs4_t code_point = unicode_name_character(name);
    if (code_point == UNINAME_INVALID)
        return fail(d, escape, "unknown Unicode character name");
    d->next += size + 2;
    return put(d, code_point, escape);
}

static char simple_escape(char c)
{
    static const char letters[] = "\\'\"abfnrtv";
    static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
    const char *found = memchr(letters, c, sizeof letters - 1);
    return found == NULL ? '\0' : meanings[found - letters];
}

/* d->next stands behind the backslash. */
static bool decode_escape(decoder *d)
{
    size_t escape = d->next - 1;
    char c = d->text[d->next];
    char simple = simple_escape(c);
    if (simple != '\0') {
        *d->out++ = simple;
        d->next++;
        return true;
    }
    if (c >= '0' && c <= '7')
        return decode_octal(d, escape);
    d->next++;
    switch (c) {
    case '\n':
        return true;
    case 'x':
        return decode_hex(d, 2, escape);
    case 'u':
        return decode_hex(d, 4, escape);
    case 'U':
        return decode_hex(d, 8, escape);
    case 'N':
        return decode_name(d, escape);
    default:
        *d->out++ = '\\';
        d->next--;
        return true;
    }
}

/* \r and \r\n end lines as \n does, before anything else is looked at. */
static size_t unify_line_ends(char *to, const char *from, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        if (from[i] == '\r' && i + 1 < size && from[i + 1] == '\n')
            continue;
        to[n++] = from[i] == '\r' ? '\n' : from[i];
    }
    return n;
}

bool string_literal_decode(evaluation *ev, const char *text, size_t size, bool raw, value *result)
{
    /* No escape is longer as text than it was in the source. */
    char *lines = evaluation_alloc(ev, size);
    char *out = evaluation_alloc(ev, size);
    if (lines == NULL || out == NULL)
        return false;
    decoder d = {.ev = ev, .text = lines, .size = unify_line_ends(lines, text, size), .out = out};
    while (d.next < d.size) {
        char c = lines[d.next++];
        if (c != '\\' || raw || d.next == d.size)
            *d.out++ = c;
        else if (!decode_escape(&d))
            return false;
    }
    *result = value_string(out, (size_t)(d.out - out));
    bool ascii;
    utf8_valid(out, result->count, &ascii);
    result->flags = ascii ? VALUE_ASCII : 0;
    return true;
}
