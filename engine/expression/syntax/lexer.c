#include "engine/expression/syntax/lexer.h"

#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>

#include "engine/expression/syntax/numeral.h"
#include "engine/expression/syntax/string_literal.h"
#include "engine/limits.h"
#include "engine/value/utf8.h"

const char *token_text(token_kind kind)
{
    switch (kind) {
    case TOKEN_END:
        return "the end";
    case TOKEN_NAME:
    case TOKEN_RESERVED:
        return "a name";
    case TOKEN_INTEGER:
    case TOKEN_INTEGER_MINIMUM:
    case TOKEN_FLOAT:
        return "a number";
    case TOKEN_STRING:
        return "a string";
#define X(token, text) \
    case token:        \
        return text;
        KEYWORD_TOKENS(X) PUNCTUATION_TOKENS(X)
#undef X
    }
    return "";
}

static bool fail(lexer *l, size_t position, exception_type type, const char *message)
{
    evaluation_raise(l->ev, type, "%s", message);
    l->ev->exception->position = position;
    return false;
}

static bool fail_syntax(lexer *l, size_t position, const char *message)
{
    return fail(l, position, EXCEPTION_SYNTAX, message);
}

/* The byte `ahead` of the next one, or 0 at the end. */
static char peek(const lexer *l, size_t ahead)
{
    return l->next + ahead < l->size ? l->source[l->next + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- white space ---- */

static void skip_comment(lexer *l)
{
    while (l->next < l->size && peek(l, 0) != '\n' && peek(l, 0) != '\r')
        l->next++;
}

/* Stands before the next token, at the end, or (outside brackets) at a line end. */
static bool skip_space(lexer *l)
{
    for (;;) {
        char c = peek(l, 0);
        bool line_end = c == '\n' || c == '\r';
        if (c == ' ' || c == '\t' || c == '\f' || (line_end && (l->bracket_count > 0 || l->lines_joined))) {
            l->next++;
        } else if (c == '#') {
            skip_comment(l);
        } else if (c == '\\') {
            size_t width = peek(l, 1) == '\r' && peek(l, 2) == '\n' ? 3 : 2;
            if (peek(l, 1) != '\n' && peek(l, 1) != '\r')
                return fail_syntax(l, l->next, "unexpected character after line continuation character");
            l->next += width;
            if (l->next >= l->size)
                return fail_syntax(l, l->size, "the expression ends after a line continuation character");
        } else {
            return true;
        }
    }
}

bool lexer_init(lexer *l, const char *source, size_t size, evaluation *ev)
{
    assert(size <= LIMIT_EXPRESSION_BYTES);
    l->source = source;
    l->size = size;
    l->next = 0;
    l->bracket_count = 0;
    l->lines_joined = false;
    l->ev = ev;
    if (!utf8_valid(source, size, NULL))
        return fail_syntax(l, 0, "the source is not valid UTF-8");
    if (memchr(source, '\0', size) != NULL)
        return fail_syntax(l, 0, "the source has a NUL character");
    while (skip_space(l)) {
        if (peek(l, 0) != '\n' && peek(l, 0) != '\r')
            return true;
        l->next++;
    }
    return false;
}

/* A line end outside brackets ends the expression: only blank lines and comments may follow. */
static bool skip_last_lines(lexer *l)
{
    while (peek(l, 0) == '\n' || peek(l, 0) == '\r') {
        l->next++;
        if (!skip_space(l))
            return false;
    }
    return l->next == l->size ||
           fail_syntax(l, l->next,
                       "a line outside brackets is not continued: put the expression in parentheses");
}

/* ---- names ---- */

/* Bytes of the name's character at the next byte, 0 where none is. */
static size_t name_character(const lexer *l, bool first)
{
    char c = peek(l, 0);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
        return 1;
    if ((unsigned char)c < 0x80)
        return is_digit(c) && !first ? 1 : 0;
    size_t width;
    ucs4_t code_point = utf8_decode(l->source + l->next, l->size - l->next, &width);
    bool allowed = first ? uc_is_property_xid_start(code_point) : uc_is_property_xid_continue(code_point);
    return allowed ? width : 0;
}

static bool normalize(lexer *l, value *name)
{
    size_t size = 0;
    uint8_t *normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)name->text, name->count, NULL, &size);
    char *copy = normal == NULL ? NULL : evaluation_alloc(l->ev, size);
    if (copy != NULL) {
        memcpy(copy, normal, size);
        *name = value_string(copy, size);
    }
    free(normal);
    return copy != NULL || fail(l, l->next, EXCEPTION_RESOURCE, "no memory is left for the expression");
}

