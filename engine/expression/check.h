/* check: what is wrong with an expression for certain, before it runs, by what schemas say of its names: keys
 * that a closed object cannot have, calls of what is no function, items of what has none, orders and sums of
 * what has none together.
 *
 * No false alarms: where a value may be of several types, or a schema says nothing, nothing is reported. */
#ifndef ENGINE_EXPRESSION_CHECK_H
#define ENGINE_EXPRESSION_CHECK_H

#include "engine/expression/expression.h"
#include "engine/expression/shape.h"

enum { CHECK_FINDINGS_MAX = 16, CHECK_MESSAGE_SIZE = 256 };

typedef struct check_finding {
    size_t position;                  /* byte in the source */
    char message[CHECK_MESSAGE_SIZE]; /* names keys of the schema and of the source, and an advice */
} check_finding;

typedef struct check_findings {
    check_finding items[CHECK_FINDINGS_MAX]; /* the first ones, in the order of the source's structure */
    size_t count;
} check_findings;

/* Fills *findings. schemas[i] is a JSON Schema document for the scope's name i, or NULL where nothing is
 * known of it. `a` is scratch. False with *x where the source does not parse. */
MUST_CHECK bool check_expression(arena *a, const char *source, size_t size, const expression_scope *scope,
                                 const value *const *schemas, check_findings *findings, exception *x);

/* As check_expression. *result: the shape of the value; what it knows of members lives in the schemas. */
MUST_CHECK bool check_expression_shape(arena *a, const char *source, size_t size,
                                       const expression_scope *scope, const value *const *schemas,
                                       check_findings *findings, shape *result, exception *x);

/* ---- for templates, whose loops have variables without a schema document ---- */

/* Where an expression stands. */
typedef struct check_place {
    const expression_scope *scope;
    const shape *shapes;      /* of the scope's names */
    check_findings *findings; /* what is found is added to them */
    bool iterated;            /* a loop goes over the value */
} check_place;

/* The shapes of the scope's names by their schemas, in the arena; NULL where that has no memory left. */
MUST_CHECK const shape *check_shapes(arena *a, const expression_scope *scope, const value *const *schemas);

/* As check_expression. *result: the shape of the value, of one item of it where it is iterated; it outlives
 * what `a` holds. */
MUST_CHECK bool check_at(arena *a, const char *source, size_t size, const check_place *place, shape *result,
                         exception *x);

#endif
