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

/* What most values need is in line; what is called as a last act needs no registers kept. */
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/* Sixteen bytes at once, on what the processor has for that. */
typedef unsigned char sixteen __attribute__((vector_size(16)));
typedef uint64_t two_words __attribute__((vector_size(16)));

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's lowest byte is the first one of a text");

/* Not 0 in the bytes that need an escape. */
static inline two_words find_escapes(sixteen bytes)
{
    return (two_words)((sixteen)(bytes < 0x20) | (sixteen)(bytes == '"') | (sixteen)(bytes == '\\'));
}

static inline bool is_none(two_words found)
{
    return (found[0] | found[1]) == 0;
}

static inline two_words copy_sixteen(char *to, const char *text)
{
    sixteen bytes;
    memcpy(&bytes, text, sizeof bytes);
    memcpy(to, &bytes, sizeof bytes);
    return find_escapes(bytes);
}

/* Copies the first `width` bytes of a text and its last ones, which may overlap. */
INLINE two_words copy_ends(char *to, const char *text, size_t size, size_t width)
{
    uint64_t first = 0, last = 0, spaces = UINT64_C(0x2020202020202020);
    memcpy(&first, text, width);
    memcpy(&last, text + size - width, width);
    memcpy(to, &first, width);
    memcpy(to + size - width, &last, width);
    if (width < sizeof spaces) {
        first |= spaces << 8 * width;
        last |= spaces << 8 * width;
    }
    return find_escapes((sixteen)(two_words){first, last});
}

/* As copy_clean, below sixteen bytes. */
INLINE bool copy_few(char *to, const char *text, size_t size)
{
    if (size >= 8)
        return is_none(copy_ends(to, text, size, 8));
    if (size >= 4)
        return is_none(copy_ends(to, text, size, 4));
    if (size >= 2)
        return is_none(copy_ends(to, text, size, 2));
    return size == 0 || is_none(copy_ends(to, text, size, 1));
}

/* Copies a text; false where one of its bytes needs an escape, and then anything was written. What the last
 * sixteen bytes have in common with those before is looked at twice. */
