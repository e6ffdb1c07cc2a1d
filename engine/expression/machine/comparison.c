/* Recursion goes as deep as values are nested, which object.h bounds (value_built_depth). */
#include "engine/expression/machine/comparison.h"

#include <math.h>

#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/iteration.h"
#include "engine/expression/machine/set_operation.h"
#include "engine/expression/text/text_methods.h"

enum { SCAN_BYTES_PER_STEP = 64 };

/* ---- equality ---- */

static bool items_equal(evaluation *ev, const value *left, const value *right, bool *equal)
{
    *equal = left->count == right->count;
    for (uint32_t i = 0; *equal && i < left->count; i++)
        if (!comparison_equal(ev, &left->items[i], &right->items[i], equal))
            return false;
    return true;
}

static bool maps_equal(evaluation *ev, const value *left, const value *right, bool *equal)
{
    *equal = left->count == right->count;
    for (uint32_t i = 0; *equal && i < left->count; i++) {
        const value *other = value_get_key(right, &left->members[i].key);
        if (other == NULL)
            *equal = false;
        else if (!comparison_equal(ev, &left->members[i].value, other, equal))
            return false;
    }
    return true;
}

static bool same_object(const value *left, const value *right)
{
    return left->kind == right->kind && left->extra == right->extra && left->count == right->count &&
           left->object == right->object;
}

static bool callables_equal(const value *left, const value *right)
{
    if (left->extra != CALLABLE_METHOD || right->extra != CALLABLE_METHOD)
        return left->object == right->object;
    const bound_method *a = left->object;
    const bound_method *b = right->object;
    return a->method == b->method && same_object(&a->self, &b->self);
}

bool comparison_equal(evaluation *ev, const value *left, const value *right, bool *equal)
{
    if (!evaluation_spend(ev, 1))
        return false;
    if (value_is_number(left) && value_is_number(right)) {
        *equal = value_compare_numbers(left, right) == 0;
        return true;
    }
    if (set_operation_is_set(left) && set_operation_is_set(right))
        return set_operation_compare(ev, RELATION_EQUAL, left, right, equal);
    *equal = false;
    if (left->kind != right->kind)
        return true;
    switch ((value_kind)left->kind) {
    case VALUE_NULL:
        *equal = true;
        return true;
    case VALUE_STRING:
        *equal = value_same_text(left, right);
        return evaluation_spend(ev, *equal ? left->count / SCAN_BYTES_PER_STEP : 0);
    case VALUE_LIST:
    case VALUE_TUPLE:
        return items_equal(ev, left, right, equal);
    case VALUE_MAP:
        return maps_equal(ev, left, right, equal);
    case VALUE_RANGE:
        *equal = value_same_key(left, right);
        return true;
    case VALUE_CALLABLE:
        *equal = callables_equal(left, right);
        return true;
    default:
        *equal = same_object(left, right);
        return true;
    }
}

/* ---- order ---- */

static const char *const relation_texts[] = {
#define X(relation, text) text,
    RELATIONS(X)
#undef X
};

/* What the order -1, 0 or 1 of two things says about a relation between them; 2 (NaN) fits none. */
static bool order_fits(relation r, int order)
{
    switch (r) {
    case RELATION_LESS:
        return order == -1;
    case RELATION_LESS_EQUAL:
        return order == -1 || order == 0;
    case RELATION_GREATER:
        return order == 1;
    default:
        return order == 1 || order == 0;
    }
}

static bool compare_order(evaluation *ev, relation r, const value *left, const value *right, bool *holds);

/* The first items that differ decide. */
static bool compare_items(evaluation *ev, relation r, const value *left, const value *right, bool *holds)
{
    uint32_t common = left->count < right->count ? left->count : right->count;
    for (uint32_t i = 0; i < common; i++) {
        bool equal;
        if (!comparison_equal(ev, &left->items[i], &right->items[i], &equal))
            return false;
        if (!equal)
            return compare_order(ev, r, &left->items[i], &right->items[i], holds);
    }
    *holds = order_fits(r, (left->count > right->count) - (left->count < right->count));
    return true;
}

static bool compare_order(evaluation *ev, relation r, const value *left, const value *right, bool *holds)
{
    if (value_is_number(left) && value_is_number(right)) {
        *holds = order_fits(r, value_compare_numbers(left, right));
        return true;
    }
    if (left->kind == VALUE_STRING && right->kind == VALUE_STRING) {
        *holds = order_fits(r, text_compare(left, right));
        return evaluation_spend(ev, 1);
    }
    if (left->kind == right->kind && (left->kind == VALUE_LIST || left->kind == VALUE_TUPLE))
        return compare_items(ev, r, left, right, holds);
    if (set_operation_is_set(left) && set_operation_is_set(right))
        return set_operation_compare(ev, r, left, right, holds);
    return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' not supported between instances of '%s' and '%s'",
                            relation_texts[r], object_type_name(left), object_type_name(right));
}

