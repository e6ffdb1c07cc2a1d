/* template_lexer: a template's source as a row of texts, `{{ prints }}` and `{% statements %}`.
 *
 * Comments and whitespace control end here: `{%-` takes the whitespace before it away, `-%}` that behind it
 * (space, tab, CR, LF, VT, FF). A tag ends at its first closing mark outside of string literals and brackets,
 * as in Jinja2. Everything else of the source is text, byte for byte. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_LEXER_H
#define ENGINE_EXPRESSION_TEMPLATE_LEXER_H

#include "engine/expression/evaluation.h"

typedef enum template_token_kind {
    TEMPLATE_TOKEN_END,
    TEMPLATE_TOKEN_TEXT,      /* never empty */
    TEMPLATE_TOKEN_PRINT,     /* what stands between the braces, without space around it */
    TEMPLATE_TOKEN_STATEMENT, /* the same between the percent signs */
} template_token_kind;

typedef struct template_token {
    template_token_kind kind;
    size_t position; /* of its first byte in the source */
    size_t size;
} template_token;

/* Embedded by value; borrows the source. Start with zeroes but for source and size. */
typedef struct template_lexer {
    const char *source;
    size_t size;
    size_t at;
    bool strip_left; /* the tag before asked for it */
} template_lexer;

/* False with SyntaxError: a tag or comment that does not end. */
MUST_CHECK bool template_lexer_next(template_lexer *l, template_token *token, exception *x);

/* The whitespace that control takes away. */
static inline bool template_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