INLINE bool copy_clean(char *to, const char *text, size_t size)
{
    enum { BLOCK = sizeof(sixteen) };
    if (size < BLOCK)
        return copy_few(to, text, size);
    for (size_t left = size; left > BLOCK; left -= BLOCK)
        if (!is_none(copy_sixteen(to + size - left, text + size - left)))
            return false;
    return is_none(copy_sixteen(to + size - BLOCK, text + size - BLOCK));
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* Copies the bytes before the first one that needs an escape and returns their number; behind them, up to
 * size, anything may be written. */
static size_t copy_plain(char *to, const char *text, size_t size)
{
    size_t i = 0;
    for (; size - i >= sizeof(sixteen); i += sizeof(sixteen)) {
        two_words found = copy_sixteen(to + i, text + i);
        if (found[0] != 0)
            return i + (size_t)__builtin_ctzll(found[0]) / 8;
        if (found[1] != 0)
            return i + 8 + (size_t)__builtin_ctzll(found[1]) / 8;
    }
    if (copy_few(to + i, text + i, size - i))
        return size;
    while (!needs_escape((unsigned char)text[i]))
        i++;
    return i;
}

/* What stands behind the backslash. */
static char escape_letter(unsigned char c)
{
    static const char letters[] = "uuuuuuuuutnuuruuuuuuuuuuuuuuuuuu";
    return c < 0x20 ? letters[c] : (char)c;
}

/* What ends a string: its quote, and the colon behind a key's. */
typedef enum ending { ENDING_VALUE = 1, ENDING_KEY = 2 } ending;

/* There is room. */
static inline char *put_escape(char *at, unsigned char c, char letter)
{
    static const char hex[] = "0123456789abcdef";
    *at++ = '\\';
    *at++ = letter;
    if (letter == 'u') {
        memcpy(at, (char[]){'0', '0', hex[c >> 4], hex[c & 15]}, 4);
        at += 4;
    }
    return at;
}

/* Any string, wherever it fits. */
static NOINLINE char *put_any_string(buffer *b, char *at, const char *text, size_t size, ending end)
{
    if (!buffer_has_room_at(b, &at, 1 + size + end))
        return at;
    *at++ = '"';
    for (;;) {
        size_t plain = copy_plain(at, text, size);
        at += plain;
        if (plain == size)
            break;
        unsigned char c = (unsigned char)text[plain];
        char letter = escape_letter(c);
        text += plain + 1;
        size -= plain + 1;
        if (!buffer_has_room_at(b, &at, (letter == 'u' ? 6 : 2) + size + end))
            return at;
        at = put_escape(at, c, letter);
    }
    *at++ = '"';
    if (end == ENDING_KEY)
        *at++ = ':';
    return at;
}

/* Most strings fit and need no escape. Behind those the other function gets what this one got, so that
 * nothing must be kept for it. */
char *json_put_string(buffer *b, char *at, const char *text, size_t size)
{
    if (buffer_room_at(b, at) < size + 2 || !copy_clean(at + 1, text, size))
        return put_any_string(b, at, text, size, ENDING_VALUE);
    *at = '"';
    at += size + 2;
    at[-1] = '"';
    return at;
}

static char *put_byte(buffer *b, char *at, char byte)
{
    if (buffer_has_room_at(b, &at, 1))
        *at++ = byte;
    return at;
}

static char *put_bytes(buffer *b, char *at, const char *bytes, size_t size)
{
    if (buffer_has_room_at(b, &at, size)) {
        memcpy(at, bytes, size);
        at += size;
    }
    return at;
}

static NOINLINE char *put_number(buffer *b, char *at, const value *v)
{
    char text[NUMBER_TEXT_SIZE];
    bool fits = buffer_room_at(b, at) >= NUMBER_TEXT_SIZE; /* any number */
    char *to = fits ? at : text;
    size_t size = v->kind == VALUE_INT ? number_format_int(v->integer, to) : number_format(v->number, to);
    return fits ? at + size : put_bytes(b, at, text, size);
}

static NOINLINE char *put_items(buffer *b, char *at, const value *v)
{
    if (v->count == 0)
        return put_bytes(b, at, "[]", 2);
    for (uint32_t i = 0; i < v->count; i++) {
        at = put_byte(b, at, i == 0 ? '[' : ',');
        at = json_put(b, at, &v->items[i]);
    }
    return put_byte(b, at, ']');
}

/* With what stands before and behind it. Keys are short. */
static inline char *put_key(buffer *b, char *at, char before, const char *text, size_t size)
{
    if (size >= sizeof(sixteen) || buffer_room_at(b, at) < size + 4 || !copy_few(at + 2, text, size))
        return put_any_string(b, put_byte(b, at, before), text, size, ENDING_KEY);
    at[0] = before;
    at[1] = '"';
    memcpy(at + size + 2, "\":", 2);
    return at + size + 4;
}

static NOINLINE char *put_members(buffer *b, char *at, const value *v)
{
    if (v->count == 0)
        return put_bytes(b, at, "{}", 2);
    char before = '{';
    for (const value_member *m = v->members, *end = m + v->count; m < end; m++, before = ',') {
        if (m->key.kind != VALUE_STRING)
            return buffer_fail_at(b);
        at = put_key(b, at, before, m->key.text, m->key.count);
        at = json_put(b, at, &m->value);
    }
    return put_byte(b, at, '}');
}

char *json_put(buffer *b, char *at, const value *v)
{
    switch ((value_kind)v->kind) {
    case VALUE_NULL:
        return put_bytes(b, at, "null", 4);
    case VALUE_BOOL:
        return v->boolean ? put_bytes(b, at, "true", 4) : put_bytes(b, at, "false", 5);
    case VALUE_FLOAT:
        return isfinite(v->number) ? put_number(b, at, v) : buffer_fail_at(b);
    case VALUE_INT:
        return put_number(b, at, v);
    case VALUE_STRING:
        return json_put_string(b, at, v->text, v->count);
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
        return put_items(b, at, v);
    case VALUE_MAP:
        return put_members(b, at, v);
    default:
        return buffer_fail_at(b);
    }
}

void json_write_string(buffer *b, const char *text, size_t size)
{
    buffer_close(b, json_put_string(b, buffer_open(b), text, size));
}

void json_write(buffer *b, const value *v)
{
    buffer_close(b, json_put(b, buffer_open(b), v));
}