bool comparison_less(evaluation *ev, const value *left, const value *right, bool *less)
{
    return evaluation_spend(ev, 1) && compare_order(ev, RELATION_LESS, left, right, less);
}

/* ---- membership ---- */

bool comparison_find(evaluation *ev, const value *sequence, const value *item, uint32_t *position)
{
    uint32_t i = 0;
    for (bool equal = false; i < sequence->count; i++) {
        if (!comparison_equal(ev, &sequence->items[i], item, &equal))
            return false;
        if (equal)
            break;
    }
    *position = i;
    return true;
}

static bool text_contains(evaluation *ev, const value *text, const value *item, bool *contained)
{
    if (item->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "'in <string>' requires string as left operand, not %s",
                                object_type_name(item));
    *contained = item->count == 0 || (item->count <= text->count &&
                                      memmem(text->text, text->count, item->text, item->count) != NULL);
    return evaluation_spend(ev, text->count / SCAN_BYTES_PER_STEP);
}

static bool range_contains(const value *container, const value *item)
{
    const range_object *range = object_as_range(container);
    int64_t number;
    if (value_is_int(item)) {
        number = item->integer;
    } else {
        double d = item->kind == VALUE_FLOAT ? item->number : NAN;
        if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0) || d != trunc(d))
            return false;
        number = (int64_t)d;
    }
    if (range->step > 0 ? number < range->start || number >= range->stop
                        : number > range->start || number <= range->stop)
        return false;
    /* Within the bounds the distance and the step fit an unsigned number. */
    uint64_t distance = range->step > 0 ? (uint64_t)number - (uint64_t)range->start
                                        : (uint64_t)range->start - (uint64_t)number;
    uint64_t stride = range->step > 0 ? (uint64_t)range->step : 0 - (uint64_t)range->step;
    return distance % stride == 0;
}

static bool iterator_contains(evaluation *ev, const value *iterator, const value *item, bool *contained)
{
    value cursor;
    if (!iteration_begin(ev, iterator, &cursor))
        return false;
    *contained = false;
    value next;
    iteration_step step = ITERATION_END;
    while (!*contained && (step = iteration_next(ev, &cursor, &next)) == ITERATION_ITEM)
        if (!comparison_equal(ev, &next, item, contained))
            return false;
    return step != ITERATION_FAILED;
}

bool comparison_contains(evaluation *ev, const value *container, const value *item, bool *contained)
{
    switch ((value_kind)container->kind) {
    case VALUE_LIST:
    case VALUE_TUPLE: {
        uint32_t position;
        if (!comparison_find(ev, container, item, &position))
            return false;
        *contained = position < container->count;
        return true;
    }
    case VALUE_STRING:
        return text_contains(ev, container, item, contained);
    case VALUE_MAP:
    case VALUE_SET:
        return set_operation_contains(ev, container, item, contained);
    case VALUE_RANGE:
        *contained = range_contains(container, item);
        return true;
    case VALUE_ITERATOR:
        if (set_operation_is_set(container))
            return set_operation_contains(ev, container, item, contained);
        return iterator_contains(ev, container, item, contained);
    default:
        return evaluation_raise(ev, EXCEPTION_TYPE, "argument of type '%s' is not iterable",
                                object_type_name(container));
    }
}

/* ---- identity ---- */

static bool identical(const value *left, const value *right)
{
    if (left->kind != right->kind)
        return false;
    switch ((value_kind)left->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
        return left->integer == right->integer; /* of a float, its bits */
    case VALUE_STRING:
        return value_same_text(left, right);
    default:
        return same_object(left, right);
    }
}

bool comparison_evaluate(evaluation *ev, relation r, const value *left, const value *right, value *result)
{
    bool holds = false;
    bool done = true;
    switch (r) {
    case RELATION_EQUAL:
    case RELATION_NOT_EQUAL:
        done = comparison_equal(ev, left, right, &holds);
        break;
    case RELATION_IN:
    case RELATION_NOT_IN:
        done = comparison_contains(ev, right, left, &holds);
        break;
    case RELATION_IS:
    case RELATION_IS_NOT:
        holds = identical(left, right);
        break;
    default:
        done = compare_order(ev, r, left, right, &holds);
        break;
    }
    if (!done)
        return false;
    bool negated = r == RELATION_NOT_EQUAL || r == RELATION_NOT_IN || r == RELATION_IS_NOT;
    *result = value_bool(holds != negated);
    return true;
}
