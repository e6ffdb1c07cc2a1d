#include "engine/value/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/value/number.h"
#include "engine/value/utf8.h"

typedef struct reader {
    arena *arena;
    const char *start;
    const char *at;
    const char *end;
    unsigned depth; /* left */
    error *error;
} reader;

static bool read_value(reader *r, value *out);

/* ---- reading ---- */

static bool fail(reader *r, error_code code, const char *what)
{
    return error_set(r->error, code, (size_t)(r->at - r->start), "%s", what);
}

static bool fail_memory(reader *r)
{
    return fail(r, arena_failure(r->arena), "JSON needs more memory than there is");
}

static void skip_space(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool at_byte(const reader *r, char byte)
{
    return r->at < r->end && *r->at == byte;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Four hex digits behind \u. */
static bool read_unit(reader *r, uint32_t *unit)
{
    if (r->end - r->at < 4)
        return fail(r, ERROR_SYNTAX, "a \\u escape needs four hexadecimal digits");
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        int digit = hex_digit(*r->at);
        if (digit < 0)
            return fail(r, ERROR_SYNTAX, "a \\u escape needs four hexadecimal digits");
        *unit = *unit * 16 + (uint32_t)digit;
    }
    return true;
}

static bool read_unicode_escape(reader *r, char **out)
{
    uint32_t code_point;
    if (!read_unit(r, &code_point))
        return false;
    if (code_point >= 0xDC00 && code_point < 0xE000)
        return fail(r, ERROR_SYNTAX, "a low surrogate escape without its high one before it");
    if (code_point >= 0xD800 && code_point < 0xDC00) {
        uint32_t low;
        if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
            return fail(r, ERROR_SYNTAX, "a high surrogate escape without its low one behind it");
        r->at += 2;
        if (!read_unit(r, &low))
            return false;
        if (low < 0xDC00 || low >= 0xE000)
            return fail(r, ERROR_SYNTAX, "a high surrogate escape without its low one behind it");
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
    }
    *out += utf8_encode(code_point, *out);
    return true;
}

static bool read_escape(reader *r, char **out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    r->at++; /* the backslash */
    if (r->at == r->end)
        return fail(r, ERROR_SYNTAX, "the string does not end");
    char letter = *r->at;
    if (letter == 'u') {
        r->at++;
        return read_unicode_escape(r, out);
    }
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (found == NULL)
        return fail(r, ERROR_SYNTAX, "unknown escape in a string");
    r->at++;
    *(*out)++ = meanings[found - letters];
    return true;
}

/* From the first backslash on: an escape is never shorter than what it stands for, so the rest of the raw
 * text bounds the copy. `start` is behind the opening quote, `close` at the closing one. */
static bool read_escaped_string(reader *r, const char *start, const char *close, value *out)
{
    char *text = arena_alloc(r->arena, (size_t)(close - start));
    if (text == NULL)
        return fail_memory(r);
    size_t plain = (size_t)(r->at - start);
    memcpy(text, start, plain);
    char *end = text + plain;
    while (r->at < close) {
        if (*r->at == '\\') {
            if (!read_escape(r, &end))
                return false;
        } else {
            *end++ = *r->at++;
        }
    }
    *out = value_string(text, (size_t)(end - text));
    r->at = close + 1;
    return true;
}

static bool read_string(reader *r, value *out)
{
    const char *start = ++r->at;
    const char *first_escape = NULL;
    const char *p = start;
    for (; p < r->end && *p != '"'; p++) {
        if (*p == '\\') {
            first_escape = first_escape == NULL ? p : first_escape;
            if (++p == r->end)
                break;
        } else if ((unsigned char)*p < 0x20) {
            r->at = p;
            return fail(r, ERROR_SYNTAX, "a control character in a string must be escaped");
        }
    }
    if (p >= r->end)
        return fail(r, ERROR_SYNTAX, "the string does not end");
    bool ascii;
    if (!utf8_valid(start, (size_t)(p - start), &ascii))
        return fail(r, ERROR_SYNTAX, "the string is not valid UTF-8");
    if ((size_t)(p - start) > LIMIT_VALUE_COUNT)
        return fail(r, ERROR_LIMIT, "the string is too long");
    if (first_escape != NULL) {
        r->at = first_escape;
        return read_escaped_string(r, start, p, out);
    }
    *out = value_string(start, (size_t)(p - start));
    out->flags = ascii ? VALUE_ASCII : 0;
    r->at = p + 1;
    return true;
}

static bool is_digit(const reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

static bool skip_digits(reader *r)
{
    if (!is_digit(r))
        return fail(r, ERROR_SYNTAX, "a number lacks a digit here");
    while (is_digit(r))
        r->at++;
    return true;
}

static bool convert_float(reader *r, const char *start, value *out)
{
    char text[LIMIT_NUMBER_CHARACTERS + 1];
    size_t size = (size_t)(r->at - start);
    if (size > LIMIT_NUMBER_CHARACTERS)
        return fail(r, ERROR_LIMIT, "the number has too many characters");
    memcpy(text, start, size);
    text[size] = '\0';
    double number = strtod(text, NULL);
    if (isinf(number))
        return fail(r, ERROR_LIMIT, "the number is beyond the range of a double");
    *out = value_float(number);
    return true;
}

static bool convert_integer(reader *r, const char *start, value *out)
{
    bool negative = *start == '-';
    int64_t integer = 0;
    for (const char *p = start + negative; p < r->at; p++) {
        int digit = *p - '0';
        if (__builtin_mul_overflow(integer, 10, &integer) ||
            (negative ? __builtin_sub_overflow(integer, digit, &integer)
                      : __builtin_add_overflow(integer, digit, &integer)))
            return convert_float(r, start, out);
    }
    *out = value_int(integer);
    return true;
}

static bool read_number(reader *r, value *out)
{
    const char *start = r->at;
    bool integer = true;
    if (at_byte(r, '-'))
        r->at++;
    if (at_byte(r, '0')) {
        r->at++;
        if (is_digit(r))
            return fail(r, ERROR_SYNTAX, "a number must not begin with 0 before another digit");
    } else if (!skip_digits(r)) {
        return false;
    }
    if (at_byte(r, '.')) {
        integer = false;
        r->at++;
        if (!skip_digits(r))
            return false;
    }
    if (at_byte(r, 'e') || at_byte(r, 'E')) {
        integer = false;
        r->at++;
        if (at_byte(r, '+') || at_byte(r, '-'))
            r->at++;
        if (!skip_digits(r))
            return false;
    }
    return integer ? convert_integer(r, start, out) : convert_float(r, start, out);
}

static bool read_word(reader *r, const char *word, value meaning, value *out)
{
    size_t size = strlen(word);
    if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0)
        return fail(r, ERROR_SYNTAX, "expected a JSON value");
    r->at += size;
    *out = meaning;
    return true;
}

static bool read_list(reader *r, value *out)
{
    list_builder items;
    list_builder_init(&items, r->arena);
    r->at++;
    skip_space(r);
    if (!at_byte(r, ']')) {
        for (;;) {
            value item;
            if (!read_value(r, &item))
                return false;
            if (!list_builder_add(&items, item))
                return fail_memory(r);
            skip_space(r);
            if (!at_byte(r, ','))
                break;
            r->at++;
        }
        if (!at_byte(r, ']'))
            return fail(r, ERROR_SYNTAX, "expected ',' or ']' in an array");
    }
    r->at++;
    *out = list_builder_finish(&items);
    return true;
}

static bool read_member(reader *r, map_builder *members)
{
    value key, v;
    skip_space(r);
    if (!at_byte(r, '"'))
        return fail(r, ERROR_SYNTAX, "expected a string as the key of an object");
    if (!read_string(r, &key))
        return false;
    skip_space(r);
    if (!at_byte(r, ':'))
        return fail(r, ERROR_SYNTAX, "expected ':' behind the key of an object");
    r->at++;
    if (!read_value(r, &v))
        return false;
    return map_builder_put(members, key, v) || fail_memory(r);
}

static bool read_map(reader *r, value *out)
{
    map_builder members;
    map_builder_init(&members, r->arena);
    r->at++;
    skip_space(r);
    if (!at_byte(r, '}')) {
        for (;;) {
            if (!read_member(r, &members))
                return false;
            skip_space(r);
            if (!at_byte(r, ','))
                break;
            r->at++;
        }
        if (!at_byte(r, '}'))
            return fail(r, ERROR_SYNTAX, "expected ',' or '}' in an object");
    }
    r->at++;
    *out = map_builder_finish(&members);
    return true;
}

static bool read_nested(reader *r, bool (*read)(reader *, value *), value *out)
{
    if (r->depth == 0)
        return fail(r, ERROR_LIMIT, "JSON is nested too deeply");
    r->depth--;
    bool ok = read(r, out);
    r->depth++;
    return ok;
}

static bool read_value(reader *r, value *out)
{
    skip_space(r);
    if (r->at == r->end)
        return fail(r, ERROR_SYNTAX, "JSON ends where a value should be");
    switch (*r->at) {
    case '{':
        return read_nested(r, read_map, out);
    case '[':
        return read_nested(r, read_list, out);
    case '"':
        return read_string(r, out);
    case 't':
        return read_word(r, "true", value_bool(true), out);
    case 'f':
        return read_word(r, "false", value_bool(false), out);
    case 'n':
        return read_word(r, "null", value_null(), out);
    default:
        if (*r->at == '-' || is_digit(r))
            return read_number(r, out);
        return fail(r, ERROR_SYNTAX, "expected a JSON value");
    }
}

bool json_read(arena *a, const char *text, size_t size, value *out, error *e)
{
    return json_read_deep(a, text, size, LIMIT_VALUE_DEPTH, out, e);
}

bool json_read_deep(arena *a, const char *text, size_t size, unsigned depth_max, value *out, error *e)
{
    reader r = {.arena = a, .start = text, .at = text, .end = text + size, .depth = depth_max, .error = e};
    if (!read_value(&r, out))
        return false;
    skip_space(&r);
    return r.at == r.end || fail(&r, ERROR_SYNTAX, "text behind the JSON value");
}

/* ---- writing ---- */

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* True where one of the 8 bytes does: x - 1 borrows into the high bit of a byte that is 0, and x - 0x20 of
 * one that is below 0x20. */
static bool some_need_escape(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t quote = word ^ EACH_BYTE('"'), backslash = word ^ EACH_BYTE('\\');
    uint64_t found = ((word - EACH_BYTE(0x20)) & ~word) | ((quote - EACH_BYTE(1)) & ~quote) |
                     ((backslash - EACH_BYTE(1)) & ~backslash);
    return (found & EACH_BYTE(0x80)) != 0;
}

/* Sixteen bytes at once, on what the processor has for that. */
typedef unsigned char sixteen __attribute__((vector_size(16)));

/* Copies 16 bytes; true where none of them needs an escape. */
static bool copy_sixteen(char *to, const char *text)
{
    sixteen bytes;
    uint64_t found[2];
    memcpy(&bytes, text, sizeof bytes);
    memcpy(to, &bytes, sizeof bytes);
    sixteen bad = (sixteen)(bytes < 0x20) | (sixteen)(bytes == '"') | (sixteen)(bytes == '\\');
    memcpy(found, &bad, sizeof found);
    return (found[0] | found[1]) == 0;
}

/* Copies the bytes before the first one that needs an escape; behind them, up to size, anything may be
 * written. What is left over at the end is looked at as a part of the last sixteen bytes, or eight. */
static size_t copy_plain(char *to, const char *text, size_t size)
{
    enum { WORD = sizeof(uint64_t), BLOCK = sizeof(sixteen) };
    size_t i = 0;
    while (size - i >= BLOCK && copy_sixteen(to + i, text + i))
        i += BLOCK;
    if (i > 0 && size - i < BLOCK && copy_sixteen(to + size - BLOCK, text + size - BLOCK))
        return size;
    if (size < BLOCK && size >= WORD && !some_need_escape(text)) {
        memcpy(to, text, WORD);
        i = WORD;
        if (!some_need_escape(text + size - WORD)) {
            memcpy(to + size - WORD, text + size - WORD, WORD);
            return size;
        }
    }
    for (; i < size && !needs_escape((unsigned char)text[i]); i++)
        to[i] = text[i];
    return i;
}

static void write_escape(buffer *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    buffer_add_byte(b, '\\');
    switch (c) {
    case '"':
    case '\\':
        buffer_add_byte(b, (char)c);
        break;
    case '\n':
        buffer_add_byte(b, 'n');
        break;
    case '\r':
        buffer_add_byte(b, 'r');
        break;
    case '\t':
        buffer_add_byte(b, 't');
        break;
    default:
        buffer_add(b, "u00", 3);
        buffer_add_byte(b, hex[c >> 4]);
        buffer_add_byte(b, hex[c & 15]);
    }
}

void json_write_string(buffer *b, const char *text, size_t size)
{
    if (!buffer_has_room(b, size + 2))
        return;
    b->bytes[b->size++] = '"';
    for (;;) {
        size_t plain = copy_plain(b->bytes + b->size, text, size);
        b->size += plain;
        if (plain == size)
            break;
        write_escape(b, (unsigned char)text[plain]);
        text += plain + 1;
        size -= plain + 1;
        if (!buffer_has_room(b, size + 1))
            return;
    }
    b->bytes[b->size++] = '"';
}

static void write_items(buffer *b, const value *v)
{
    buffer_add_byte(b, '[');
    for (uint32_t i = 0; i < v->count; i++) {
        if (i > 0)
            buffer_add_byte(b, ',');
        json_write(b, &v->items[i]);
    }
    buffer_add_byte(b, ']');
}

static void write_members(buffer *b, const value *v)
{
    buffer_add_byte(b, '{');
    for (uint32_t i = 0; i < v->count; i++) {
        const value_member *member = &v->members[i];
        if (i > 0)
            buffer_add_byte(b, ',');
        if (member->key.kind != VALUE_STRING)
            b->failed = true;
        else
            json_write_string(b, member->key.text, member->key.count);
        buffer_add_byte(b, ':');
        json_write(b, &member->value);
    }
    buffer_add_byte(b, '}');
}

void json_write(buffer *b, const value *v)
{
    char number[NUMBER_TEXT_SIZE];
    switch ((value_kind)v->kind) {
    case VALUE_NULL:
        buffer_add(b, "null", 4);
        break;
    case VALUE_BOOL:
        buffer_add_text(b, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        buffer_add_int(b, v->integer);
        break;
    case VALUE_FLOAT:
        if (!isfinite(v->number))
            b->failed = true;
        else
            buffer_add(b, number, number_format(v->number, number));
        break;
    case VALUE_STRING:
        json_write_string(b, v->text, v->count);
        break;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
        write_items(b, v);
        break;
    case VALUE_MAP:
        write_members(b, v);
        break;
    default:
        b->failed = true;
    }
}
