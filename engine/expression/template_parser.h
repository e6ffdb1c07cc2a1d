/* template_parser: source to program. Private to the template's modules. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_PARSER_H
#define ENGINE_EXPRESSION_TEMPLATE_PARSER_H

#include "engine/expression/template_program.h"

/* As template_compile, into *t, which the caller owns. */
MUST_CHECK bool template_parse(arena *a, const char *source, size_t size, template_kind kind,
                               const expression_scope *scope, template *t, exception *x);

#endif
