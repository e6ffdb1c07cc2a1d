#include "engine/expression/machine/object.h"

static const char *iterator_name(const value *v)
{
    switch (value_iterator_kind(v)) {
    case ITERATOR_KEYS:
        return "dict_keys";
    case ITERATOR_VALUES:
        return "dict_values";
    case ITERATOR_MEMBERS:
        return "dict_items";
    case ITERATOR_GENERATOR:
        return "generator";
    case ITERATOR_ZIP:
        return "zip";
    case ITERATOR_ENUMERATE:
        return "enumerate";
    case ITERATOR_REVERSED:
        return "reversed";
    default:
        return "iterator";
    }
}

const char *object_type_name(const value *v)
{
    switch ((value_kind)v->kind) {
    case VALUE_NULL:
        return "NoneType";
    case VALUE_BOOL:
        return "bool";
    case VALUE_INT:
        return "int";
    case VALUE_FLOAT:
        return "float";
    case VALUE_STRING:
        return "str";
    case VALUE_LIST:
        return "list";
    case VALUE_MAP:
        return "dict";
    case VALUE_TUPLE:
        return "tuple";
    case VALUE_SET:
        return "set";
    case VALUE_RANGE:
        return "range";
    case VALUE_CALLABLE:
        return v->extra == CALLABLE_TYPE ? "type" : "builtin_function_or_method";
    case VALUE_ITERATOR:
        return iterator_name(v);
    }
    return "object";
}

/* What the view of an empty map points to: a NULL there would read as an omitted argument. */
static const value_member no_members[1];

value object_view(const value *map, iterator_kind kind)
{
    value view = *map;
    view.kind = VALUE_ITERATOR;
    view.extra = (uint16_t)((unsigned)kind | value_built_depth(map) << 8);
    if (view.members == NULL)
        view.members = no_members;
    return view;
}

value object_viewed_map(const value *view)
{
    value map = *view;
    map.kind = VALUE_MAP;
    map.extra = (uint16_t)value_built_depth(view);
    return map;
}

static uint64_t range_length(int64_t start, int64_t stop, int64_t step)
{
    if (step > 0 ? start >= stop : start <= stop)
        return 0;
    uint64_t distance = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    return (distance - 1) / stride + 1;
}

bool object_range(evaluation *ev, int64_t start, int64_t stop, int64_t step, value *result)
{
    assert(step != 0);
    range_object *range = evaluation_alloc(ev, sizeof *range);
    if (range == NULL)
        return false;
    uint64_t length = range_length(start, stop, step);
    *range = (range_object){
        .key = {(int64_t)length, length > 0 ? start : 0, length > 1 ? step : 0},
        .start = start,
        .stop = stop,
        .step = step,
        .length = length,
    };
    *result = (value){.kind = VALUE_RANGE, .object = range};
    return true;
}

int64_t object_range_at(const range_object *range, uint64_t index)
{
    return (int64_t)((uint64_t)range->start + index * (uint64_t)range->step);
}
