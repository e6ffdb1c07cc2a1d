/* template: text with `{{ expression }}` and the statements of Jinja2's shared subset, compiled once,
 * rendered many times.
 *
 * Missing values are errors, so that nobody is greeted as "None"; `| default(x)` says otherwise. A compiled
 * template is immutable and may be used by many threads at once. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_H
#define ENGINE_EXPRESSION_TEMPLATE_H

#include "engine/expression/expression.h"

typedef struct template template;

typedef enum template_kind {
    TEMPLATE_TEXT, /* as it is */
    TEMPLATE_HTML, /* values are escaped (&, <, >, ", ') unless `| safe` */
    TEMPLATE_LINE, /* mail headers, addresses, titles: CR, LF or NUL in the result is an error */
} template_kind;

/* Compiles into the arena, where the template lives; the source is copied.
 * NULL with *x (position: the byte in the source): SyntaxError, NameError, ResourceError. */
MUST_CHECK template *template_compile(arena *a, const char *source, size_t size, template_kind kind,
                                      const expression_scope *scope, exception *x);

/* Appends the rendered text to out; `a` is scratch. False with *x, ResourceError past LIMIT_RENDERED_BYTES
 * included. */
MUST_CHECK bool template_render(const template *t, const value *values, arena *a, buffer *out, exception *x);

/* True where the source holds no expression and no statement: its rendered text is constant. */
bool template_is_constant(const template *t);

#endif