static token_kind keyword(const value *name)
{
    static const struct {
        token_kind kind;
        const char *text;
    } keywords[] = {
#define X(token, text) {token, text},
        KEYWORD_TOKENS(X)
#undef X
    };
    static const char *const reserved[] = {
        "as",   "assert", "break",  "class",    "continue", "def",   "del",    "elif", "except", "finally",
        "from", "global", "import", "nonlocal", "pass",     "raise", "return", "try",  "while",  "with"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (value_is_text(name, keywords[i].text))
            return keywords[i].kind;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (value_is_text(name, reserved[i]))
            return TOKEN_RESERVED;
    return TOKEN_NAME;
}

static bool read_name(lexer *l, token *t)
{
    bool ascii = true;
    size_t width;
    while ((width = name_character(l, l->next == t->position)) > 0) {
        ascii &= width == 1;
        l->next += width;
    }
    t->value = value_string(l->source + t->position, l->next - t->position);
    t->value.flags = ascii ? VALUE_ASCII : 0;
    if (!ascii && !normalize(l, &t->value))
        return false;
    t->kind = keyword(&t->value);
    return true;
}

/* ---- numbers ---- */

static void skip_digits(lexer *l)
{
    while (is_digit(peek(l, 0)) || (peek(l, 0) == '_' && is_digit(peek(l, 1))))
        l->next++;
}

/* A number may touch only the keywords that can follow it: `1if x else 2`. */
static bool check_number_end(lexer *l, size_t start)
{
    static const char *const followers[] = {"and", "else", "for", "if", "in", "is", "or", "not"};
    size_t left = l->size - l->next;
    for (size_t i = 0; i < sizeof followers / sizeof followers[0]; i++) {
        size_t size = strlen(followers[i]);
        if (left >= size && memcmp(l->source + l->next, followers[i], size) == 0)
            return true;
    }
    if ((peek(l, 0) | 0x20) == 'j')
        return fail_syntax(l, start, "imaginary numbers are not allowed");
    return name_character(l, false) == 0 || fail_syntax(l, start, "invalid number literal");
}

static bool read_integer(lexer *l, token *t, size_t digits, unsigned base)
{
    uint64_t magnitude = 0;
    numeral_status status =
        numeral_integer(l->source + digits, l->next - digits, base, base != 10, &magnitude);
    if (status == NUMERAL_INVALID)
        return fail_syntax(l, t->position, "invalid number literal");
    if (status == NUMERAL_TOO_BIG || magnitude > (uint64_t)INT64_MAX + 1)
        return fail(l, t->position, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    t->kind = magnitude > INT64_MAX ? TOKEN_INTEGER_MINIMUM : TOKEN_INTEGER;
    t->value = value_int((int64_t)magnitude);
    return true;
}

static bool read_float(lexer *l, token *t)
{
    size_t size = l->next - t->position;
    char scratch[LIMIT_EXPRESSION_BYTES + 1];
    double number;
    if (!numeral_float(l->source + t->position, size, scratch, &number))
        return fail_syntax(l, t->position, "invalid number literal");
    t->kind = TOKEN_FLOAT;
    t->value = value_float(number);
    return true;
}

static bool read_prefixed(lexer *l, token *t, unsigned base)
{
    l->next += 2;
    size_t digits = l->next;
    while (numeral_digit(peek(l, 0)) < base || peek(l, 0) == '_')
        l->next++;
    return check_number_end(l, t->position) && read_integer(l, t, digits, base);
}

/* 0777 was octal in Python 2; 0, 00 and 0777.5 are as they look. */
static bool has_leading_zero(const lexer *l, size_t start)
{
    bool all_zero = true;
    for (size_t i = start; i < l->next; i++)
        all_zero &= l->source[i] == '0' || l->source[i] == '_';
    return l->source[start] == '0' && !all_zero;
}

static bool read_number(lexer *l, token *t)
{
    unsigned base = numeral_prefix_base(l->source + l->next, l->size - l->next);
    if (base != 0)
        return read_prefixed(l, t, base);
    bool is_float = false;
    skip_digits(l);
    if (peek(l, 0) == '.') {
        is_float = true;
        l->next++;
        if (is_digit(peek(l, 0)))
            skip_digits(l);
    }
    size_t sign = peek(l, 1) == '+' || peek(l, 1) == '-' ? 1 : 0;
    if ((peek(l, 0) | 0x20) == 'e' && is_digit(peek(l, 1 + sign))) {
        is_float = true;
        l->next += 1 + sign;
        skip_digits(l);
    }
    if (!check_number_end(l, t->position))
        return false;
    if (is_float)
        return read_float(l, t);
    if (has_leading_zero(l, t->position))
        return fail_syntax(l, t->position, "leading zeros in decimal integer literals are not permitted");
    return read_integer(l, t, t->position, 10);
}

/* ---- strings ---- */

/* Bytes of a string's prefix (r, u, b, f and their pairs) where a quote follows it. */
static bool string_prefix(const lexer *l, size_t *size)
{
    for (*size = 0; *size < 3; (*size)++) {
        char c = peek(l, *size);
        if (c == '\'' || c == '"')
            return true;
        if (c == '\0' || strchr("rRuUbBfF", c) == NULL)
            return false;
    }
    return false;
}

/* l->next stands at the first byte inside; finds the closing quote(s). */
static bool skip_string(lexer *l, const token *t, char quote, size_t quote_count)
{
    for (; l->next < l->size; l->next++) {
        char c = peek(l, 0);
        if (c == '\\')
            l->next += peek(l, 1) == '\r' && peek(l, 2) == '\n' ? 2 : 1;
        else if ((c == '\n' || c == '\r') && quote_count == 1)
            break;
        else if (c == quote && (quote_count == 1 || (peek(l, 1) == quote && peek(l, 2) == quote)))
            return true;
    }
    return fail_syntax(l, t->position,
                       quote_count == 1 ? "unterminated string literal"
                                        : "unterminated triple-quoted string literal");
}

static bool check_prefix(lexer *l, size_t size, bool *raw)
{
    *raw = false;
    for (size_t i = 0; i < size; i++) {
        char c = (char)(peek(l, i) | 0x20);
        if (c == 'b')
            return fail_syntax(l, l->next, "bytes literals are not allowed");
        if (c == 'f')
            return fail_syntax(l, l->next, "f-strings are not allowed");
        *raw |= c == 'r';
    }
    return size < 2 || fail_syntax(l, l->next, "invalid string prefix");
}

static bool read_string(lexer *l, token *t, size_t prefix_size)
{
    bool raw;
    if (!check_prefix(l, prefix_size, &raw))
        return false;
    l->next += prefix_size;
    char quote = peek(l, 0);
    size_t quote_count = peek(l, 1) == quote && peek(l, 2) == quote ? 3 : 1;
    l->next += quote_count;
    size_t start = l->next;
    if (!skip_string(l, t, quote, quote_count))
        return false;
    size_t size = l->next - start;
    l->next += quote_count;
    t->kind = TOKEN_STRING;
    if (string_literal_decode(l->ev, l->source + start, size, raw, &t->value))
        return true;
    l->ev->exception->position += start;
    return false;
}

/* ---- punctuation ---- */

static bool track_brackets(lexer *l, const token *t)
{
    static const char closers[] = ")]}";
    static const char openers[] = "([{";
    char c = l->source[t->position];
    if (memchr(openers, c, 3) != NULL) {
        if (l->bracket_count == sizeof l->brackets)
            return fail(l, t->position, EXCEPTION_RESOURCE, "the expression has too many open brackets");
        l->brackets[l->bracket_count++] = c;
    }
    const char *closer = memchr(closers, c, 3);
    if (closer == NULL)
        return true;
    if (l->bracket_count == 0 || l->brackets[l->bracket_count - 1] != openers[closer - closers])
        return fail_syntax(l, t->position, "a closing bracket matches no opening one");
    l->bracket_count--;
    return true;
}

static bool read_punctuation(lexer *l, token *t)
{
    static const struct {
        token_kind kind;
        const char *text;
    } marks[] = {
#define X(token, text) {token, text},
        PUNCTUATION_TOKENS(X)
#undef X
    };
    size_t left = l->size - l->next;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t size = strlen(marks[i].text);
        if (left >= size && memcmp(l->source + l->next, marks[i].text, size) == 0) {
            t->kind = marks[i].kind;
            l->next += size;
            return track_brackets(l, t);
        }
    }
    return fail_syntax(l, t->position, "invalid character");
}

bool lexer_next(lexer *l, token *t)
{
    if (!skip_space(l))
        return false;
    char c = peek(l, 0);
    if ((c == '\n' || c == '\r') && !skip_last_lines(l))
        return false;
    t->position = l->next;
    t->kind = TOKEN_END;
    if (l->next == l->size) {
        if (l->bracket_count > 0)
            return fail_syntax(l, l->size, "a bracket was never closed");
        return true;
    }
    size_t prefix_size;
    if (string_prefix(l, &prefix_size))
        return read_string(l, t, prefix_size);
    if (name_character(l, true) > 0)
        return read_name(l, t);
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1))))
        return read_number(l, t);
    return read_punctuation(l, t);
}
