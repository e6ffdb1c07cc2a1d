#include "engine/expression/template/template_lexer.h"

#include <stdio.h>
#include <string.h>

static bool looking_at(const template_lexer *l, size_t at, const char *text)
{
    size_t size = strlen(text);
    return l->size - at >= size && memcmp(l->source + at, text, size) == 0;
}

static bool opens_tag(const template_lexer *l, size_t at)
{
    return looking_at(l, at, "{{") || looking_at(l, at, "{%") || looking_at(l, at, "{#");
}

static size_t find_tag(const template_lexer *l)
{
    size_t at = l->at;
    while (at < l->size) {
        const char *brace = memchr(l->source + at, '{', l->size - at);
        if (brace == NULL)
            return l->size;
        at = (size_t)(brace - l->source);
        if (opens_tag(l, at))
            return at;
        at++;
    }
    return at;
}

/* Narrows [*start, *end) to what has no whitespace at the chosen ends. */
static void strip(const template_lexer *l, size_t *start, size_t *end, bool left, bool right)
{
    while (left && *start < *end && template_is_space(l->source[*start]))
        ++*start;
    while (right && *start < *end && template_is_space(l->source[*end - 1]))
        --*end;
}

/* Behind the string literal that begins at `at`; l->size where it does not end. A backslash guards the next
 * byte in raw literals too: Python lets no quote end those either. */
static size_t skip_literal(const template_lexer *l, size_t at)
{
    char quote = l->source[at];
    const char triple[] = {quote, quote, quote, '\0'};
    bool is_triple = looking_at(l, at, triple);
    at += is_triple ? 3 : 1;
    while (at < l->size) {
        if (l->source[at] == '\\')
            at += 2;
        else if (is_triple ? looking_at(l, at, triple) : l->source[at] == quote)
            return at + (is_triple ? 3 : 1);
        else
            at++;
    }
    return l->size;
}

/* Where the tag's closing mark begins; l->size where there is none. */
static size_t find_close(const template_lexer *l, size_t at, const char *close)
{
    size_t depth = 0;
    while (at < l->size) {
        if (depth == 0 && looking_at(l, at, close))
            return at;
        char c = l->source[at];
        if (c == '"' || c == '\'') {
            at = skip_literal(l, at);
            continue;
        }
        if (c == '(' || c == '[' || c == '{')
            depth++;
        else if ((c == ')' || c == ']' || c == '}') && depth > 0)
            depth--;
        at++;
    }
    return l->size;
}

static size_t find_comment_close(const template_lexer *l, size_t at)
{
    const char *close = at < l->size ? memmem(l->source + at, l->size - at, "#}", 2) : NULL;
    return close != NULL ? (size_t)(close - l->source) : l->size;
}

static bool fail(const template_lexer *l, size_t at, exception *x)
{
    const char *what = looking_at(l, at, "{{")   ? "the print that begins here has no '}}'"
                       : looking_at(l, at, "{%") ? "the statement that begins here has no '%}'"
                                                 : "the comment that begins here has no '#}'";
    *x = (exception){.type = EXCEPTION_SYNTAX, .position = at};
    snprintf(x->message, sizeof x->message, "%s", what);
    return false;
}

/* The tag at l->at; a comment leaves *token alone. */
static bool read_tag(template_lexer *l, template_token *token, exception *x)
{
    char mark = l->source[l->at + 1];
    size_t start = l->at + 2;
    if (start < l->size && l->source[start] == '-')
        start++;
    size_t end = mark == '#'   ? find_comment_close(l, start)
                 : mark == '%' ? find_close(l, start, "%}")
                               : find_close(l, start, "}}");
    if (end == l->size)
        return fail(l, l->at, x);
    l->at = end + 2;
    l->strip_left = end > start && l->source[end - 1] == '-';
    end -= l->strip_left;
    if (mark == '#')
        return true;
    strip(l, &start, &end, true, true);
    token->kind = mark == '%' ? TEMPLATE_TOKEN_STATEMENT : TEMPLATE_TOKEN_PRINT;
    token->position = start;
    token->size = end - start;
    return true;
}

bool template_lexer_next(template_lexer *l, template_token *token, exception *x)
{
    *token = (template_token){.kind = TEMPLATE_TOKEN_END, .position = l->size};
    while (l->at < l->size && token->kind == TEMPLATE_TOKEN_END) {
        size_t start = l->at;
        size_t end = find_tag(l);
        if (start == end) {
            if (!read_tag(l, token, x))
                return false;
            continue;
        }
        l->at = end;
        bool strip_right = l->size - end > 2 && l->source[end + 2] == '-';
        strip(l, &start, &end, l->strip_left, strip_right);
        if (start < end)
            *token = (template_token){TEMPLATE_TOKEN_TEXT, start, end - start};
    }
    return true;
}
