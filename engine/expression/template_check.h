/* template_check: what is wrong with the expressions of a template for certain, before it is rendered; see
 * check.h. What stands before `| default(...)` or `is defined`, and the key in .get(key), may be missing. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_CHECK_H
#define ENGINE_EXPRESSION_TEMPLATE_CHECK_H

#include "engine/expression/check.h"

/* Fills *findings, with positions in the template's source; the variables of loops have the shape of the
 * items. schemas: as for check_expression; `a` is scratch. False with *x where the source does not compile as
 * TEMPLATE_TEXT. */
MUST_CHECK bool template_check(arena *a, const char *source, size_t size, const expression_scope *scope,
                               const value *const *schemas, check_findings *findings, exception *x);

#endif
