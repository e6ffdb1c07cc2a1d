#include "engine/expression/machine/container_methods.h"

#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/comparison.h"
#include "engine/expression/machine/iteration.h"
#include "engine/expression/machine/set_operation.h"

#define PARAMETERS                                             \
    evaluation *ev __attribute__((unused)), const value *self, \
        const value *arguments __attribute__((unused)), size_t count __attribute__((unused)), value *result

/* ---- dict ---- */

static bool map_get(PARAMETERS)
{
    if (!collection_check_hashable(ev, &arguments[0]))
        return false;
    const value *found = value_get_key(self, &arguments[0]);
    *result = found != NULL ? *found : count > 1 ? arguments[1] : value_null();
    return true;
}

static bool map_items(PARAMETERS)
{
    *result = object_view(self, ITERATOR_MEMBERS);
    return true;
}

static bool map_keys(PARAMETERS)
{
    *result = object_view(self, ITERATOR_KEYS);
    return true;
}

static bool map_values(PARAMETERS)
{
    *result = object_view(self, ITERATOR_VALUES);
    return true;
}

/* ---- list, tuple and range ---- */

static bool sequence_count(PARAMETERS)
{
    int64_t equals = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        bool equal;
        if (!comparison_equal(ev, &self->items[i], &arguments[0], &equal))
            return false;
        equals += equal;
    }
    *result = value_int(equals);
    return true;
}

/* A bound of index(): counted from the end where it is negative, within the sequence. */
static bool search_bound(evaluation *ev, const value *bound, uint32_t length, uint32_t *place)
{
    if (!value_is_int(bound))
        return evaluation_raise(ev, EXCEPTION_TYPE,
                                "slice indices must be integers or have an __index__ method");
    int64_t i = bound->integer;
    if (i < 0)
        i = i < -(int64_t)length ? 0 : i + length;
    *place = i > length ? length : (uint32_t)i;
    return true;
}

static bool sequence_index(PARAMETERS)
{
    uint32_t start = 0;
    uint32_t stop = self->count;
    if (count > 1 && !search_bound(ev, &arguments[1], self->count, &start))
        return false;
    if (count > 2 && !search_bound(ev, &arguments[2], self->count, &stop))
        return false;
    for (uint32_t i = start; i < stop; i++) {
        bool equal;
        if (!comparison_equal(ev, &self->items[i], &arguments[0], &equal))
            return false;
        if (equal) {
            *result = value_int(i);
            return true;
        }
    }
    return evaluation_raise(ev, EXCEPTION_VALUE, "the item is not in the %s", object_type_name(self));
}

static bool range_count(PARAMETERS)
{
    bool contained;
    if (!comparison_contains(ev, self, &arguments[0], &contained))
        return false;
    *result = value_int(contained);
    return true;
}

static bool range_index(PARAMETERS)
{
    bool contained;
    if (!comparison_contains(ev, self, &arguments[0], &contained))
        return false;
    if (!contained)
        return evaluation_raise(ev, EXCEPTION_VALUE, "the item is not in the range");
    const range_object *range = object_as_range(self);
    int64_t item = arguments[0].kind == VALUE_FLOAT ? (int64_t)arguments[0].number : arguments[0].integer;
    __int128 place = ((__int128)item - range->start) / range->step;
    if (place > INT64_MAX)
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    *result = value_int((int64_t)place);
    return true;
}

/* ---- set ---- */

/* self and all arguments, one after another. */
static bool combine_all(evaluation *ev, binary_operator op, const value *self, const value *arguments,
                        size_t count, value *result)
{
    value combined = *self;
    for (size_t i = 0; i < count; i++)
        if (!set_operation_combine(ev, op, &combined, &arguments[i], &combined))
            return false;
    *result = combined;
    return true;
}

static bool set_union(PARAMETERS)
{
    return combine_all(ev, BINARY_OR, self, arguments, count, result);
}

static bool set_intersection(PARAMETERS)
{
    value common = *self;
    for (size_t i = 0; i < count; i++) {
        value set = common;
        if (!set_operation_intersect(ev, &set, &arguments[i], &common))
            return false;
    }
    *result = common;
    return true;
}

static bool set_difference(PARAMETERS)
{
    return combine_all(ev, BINARY_SUBTRACT, self, arguments, count, result);
}

static bool set_symmetric_difference(PARAMETERS)
{
    return combine_all(ev, BINARY_XOR, self, arguments, 1, result);
}

static bool set_issubset(PARAMETERS)
{
    value set;
    bool holds;
    if (!set_from(ev, &arguments[0], &set) ||
        !set_operation_compare(ev, RELATION_LESS_EQUAL, self, &set, &holds))
        return false;
    *result = value_bool(holds);
    return true;
}

/* Whether every item of an iterable is in the set, or none; the first that says otherwise ends it, and what
 * stands behind it is not looked at. */
static bool check_items(evaluation *ev, const value *set, const value *iterable, bool contained,
                        value *result)
{
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    bool holds = true;
    value item;
    iteration_step step = ITERATION_END;
    while (holds && (step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM) {
        bool found;
        if (!collection_check_hashable(ev, &item) || !set_operation_contains(ev, set, &item, &found))
            return false;
        holds = found == contained;
    }
    *result = value_bool(holds);
    return step != ITERATION_FAILED;
}

static bool set_issuperset(PARAMETERS)
{
    return check_items(ev, self, &arguments[0], true, result);
}

static bool set_isdisjoint(PARAMETERS)
{
    return check_items(ev, self, &arguments[0], false, result);
}

/* ---- the tables ---- */

static const callable map_methods[] = {
    {"get", 1, 2, NULL, map_get},
    {"items", 0, 0, NULL, map_items},
    {"keys", 0, 0, NULL, map_keys},
    {"values", 0, 0, NULL, map_values},
};

static const callable sequence_methods[] = {
    {"count", 1, 1, NULL, sequence_count},
    {"index", 1, 3, NULL, sequence_index},
};

static const callable range_methods[] = {
    {"count", 1, 1, NULL, range_count},
    {"index", 1, 1, NULL, range_index},
};

static const callable set_methods[] = {
    {"difference", 0, UINT8_MAX, NULL, set_difference},
    {"intersection", 0, UINT8_MAX, NULL, set_intersection},
    {"isdisjoint", 1, 1, NULL, set_isdisjoint},
    {"issubset", 1, 1, NULL, set_issubset},
    {"issuperset", 1, 1, NULL, set_issuperset},
    {"symmetric_difference", 1, 1, NULL, set_symmetric_difference},
    {"union", 0, UINT8_MAX, NULL, set_union},
};

static const callable *find(const callable *table, size_t table_count, const char *name, size_t size)
{
    for (size_t i = 0; i < table_count; i++)
        if (strlen(table[i].name) == size && memcmp(table[i].name, name, size) == 0)
            return &table[i];
    return NULL;
}

const callable *container_method_find(value_kind kind, const char *name, size_t size)
{
    switch (kind) {
    case VALUE_MAP:
        return find(map_methods, sizeof map_methods / sizeof map_methods[0], name, size);
    case VALUE_LIST:
    case VALUE_TUPLE:
        return find(sequence_methods, sizeof sequence_methods / sizeof sequence_methods[0], name, size);
    case VALUE_RANGE:
        return find(range_methods, sizeof range_methods / sizeof range_methods[0], name, size);
    case VALUE_SET:
        return find(set_methods, sizeof set_methods / sizeof set_methods[0], name, size);
    default:
        return NULL;
    }
}
