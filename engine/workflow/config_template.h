/* config_template: a step's config value, compiled: every string in it is a template, everything else a
 * constant. Immutable; lives in the arena it was compiled in. */
#ifndef ENGINE_WORKFLOW_CONFIG_TEMPLATE_H
#define ENGINE_WORKFLOW_CONFIG_TEMPLATE_H

#include "engine/expression/template/template.h"

typedef struct config_template config_template;

/* Where compiling failed: the string whose template is wrong, and the exception. */
typedef struct config_template_error {
    const value *node; /* NULL: out of memory */
    exception exception;
} config_template_error;

/* Compiles `v` deeply (nesting is that of a document, at most LIMIT_VALUE_DEPTH). Nothing of `v` is kept.
 * NULL with *e. */
MUST_CHECK const config_template *config_template_compile(arena *a, const value *v, template_kind kind,
                                                          const expression_scope *scope,
                                                          config_template_error *e);

/* Renders: strings for templates, the constants as they are, in the same tree. values[i] is the value of
 * scope name i. False with *x. */
MUST_CHECK bool config_template_render(const config_template *t, const value *values, arena *a, value *out,
                                       exception *x);

#endif
