#include "engine/expression/machine/subscript.h"

#include "engine/expression/machine/collection.h"
#include "engine/expression/text/text_methods.h"

static bool raise_unsubscriptable(evaluation *ev, const value *container)
{
    return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object is not subscriptable",
                            object_type_name(container));
}

/* The place that an index, which counts from the end where it is negative, means among `length` items. */
static bool find_place(evaluation *ev, const value *container, const value *index, uint64_t length,
                       uint64_t *place)
{
    const char *name = object_type_name(container);
    if (!value_is_int(index)) {
        if (container->kind == VALUE_STRING)
            return evaluation_raise(ev, EXCEPTION_TYPE, "string indices must be integers, not '%s'",
                                    object_type_name(index));
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s indices must be integers or slices, not %s", name,
                                object_type_name(index));
    }
    int64_t i = index->integer;
    uint64_t from_start = i < 0 ? length + (uint64_t)i : (uint64_t)i;
    uint64_t distance = 0 - (uint64_t)i;
    if (i < 0 ? distance > length : from_start >= length) {
        const char *what = container->kind == VALUE_STRING  ? "string"
                           : container->kind == VALUE_RANGE ? "range object"
                                                            : name;
        return evaluation_raise(ev, EXCEPTION_INDEX, "%s index out of range", what);
    }
    *place = from_start;
    return true;
}

static bool item_of_map(evaluation *ev, const value *map, const value *key, value *result)
{
    if (!collection_check_hashable(ev, key))
        return false;
    const value *found = value_get_key(map, key);
    if (found == NULL)
        return evaluation_raise(ev, EXCEPTION_KEY, "the dict has no such key");
    *result = *found;
    return true;
}

static bool item_of_text(evaluation *ev, const value *text, const value *index, value *result)
{
    uint64_t place;
    uint64_t length = text_length(text);
    if (!evaluation_spend(ev, text->flags & VALUE_ASCII ? 1 : text->count / 64 + 1) ||
        !find_place(ev, text, index, length, &place))
        return false;
    *result = text_slice(text, place, place + 1);
    return true;
}

bool subscript_item(evaluation *ev, const value *container, const value *index, value *result)
{
    uint64_t place;
    switch ((value_kind)container->kind) {
    case VALUE_MAP:
        return item_of_map(ev, container, index, result);
    case VALUE_LIST:
    case VALUE_TUPLE:
        if (!find_place(ev, container, index, container->count, &place))
            return false;
        *result = container->items[place];
        return true;
    case VALUE_STRING:
        return item_of_text(ev, container, index, result);
    case VALUE_RANGE:
        if (!find_place(ev, container, index, object_as_range(container)->length, &place))
            return false;
        *result = value_int(object_range_at(object_as_range(container), place));
        return true;
    default:
        return raise_unsubscriptable(ev, container);
    }
}

/* ---- slices ---- */

typedef struct slice {
    int64_t start;
    int64_t stop;
    int64_t step;
    uint64_t count;
} slice;

static bool check_bound(evaluation *ev, const value *bound)
{
    if (bound->kind == VALUE_NULL || value_is_int(bound))
        return true;
    return evaluation_raise(ev, EXCEPTION_TYPE,
                            "slice indices must be integers or None or have an __index__ method");
}

/* A bound as a place between low and high, counted from the end where it is negative. */
static int64_t clamp(const value *bound, int64_t length, int64_t omitted, int64_t low, int64_t high)
{
    if (bound->kind == VALUE_NULL)
        return omitted;
    int64_t place = bound->integer;
    if (place < 0)
        place = place < -length ? -1 : place + length;
    return place < low ? low : place > high ? high : place;
}

