/* evaluation: one run of an expression: where its values live, what it may still spend, and the exception
 * that ended it.
 *
 * Shared by the machine, the built-ins and the methods. Exceptions carry the class name that CPython would
 * raise. */
#ifndef ENGINE_EXPRESSION_EVALUATION_H
#define ENGINE_EXPRESSION_EVALUATION_H

#include "engine/limits.h"
#include "engine/value/buffer.h"
#include "engine/value/value.h"

/* X(code, name) */
#define EXCEPTION_TYPES(X)                          \
    X(EXCEPTION_NONE, "")                           \
    X(EXCEPTION_TYPE, "TypeError")                  \
    X(EXCEPTION_KEY, "KeyError")                    \
    X(EXCEPTION_INDEX, "IndexError")                \
    X(EXCEPTION_ATTRIBUTE, "AttributeError")        \
    X(EXCEPTION_VALUE, "ValueError")                \
    X(EXCEPTION_ZERO_DIVISION, "ZeroDivisionError") \
    X(EXCEPTION_OVERFLOW, "OverflowError")          \
    X(EXCEPTION_NAME, "NameError")                  \
    X(EXCEPTION_SYNTAX, "SyntaxError")              \
    X(EXCEPTION_RESOURCE, "ResourceError")

typedef enum exception_type {
#define X(code, name) code,
    EXCEPTION_TYPES(X)
#undef X
} exception_type;

/* "TypeError" and so on. Static. */
const char *exception_name(exception_type type);

typedef struct exception {
    exception_type type;
    size_t position; /* byte in the source */
    char message[256];
} exception;

typedef struct evaluation {
    arena *arena;         /* of the results and everything between */
    arena *scratch;       /* of what only a compilation needs: trees, tables that grow */
    size_t steps_left;    /* LIMIT_EXPRESSION_STEPS at the start */
    size_t memory_left;   /* bytes; LIMIT_EXPRESSION_MEMORY at the start */
    exception *exception; /* filled where a function below returns false */
    unsigned depth;       /* of generators and comprehensions that run inside one another */
    bool located;         /* the exception's position is that of its cause already */
} evaluation;

/* A fresh budget. */
static inline void evaluation_init(evaluation *ev, arena *a, exception *x)
{
    *ev = (evaluation){.arena = a,
                       .scratch = a,
                       .steps_left = LIMIT_EXPRESSION_STEPS,
                       .memory_left = LIMIT_EXPRESSION_MEMORY,
                       .exception = x};
}

/* Fills the exception and returns false, so that a failing function can end with it. Messages name types and
 * rules, as CPython's do, but never the content of a value. */
#define evaluation_raise(...) (evaluation_fail(__VA_ARGS__), error_false())
void evaluation_fail(evaluation *ev, exception_type type, const char *format, ...) PRINTF_LIKE(3, 4);
/* Raises what evaluation_spend raises. Returns false. */
bool evaluation_raise_steps(evaluation *ev);
/* Takes `steps` from the budget: what touches n items or bytes spends about n. False with ResourceError. */
MUST_CHECK static inline bool evaluation_spend(evaluation *ev, size_t steps)
{
    if (steps > ev->steps_left)
        return evaluation_raise_steps(ev);
    ev->steps_left -= steps;
    return true;
}
/* Takes `size` bytes from the memory budget, for what is built in the arena by other means (builders). False
 * with ResourceError. */
MUST_CHECK bool evaluation_charge(evaluation *ev, size_t size);
/* Memory for a result, charged to the budget. NULL with ResourceError. */
MUST_CHECK void *evaluation_alloc(evaluation *ev, size_t size);

/* A function or method as the machine calls it: arguments are positional, keywords already put in their
 * places (an omitted argument before a given one is a VALUE_ITERATOR with a NULL object; see
 * value_is_omitted). Returns false with an exception. */
typedef bool (*callable_function)(evaluation *ev, const value *self, const value *arguments,
                                  size_t argument_count, value *result);

typedef struct callable {
    const char *name;
    uint8_t arguments_min;
    uint8_t arguments_max;       /* UINT8_MAX: any number */
    const char *const *keywords; /* names of the parameters in order, NULL-terminated; NULL where none may be
                                    given by name. "" is one that may not, "*name" one that may only.
                                    Where any number is taken, all are of the last sort and stand in
                                    front. "**": any name, a map of them is the last argument */
    callable_function call;
} callable;

#endif
