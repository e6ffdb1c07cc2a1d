/* blank: a place in a request that is filled for each delivery: a template, or, where that is exactly one
 * `{{ expression }}`, a value of any kind. An expression that gives None leaves the place out.
 *
 * Compiled once, immutable. */
#ifndef WORKER_CHANNEL_HTTP_BLANK_H
#define WORKER_CHANNEL_HTTP_BLANK_H

#include "engine/expression/template/template.h"

typedef struct blank {
    const template *text;
    const expression *only; /* NULL: there is more, or less, than one expression */
    template_kind kind;
} blank;

/* kind: TEMPLATE_TEXT or TEMPLATE_LINE. As template_compile. */
MUST_CHECK bool blank_compile(blank *b, arena *a, const char *source, size_t size, template_kind kind,
                              const expression_scope *scope, exception *x);

/* Both: *absent says that it is left out; the result lives in the arena or borrows from the values. False
 * with *x. */
MUST_CHECK bool blank_value(const blank *b, const value *values, arena *a, value *out, bool *absent,
                            exception *x);
/* As text: a string, or what else str() makes of it. */
MUST_CHECK bool blank_text(const blank *b, const value *values, arena *a, value *out, bool *absent,
                           exception *x);

#endif
