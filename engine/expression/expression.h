/* expression: a restricted Python expression, compiled once to bytecode and evaluated many times within
 * bounds.
 *
 * The language is that of a Python 3.11 expression less lambda, await, yield, assignment expressions, starred
 * items, f-strings and bytes; results are CPython's, to the type. It cannot reach anything but the names it
 * is given. A compiled expression is immutable and may be used by many threads at once. */
#ifndef ENGINE_EXPRESSION_EXPRESSION_H
#define ENGINE_EXPRESSION_EXPRESSION_H

#include "engine/expression/evaluation.h"

typedef struct expression expression;

/* The names that an expression may use; their values come in the same order at evaluation. Borrowed by
 * expression_compile for the time of the call only. Built-in functions are always there, unless a name hides
 * them. */
typedef struct expression_scope {
    const char *const *names;
    size_t count;
    /* NULL but in templates, where line ends are space everywhere: finds the filter of a name, or NULL.
     * `operand | name(arguments)` calls it with the operand as self, `operand is defined` the one called "is
     * defined". Both bind tighter than any operator but a sign, as in Jinja2. *stands_in: it is called, with
     * self NULL, also where the operand lacks what it looks up. */
    const callable *(*find_filter)(const char *name, size_t name_size, bool *stands_in);
} expression_scope;

/* Compiles into the arena, where the expression lives. The source is copied.
 * NULL with *x: SyntaxError for what the grammar lacks (by name: "lambda is not allowed"), NameError for an
 * unknown name, ResourceError for a limit (LIMIT_EXPRESSION_BYTES, LIMIT_EXPRESSION_DEPTH). */
MUST_CHECK expression *expression_compile(arena *a, const char *source, size_t size,
                                          const expression_scope *scope, exception *x);

/* True where it uses no name of its scope: what it gives is always the same. */
bool expression_is_constant(const expression *p);

/* What the evaluation of a member of a name spends. */
enum { EXPRESSION_MEMBER_STEPS = 2 };

/* The key of the member where it is nothing but a member of a name (`payload.x`), whose index is *name; else
 * NULL. As long-lived as the expression. */
const value *expression_as_member(const expression *p, size_t *name);

/* Evaluates within LIMIT_EXPRESSION_STEPS and LIMIT_EXPRESSION_MEMORY. values[i] is the value of scope name
 * i. The result lives in the arena or borrows from the values and the expression. False with *x. */
MUST_CHECK bool expression_evaluate(const expression *p, const value *values, arena *a, value *result,
                                    exception *x);

/* Python's truth of a value. */
bool expression_truth(const value *v);

#endif
