/* template: text with expressions and the statements of Jinja2's shared subset, compiled once, rendered many
 * times.
 *
 *     {{ expression }}                          its value, as by str()
 *     {% if e %}..{% elif e %}..{% else %}..{% endif %}
 *     {% for x in e %}..{% else %}..{% endfor %}    also `for k, v in e`; the else is for an empty e; inside
 *                                               there is loop.index, index0, first, last, length
 *     {# comment #}                             nothing
 *     {%- -%} {{- -}} {#- -#}                   without the whitespace on that side
 *     e | filter, e | filter(arguments)         see template_filters.h; binds tighter than any operator
 *
 * Everything else is kept byte for byte: line ends behind a tag and at the end of the source too (as Jinja2
 * has it with keep_trailing_newline and without trim_blocks).
 *
 * A missing value is an error wherever it is met, in a condition as well, so that nobody is greeted as
 * "None": a key, attribute or index that is not there raises as in Python, and None raises TypeError where it
 * would be printed. `| default(x)` says otherwise for both; payload.get('x') and `payload.x is defined` ask.
 *
 * A compiled template is immutable and may be used by many threads at once. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_H
#define ENGINE_EXPRESSION_TEMPLATE_H

#include "engine/expression/expression.h"

typedef struct template template;

typedef enum template_kind {
    TEMPLATE_TEXT, /* as it is */
    TEMPLATE_HTML, /* values are escaped (&, <, >, ", ') unless `| safe` */
    TEMPLATE_LINE, /* mail headers, addresses, titles: CR, LF or NUL is an error, in the source or a value */
    TEMPLATE_URL,  /* values are percent-encoded, so that none is more than the part where it stands */
} template_kind;

/* Compiles into the arena, where the template lives; the source is copied.
 * NULL with *x (position: the byte in the source): SyntaxError, NameError (an unknown name or filter),
 * ResourceError (LIMIT_TEMPLATE_BYTES, LIMIT_TEMPLATE_DEPTH, those of expressions). */
MUST_CHECK template *template_compile(arena *a, const char *source, size_t size, template_kind kind,
                                      const expression_scope *scope, exception *x);

/* Appends the rendered text to out; `a` is scratch and may be out's. False with *x (position: the byte in the
 * source), ResourceError past LIMIT_RENDERED_BYTES, LIMIT_RENDER_STEPS, LIMIT_RENDER_MEMORY or out's limit
 * included; out has a part of the text then. */
MUST_CHECK bool template_render(const template *t, const value *values, arena *a, buffer *out, exception *x);

/* True where the source holds no expression and no statement: its rendered text is constant. */
bool template_is_constant(const template *t);

#endif
