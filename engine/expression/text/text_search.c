/* The methods of str that look for a part of it: find, count, replace, startswith and their kin. */
#include "engine/expression/text/text_search.h"

#include "engine/expression/text/text_support.h"

/* ---- bytes ---- */

size_t text_search_forward(const char *bytes, size_t size, const value *part)
{
    if (part->count == 0)
        return 0;
    const char *found = memmem(bytes, size, part->text, part->count);
    return found == NULL ? TEXT_NOWHERE : (size_t)(found - bytes);
}

/* The last byte of the part finds the candidates. Comparing at each may take size * part->count altogether:
 * so every comparison is paid for. */
bool text_search_backward(evaluation *ev, const char *bytes, size_t size, const value *part, size_t *found)
{
    *found = part->count == 0 ? size : TEXT_NOWHERE;
    if (part->count == 0)
        return true;
    size_t before_last = part->count - 1;
    while (size > before_last) {
        const char *last = memrchr(bytes + before_last, part->text[before_last], size - before_last);
        if (last == NULL)
            return true;
        const char *start = last - before_last;
        if (!text_spend(ev, part->count))
            return false;
        if (memcmp(start, part->text, before_last) == 0) {
            *found = (size_t)(start - bytes);
            return true;
        }
        size = (size_t)(last - bytes);
    }
    return true;
}

/* ---- the range [start, end) of code points that a search is confined to ---- */

typedef struct search_range {
    size_t start; /* bytes */
    size_t end;
    bool empty; /* it begins behind its end or the text's: not even "" is found */
} search_range;

static bool take_slice_index(evaluation *ev, const value *arguments, size_t count, size_t i, int64_t *index)
{
    if (!text_given(arguments, count, i) || arguments[i].kind == VALUE_NULL)
        return true;
    if (!value_is_int(&arguments[i]))
        return evaluation_raise(ev, EXCEPTION_TYPE,
                                "slice indices must be integers or None or have an __index__ method");
    *index = arguments[i].integer;
    return true;
}

static int64_t from_the_front(int64_t index, int64_t length)
{
    if (index >= 0)
        return index;
    return index < -length ? 0 : index + length;
}

/* From arguments[1] and [2]. */
static bool take_range(evaluation *ev, const value *self, const value *arguments, size_t count,
                       search_range *range)
{
    int64_t start = 0, end = INT64_MAX;
    if (!take_slice_index(ev, arguments, count, 1, &start) ||
        !take_slice_index(ev, arguments, count, 2, &end))
        return false;
    *range = (search_range){.end = self->count};
    if (start == 0 && end == INT64_MAX)
        return true;
    int64_t length = (int64_t)text_length(self);
    start = from_the_front(start, length);
    end = end > length ? length : from_the_front(end, length);
    range->empty = start > end;
    if (!range->empty) {
        range->start = text_offset(self, (size_t)start);
        range->end = text_offset(self, (size_t)end);
    }
    return true;
}

/* ---- find ---- */

typedef enum search_direction { SEARCH_FORWARD, SEARCH_BACKWARD } search_direction;

/* The index of arguments[0] in self, or TEXT_NOWHERE. */
static bool find_index(evaluation *ev, const value *self, const value *arguments, size_t count,
                       search_direction direction, size_t *index)
{
    search_range range;
    if (!take_range(ev, self, arguments, count, &range) || !text_take_text(ev, &arguments[0]) ||
        !text_spend(ev, self->count))
        return false;
    *index = TEXT_NOWHERE;
    if (range.empty)
        return true;
    const char *bytes = self->text + range.start;
    size_t size = range.end - range.start, found;
    if (direction == SEARCH_FORWARD)
        found = text_search_forward(bytes, size, &arguments[0]);
    else if (!text_search_backward(ev, bytes, size, &arguments[0], &found))
        return false;
    if (found != TEXT_NOWHERE)
        *index = text_index(self, range.start + found);
    return true;
}

