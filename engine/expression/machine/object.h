/* object: the kinds of value that live only inside expressions: ranges, views of a map, iterators, functions;
 * and Python's names of types.
 *
 * They never leave an evaluation: expression_evaluate turns what is lazy into a list. */
#ifndef ENGINE_EXPRESSION_OBJECT_H
#define ENGINE_EXPRESSION_OBJECT_H

#include "engine/expression/evaluation.h"

/* What a VALUE_RANGE points to. Ranges are equal where they give the same numbers: what decides that comes
 * first, for value_same_key. */
typedef struct range_object {
    int64_t key[VALUE_RANGE_KEY_COUNT]; /* length, start (0 where empty), step (0 where there is no second) */
    int64_t start;
    int64_t stop;
    int64_t step;    /* never 0 */
    uint64_t length; /* of range(INT64_MIN, INT64_MAX) it needs the 64th bit */
} range_object;

/* The low byte of a VALUE_ITERATOR's extra. Views and cursors are the 16 bytes themselves (count and the
 * pointer of what they go over); the others point to shared state, since Python's iterators are consumed
 * through every reference to them. */
typedef enum iterator_kind {
    ITERATOR_OMITTED, /* no iterator: an argument that was not given, a variable without a value */
    /* d.keys(), d.values(), d.items(): flags, count and members are the map's. */
    ITERATOR_KEYS,
    ITERATOR_VALUES,
    ITERATOR_MEMBERS,
    /* Objects. */
    ITERATOR_GENERATOR,
    ITERATOR_ZIP,
    ITERATOR_ENUMERATE,
    ITERATOR_REVERSED,
    /* Cursors: only ever on the machine's stack or in a local variable of a built-in. */
    ITERATOR_OVER_ITEMS,
    ITERATOR_OVER_KEYS,
    ITERATOR_OVER_VALUES,
    ITERATOR_OVER_MEMBERS,
    ITERATOR_OVER_TEXT,
    ITERATOR_OVER_RANGE,
} iterator_kind;

static inline iterator_kind value_iterator_kind(const value *v)
{
    return (iterator_kind)(v->extra & 0xFF);
}
static inline value value_omitted(void)
{
    return (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_OMITTED};
}
static inline bool value_is_omitted(const value *v)
{
    return v->kind == VALUE_ITERATOR && value_iterator_kind(v) == ITERATOR_OMITTED;
}
static inline bool value_is_view(const value *v)
{
    return v->kind == VALUE_ITERATOR && value_iterator_kind(v) >= ITERATOR_KEYS &&
           value_iterator_kind(v) <= ITERATOR_MEMBERS;
}
static inline bool value_is_int(const value *v) /* True and False are ints, as in Python */
{
    return v->kind == VALUE_INT || v->kind == VALUE_BOOL;
}
static inline bool value_is_number(const value *v)
{
    return value_is_int(v) || v->kind == VALUE_FLOAT;
}

/* value.extra of a VALUE_CALLABLE. */
typedef enum callable_kind {
    CALLABLE_FUNCTION, /* object is a `const callable *` */
    CALLABLE_TYPE,     /* as well: str, int, list ..., which Python calls types */
    CALLABLE_METHOD,   /* object is a `const bound_method *` */
} callable_kind;

typedef struct bound_method {
    const callable *method;
    value self;
} bound_method;

/* Levels of nesting that expressions have built on top of given data, kept in value.extra of lists, tuples,
 * sets and maps and in the high byte of a view's: what bounds recursion over values. Given data counts 0 and
 * is bounded by LIMIT_VALUE_DEPTH itself. */
static inline unsigned value_built_depth(const value *v)
{
    return v->kind == VALUE_ITERATOR ? v->extra >> 8 : v->kind <= VALUE_SET ? v->extra : 0;
}

/* The name of v's type as Python's messages have it: "NoneType", "str", "dict_keys" ... Static. */
const char *object_type_name(const value *v);

/* A view of a map; kind is one of the three of views. */
value object_view(const value *map, iterator_kind kind);
/* The map under a view. */
value object_viewed_map(const value *view);

/* range(start, stop, step); step is not 0. */
MUST_CHECK bool object_range(evaluation *ev, int64_t start, int64_t stop, int64_t step, value *result);
static inline const range_object *object_as_range(const value *range)
{
    return range->object;
}
/* The number at index < length. */
int64_t object_range_at(const range_object *range, uint64_t index);

#endif