/* What the bounds mean for `length` items, as Python's slice.indices(). */
static bool resolve(evaluation *ev, const value bounds[3], int64_t length, slice *s)
{
    for (int i = 0; i < 3; i++)
        if (!check_bound(ev, &bounds[i]))
            return false;
    s->step = bounds[2].kind == VALUE_NULL ? 1 : bounds[2].integer;
    if (s->step == 0)
        return evaluation_raise(ev, EXCEPTION_VALUE, "slice step cannot be zero");
    if (s->step == INT64_MIN)
        s->step = -INT64_MAX; /* means the same, and has a negative */
    bool forward = s->step > 0;
    int64_t low = forward ? 0 : -1;
    int64_t high = forward ? length : length - 1;
    s->start = clamp(&bounds[0], length, forward ? low : high, low, high);
    s->stop = clamp(&bounds[1], length, forward ? high : low, low, high);
    int64_t distance = forward ? s->stop - s->start : s->start - s->stop;
    int64_t stride = forward ? s->step : -s->step;
    s->count = distance <= 0 ? 0 : (uint64_t)((distance - 1) / stride + 1);
    return true;
}

/* The place of item i < count. A step may be so large that there is no place behind the last one. */
static size_t slice_place(const slice *s, uint64_t i)
{
    return (size_t)(s->start + (int64_t)i * s->step);
}

static bool slice_items(evaluation *ev, const value *sequence, const slice *s, value *result)
{
    if (s->step == 1) {
        value part = *sequence; /* values never change: the items are shared */
        part.items = s->count == 0 ? NULL : sequence->items + s->start;
        part.count = (uint32_t)s->count;
        *result = part;
        return true;
    }
    value *items = evaluation_alloc(ev, s->count * sizeof *items);
    if (items == NULL || !evaluation_spend(ev, s->count))
        return false;
    for (uint64_t i = 0; i < s->count; i++)
        items[i] = sequence->items[slice_place(s, i)];
    value part = *sequence;
    part.items = items;
    part.count = (uint32_t)s->count;
    *result = part;
    return true;
}

static bool slice_text(evaluation *ev, const value *text, const slice *s, value *result)
{
    if (!evaluation_spend(ev, text->count / 64 + 1))
        return false;
    if (s->step == 1) {
        *result = text_slice(text, (size_t)s->start, (size_t)s->start + s->count);
        return true;
    }
    sequence_builder places;
    sequence_builder_init(&places, ev);
    size_t size = 0;
    /* One code point after another by text_slice is quadratic where the text is not ASCII: paid in steps. */
    size_t cost = text->flags & VALUE_ASCII ? 1 : text->count / 64 + 1;
    for (uint64_t i = 0; i < s->count; i++) {
        size_t place = slice_place(s, i);
        value character = text_slice(text, place, place + 1);
        size += character.count;
        if (!evaluation_spend(ev, cost) || !sequence_builder_add(&places, character))
            return false;
    }
    char *out = evaluation_alloc(ev, size);
    if (out == NULL)
        return false;
    size_t written = 0;
    for (uint32_t i = 0; i < places.count; i++) {
        memcpy(out + written, places.items[i].text, places.items[i].count);
        written += places.items[i].count;
    }
    uint8_t flags = text->flags & VALUE_ASCII;
    *result = value_string(out, size);
    result->flags = flags;
    return true;
}

/* A slice of a range is a range; its bounds need up to 128 bits on the way, and may end up beyond 64. */
static bool slice_range(evaluation *ev, const value *container, const value bounds[3], value *result)
{
    const range_object *range = object_as_range(container);
    slice s;
    if (range->length > INT64_MAX)
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    if (!resolve(ev, bounds, (int64_t)range->length, &s))
        return false;
    __int128 step = (__int128)range->step * s.step;
    __int128 start = (__int128)range->step * s.start + range->start;
    __int128 stop = (__int128)range->step * s.stop + range->start;
    if ((int64_t)step != step || (int64_t)start != start || (int64_t)stop != stop)
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    return object_range(ev, (int64_t)start, (int64_t)stop, (int64_t)step, result);
}

bool subscript_slice(evaluation *ev, const value *container, const value bounds[3], value *result)
{
    slice s;
    switch ((value_kind)container->kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
        return resolve(ev, bounds, container->count, &s) && slice_items(ev, container, &s, result);
    case VALUE_STRING:
        return resolve(ev, bounds, (int64_t)text_length(container), &s) &&
               slice_text(ev, container, &s, result);
    case VALUE_RANGE:
        return slice_range(ev, container, bounds, result);
    case VALUE_MAP:
        return evaluation_raise(ev, EXCEPTION_TYPE, "unhashable type: 'slice'");
    default:
        return raise_unsubscriptable(ev, container);
    }
}