static bool find_or_minus_one(evaluation *ev, const value *self, const value *arguments, size_t count,
                              search_direction direction, value *result)
{
    size_t index;
    if (!find_index(ev, self, arguments, count, direction, &index))
        return false;
    *result = value_int(index == TEXT_NOWHERE ? -1 : (int64_t)index);
    return true;
}

static bool find_or_raise(evaluation *ev, const value *self, const value *arguments, size_t count,
                          search_direction direction, value *result)
{
    size_t index;
    if (!find_index(ev, self, arguments, count, direction, &index))
        return false;
    if (index == TEXT_NOWHERE)
        return evaluation_raise(ev, EXCEPTION_VALUE, "substring not found");
    *result = value_int((int64_t)index);
    return true;
}

bool text_call_find(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return find_or_minus_one(ev, self, arguments, count, SEARCH_FORWARD, result);
}

bool text_call_rfind(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return find_or_minus_one(ev, self, arguments, count, SEARCH_BACKWARD, result);
}

bool text_call_index(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return find_or_raise(ev, self, arguments, count, SEARCH_FORWARD, result);
}

bool text_call_rindex(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return find_or_raise(ev, self, arguments, count, SEARCH_BACKWARD, result);
}

/* What CPython's own check of a parameter's type calls it: that of None is "None". */
static const char *argument_type_name(const value *argument)
{
    return argument->kind == VALUE_NULL ? "None" : object_type_name(argument);
}

/* ---- count and replace ---- */

bool text_call_count(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    search_range range;
    if (!take_range(ev, self, arguments, count, &range) || !text_take_text(ev, &arguments[0]) ||
        !text_spend(ev, self->count))
        return false;
    const value *part = &arguments[0];
    value text = range.empty ? value_cstring("") : text_part(self, range.start, range.end);
    int64_t total = 0;
    if (part->count == 0) {
        total = range.empty ? 0 : (int64_t)text_length(&text) + 1;
    } else {
        for (size_t at = 0, found;; at += found + part->count, total++) {
            found = text_search_forward(text.text + at, text.count - at, part);
            if (found == TEXT_NOWHERE)
                break;
            if (!evaluation_spend(ev, 1))
                return false;
        }
    }
    *result = value_int(total);
    return true;
}

/* Before every code point and at the end. */
static bool insert_everywhere(evaluation *ev, const value *self, const value *inserted, uint64_t times_max,
                              buffer *out)
{
    size_t at = 0;
    for (uint64_t times = 0; times < times_max; times++) {
        if (!text_spend(ev, inserted->count))
            return false;
        buffer_add(out, inserted->text, inserted->count);
        if (at == self->count)
            break;
        size_t start = at++;
        while (at < self->count && ((unsigned char)self->text[at] & 0xC0) == 0x80)
            at++;
        buffer_add(out, self->text + start, at - start);
    }
    buffer_add(out, self->text + at, self->count - at);
    return true;
}

static bool replace_each(evaluation *ev, const value *self, const value *old, const value *new,
                         uint64_t times_max, buffer *out)
{
    size_t at = 0;
    for (uint64_t times = 0; times < times_max; times++) {
        size_t found = text_search_forward(self->text + at, self->count - at, old);
        if (found == TEXT_NOWHERE)
            break;
        if (!text_spend(ev, new->count))
            return false;
        buffer_add(out, self->text + at, found);
        buffer_add(out, new->text, new->count);
        at += found + old->count;
    }
    buffer_add(out, self->text + at, self->count - at);
    return true;
}

