#include "worker/channel/http/blank.h"

#include "engine/expression/template/template_lexer.h"
#include "engine/limits.h"

/* Finds the one expression that the source is. */
static bool is_one_print(const char *source, size_t size, template_token *print)
{
    template_lexer l = {.source = source, .size = size};
    template_token more;
    exception ignored;
    return template_lexer_next(&l, print, &ignored) && print->kind == TEMPLATE_TOKEN_PRINT &&
           template_lexer_next(&l, &more, &ignored) && more.kind == TEMPLATE_TOKEN_END;
}

bool blank_compile(blank *b, arena *a, const char *source, size_t size, template_kind kind,
                   const expression_scope *scope, exception *x)
{
    template_token print;
    *b = (blank){.kind = kind, .text = template_compile(a, source, size, kind, scope, x)};
    if (b->text == NULL || !is_one_print(source, size, &print))
        return b->text != NULL;
    b->only = expression_compile(a, source + print.position, print.size, scope, x);
    return b->only != NULL;
}

static bool render(const blank *b, const value *values, arena *a, value *out, exception *x)
{
    buffer text;
    buffer_init(&text, a, LIMIT_RENDERED_BYTES);
    if (!template_render(b->text, values, a, &text, x))
        return false;
    *out = text.size == 0 ? value_string("", 0) : buffer_string(&text);
    return true;
}

bool blank_value(const blank *b, const value *values, arena *a, value *out, bool *absent, exception *x)
{
    *absent = false;
    if (b->only == NULL)
        return render(b, values, a, out, x);
    if (!expression_evaluate(b->only, values, a, out, x))
        return false;
    *absent = out->kind == VALUE_NULL;
    return true;
}

/* What is text already need not be rendered, but for the check of a line. */
bool blank_text(const blank *b, const value *values, arena *a, value *out, bool *absent, exception *x)
{
    if (!blank_value(b, values, a, out, absent, x))
        return false;
    if (*absent || (out->kind == VALUE_STRING && b->kind == TEMPLATE_TEXT) || b->only == NULL)
        return true;
    return render(b, values, a, out, x);
}
