#include "engine/expression/machine/set_operation.h"

#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/comparison.h"
#include "engine/expression/machine/iteration.h"

bool set_operation_is_set(const value *v)
{
    return v->kind == VALUE_SET || (value_is_view(v) && value_iterator_kind(v) != ITERATOR_VALUES);
}

/* (key, value) in d.items() */
static bool has_member(evaluation *ev, const value *view, const value *pair, bool *contained)
{
    *contained = false;
    if (pair->kind != VALUE_TUPLE || pair->count != 2)
        return true;
    if (!collection_check_hashable(ev, &pair->items[0]))
        return false;
    value map = object_viewed_map(view);
    const value *found = value_get_key(&map, &pair->items[0]);
    return found == NULL || comparison_equal(ev, found, &pair->items[1], contained);
}

bool set_operation_contains(evaluation *ev, const value *set, const value *item, bool *contained)
{
    if (!evaluation_spend(ev, 1))
        return false;
    if (value_is_view(set) && value_iterator_kind(set) == ITERATOR_MEMBERS)
        return has_member(ev, set, item, contained);
    if (set->kind == VALUE_SET && item->kind == VALUE_SET) {
        *contained = false; /* Python looks for a frozenset then, and there are none */
        return true;
    }
    if (!collection_check_hashable(ev, item))
        return false;
    if (set->kind == VALUE_SET) {
        *contained = set_contains(set, item);
        return true;
    }
    value map = set->kind == VALUE_MAP ? *set : object_viewed_map(set);
    *contained = value_get_key(&map, item) != NULL;
    return true;
}

/* Every item of `part` is in `whole`. */
static bool is_subset(evaluation *ev, const value *part, const value *whole, bool *subset)
{
    value cursor;
    if (!iteration_begin(ev, part, &cursor))
        return false;
    *subset = true;
    value item;
    iteration_step step = ITERATION_END;
    while (*subset && (step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        if (!set_operation_contains(ev, whole, &item, subset))
            return false;
    return step != ITERATION_FAILED;
}

bool set_operation_compare(evaluation *ev, relation r, const value *left, const value *right, bool *holds)
{
    *holds = false;
    switch (r) {
    case RELATION_EQUAL:
        return left->count != right->count || is_subset(ev, left, right, holds);
    case RELATION_LESS:
        return left->count >= right->count || is_subset(ev, left, right, holds);
    case RELATION_LESS_EQUAL:
        return left->count > right->count || is_subset(ev, left, right, holds);
    case RELATION_GREATER:
        return left->count <= right->count || is_subset(ev, right, left, holds);
    default:
        return left->count < right->count || is_subset(ev, right, left, holds);
    }
}

/* Adds the items of `from` whose membership in `other` is `wanted`; all of them where other is NULL. */
static bool add_where(evaluation *ev, set_builder *b, const value *from, const value *other, bool wanted)
{
    for (uint32_t i = 0; i < from->count; i++) {
        if (!evaluation_spend(ev, 1))
            return false;
        if (other != NULL && set_contains(other, &from->items[i]) != wanted)
            continue;
        if (!set_builder_add(b, from->items[i]))
            return false;
    }
    return true;
}

/* The items of `iterable` that are in `container`; where `enough` is not 0, no more than that many are looked
 * for. */
static bool intersect(evaluation *ev, const value *container, const value *iterable, uint32_t enough,
                      value *result)
{
    set_builder common;
    value cursor;
    set_builder_init(&common, ev);
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    value item;
    iteration_step step = ITERATION_END;
    while ((enough == 0 || common.count < enough) &&
           (step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM) {
        bool contained;
        if (!collection_check_hashable(ev, &item) ||
            !set_operation_contains(ev, container, &item, &contained) ||
            (contained && !set_builder_add(&common, item)))
            return false;
    }
    return step != ITERATION_FAILED && set_builder_finish(&common, result);
}

/* Which operand's items are kept shows where they are equal but not the same (1 and True): CPython's choice.
 */
static bool intersect_operands(evaluation *ev, const value *left, const value *right, value *result)
{
    const value *container = left;
    const value *kept = right;
    bool swap;
    if (left->kind == VALUE_SET && right->kind == VALUE_SET) {
        swap = right->count > left->count;
    } else {
        bool view_first = left->kind != VALUE_SET && set_operation_is_set(left);
        container = view_first ? left : right;
        kept = view_first ? right : left;
        swap = kept->kind == VALUE_SET ? container->count <= kept->count
                                       : set_operation_is_set(kept) && kept->count > container->count;
    }
    return swap ? intersect(ev, kept, container, 0, result) : intersect(ev, container, kept, 0, result);
}

bool set_operation_intersect(evaluation *ev, const value *set, const value *iterable, value *result)
{
    if (iterable->kind == VALUE_SET)
        return intersect_operands(ev, set, iterable, result);
    if (set->count == 0) { /* nothing would be enough, but everything is looked at */
        value ignored;
        *result = *set;
        return set_from(ev, iterable, &ignored);
    }
    return intersect(ev, set, iterable, set->count, result);
}

bool set_operation_combine(evaluation *ev, binary_operator op, const value *left, const value *right,
                           value *result)
{
    value a;
    value c;
    if (op == BINARY_AND)
        return intersect_operands(ev, left, right, result);
    if (!set_from(ev, left, &a) || !set_from(ev, right, &c))
        return false;
    set_builder b;
    set_builder_init(&b, ev);
    bool done = false;
    switch (op) {
    case BINARY_OR:
        done = add_where(ev, &b, &a, NULL, false) && add_where(ev, &b, &c, NULL, false);
        break;
    case BINARY_SUBTRACT:
        done = add_where(ev, &b, &a, &c, false);
        break;
    default:
        done = add_where(ev, &b, &a, &c, false) && add_where(ev, &b, &c, &a, false);
        break;
    }
    return done && set_builder_finish(&b, result);
}
