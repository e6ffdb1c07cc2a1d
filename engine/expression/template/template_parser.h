/* template_parser: source to program. Private to the template's modules. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_PARSER_H
#define ENGINE_EXPRESSION_TEMPLATE_PARSER_H

#include "engine/expression/check.h"
#include "engine/expression/template/template_program.h"

/* For a parse that also checks each expression where it stands. */
typedef struct template_checking {
    const shape *shapes; /* of the scope's names */
    check_findings *findings;
} template_checking;

/* As template_compile, into *t, which the caller owns. checking: NULL for none. */
MUST_CHECK bool template_parse(arena *a, const char *source, size_t size, template_kind kind,
                               const expression_scope *scope, const template_checking *checking, template *t,
                               exception *x);

#endif