bool text_call_replace(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    const value *old = &arguments[0], *new = &arguments[1];
    for (int i = 0; i < 2; i++)
        if (arguments[i].kind != VALUE_STRING)
            return evaluation_raise(ev, EXCEPTION_TYPE, "replace() argument %d must be str, not %s", i + 1,
                                    argument_type_name(&arguments[i]));
    int64_t times_max = -1; /* any negative number means no limit */
    if (text_given(arguments, count, 2) && !text_take_int(ev, &arguments[2], &times_max))
        return false;
    if (!text_spend(ev, self->count))
        return false;
    if (text_search_forward(self->text, self->count, old) == TEXT_NOWHERE) {
        *result = *self;
        return true;
    }
    buffer out;
    text_begin(ev, &out);
    if (!(old->count == 0 ? insert_everywhere(ev, self, new, (uint64_t)times_max, &out)
                          : replace_each(ev, self, old, new, (uint64_t)times_max, &out)))
        return false;
    return text_finish(ev, &out, result);
}

/* ---- beginnings and ends ---- */

static bool has_affix(const value *self, const search_range *range, const value *affix, bool at_end)
{
    size_t size = range->end - range->start;
    if (range->empty || affix->count > size)
        return false;
    size_t start = at_end ? range->end - affix->count : range->start;
    return affix->count == 0 || memcmp(self->text + start, affix->text, affix->count) == 0;
}

static bool has_any_affix(evaluation *ev, const value *self, const search_range *range, const value *affixes,
                          bool at_end, bool *found)
{
    *found = false;
    for (uint32_t i = 0; i < affixes->count && !*found; i++) {
        const value *affix = &affixes->items[i];
        if (affix->kind != VALUE_STRING)
            return evaluation_raise(ev, EXCEPTION_TYPE, "tuple for %s must only contain str, not %s",
                                    at_end ? "endswith" : "startswith", object_type_name(affix));
        if (!text_spend(ev, affix->count))
            return false;
        *found = has_affix(self, range, affix, at_end);
    }
    return true;
}

static bool test_affix(evaluation *ev, const value *self, const value *arguments, size_t count, bool at_end,
                       value *result)
{
    search_range range;
    const value *affix = &arguments[0];
    if (!take_range(ev, self, arguments, count, &range))
        return false;
    if (!text_spend(ev, (count > 1 ? self->count : 0) + (size_t)affix->count))
        return false;
    bool found;
    if (affix->kind == VALUE_TUPLE) {
        if (!has_any_affix(ev, self, &range, affix, at_end, &found))
            return false;
    } else if (affix->kind == VALUE_STRING) {
        found = has_affix(self, &range, affix, at_end);
    } else {
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s first arg must be str or a tuple of str, not %s",
                                at_end ? "endswith" : "startswith", object_type_name(affix));
    }
    *result = value_bool(found);
    return true;
}

bool text_call_startswith(evaluation *ev, const value *self, const value *arguments, size_t count,
                          value *result)
{
    return test_affix(ev, self, arguments, count, false, result);
}

bool text_call_endswith(evaluation *ev, const value *self, const value *arguments, size_t count,
                        value *result)
{
    return test_affix(ev, self, arguments, count, true, result);
}

static bool remove_affix(evaluation *ev, const value *self, const value *affix, bool at_end, value *result)
{
    if (affix->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() argument must be str, not %s",
                                at_end ? "removesuffix" : "removeprefix", argument_type_name(affix));
    if (!text_spend(ev, affix->count))
        return false;
    search_range whole = {.end = self->count};
    if (!has_affix(self, &whole, affix, at_end))
        *result = *self;
    else if (at_end)
        *result = text_part(self, 0, self->count - affix->count);
    else
        *result = text_part(self, affix->count, self->count);
    return true;
}

bool text_call_removeprefix(evaluation *ev, const value *self, const value *arguments, size_t count,
                            value *result)
{
    (void)count;
    return remove_affix(ev, self, &arguments[0], false, result);
}

bool text_call_removesuffix(evaluation *ev, const value *self, const value *arguments, size_t count,
                            value *result)
{
    (void)count;
    return remove_affix(ev, self, &arguments[0], true, result);
}
