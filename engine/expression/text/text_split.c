/* The methods of str that take it apart and put it together: split, splitlines, partition, join. */
#include "engine/expression/machine/collection.h"
#include "engine/expression/text/text_search.h"
#include "engine/expression/text/text_support.h"
#include "engine/expression/text/text_unicode.h"

const char *const text_split_keywords[] = {"sep", "maxsplit", NULL};
const char *const text_line_keywords[] = {"keepends", NULL};

static bool add_part(sequence_builder *parts, const value *self, size_t start, size_t end)
{
    return evaluation_spend(parts->ev, 1) && sequence_builder_add(parts, text_part(self, start, end));
}

/* ---- split ---- */

/* The end of the run of code points from `at` on that are white space, or that are not. */
static size_t skip_forward(const value *self, size_t at, bool space)
{
    size_t width;
    for (; at < self->count; at += width)
        if (unicode_is_space(text_decode(self->text + at, self->count - at, &width)) != space)
            break;
    return at;
}

/* The start of such a run that ends at `end`. */
static size_t skip_backward(const value *self, size_t end, bool space)
{
    size_t start;
    for (; end > 0; end = start)
        if (unicode_is_space(text_decode_before(self->text, end, &start)) != space)
            break;
    return end;
}

static bool split_space(sequence_builder *parts, const value *self, uint64_t splits_left)
{
    size_t start = skip_forward(self, 0, true);
    while (start < self->count) {
        size_t end = splits_left-- > 0 ? skip_forward(self, start, false) : self->count;
        if (!add_part(parts, self, start, end))
            return false;
        start = skip_forward(self, end, true);
    }
    return true;
}

static bool split_space_backward(sequence_builder *parts, const value *self, uint64_t splits_left)
{
    size_t end = skip_backward(self, self->count, true);
    while (end > 0) {
        size_t start = splits_left-- > 0 ? skip_backward(self, end, false) : 0;
        if (!add_part(parts, self, start, end))
            return false;
        end = skip_backward(self, start, true);
    }
    return true;
}

static bool split_text(sequence_builder *parts, const value *self, const value *separator,
                       uint64_t splits_left)
{
    size_t start = 0;
    for (; splits_left > 0; splits_left--) {
        size_t found = text_search_forward(self->text + start, self->count - start, separator);
        if (found == TEXT_NOWHERE)
            break;
        if (!add_part(parts, self, start, start + found))
            return false;
        start += found + separator->count;
    }
    return add_part(parts, self, start, self->count);
}

static bool split_text_backward(sequence_builder *parts, const value *self, const value *separator,
                                uint64_t splits_left)
{
    size_t end = self->count;
    for (; splits_left > 0; splits_left--) {
        size_t found;
        if (!text_search_backward(parts->ev, self->text, end, separator, &found))
            return false;
        if (found == TEXT_NOWHERE)
            break;
        if (!add_part(parts, self, found + separator->count, end))
            return false;
        end = found;
    }
    return add_part(parts, self, 0, end);
}

static void reverse_parts(sequence_builder *parts)
{
    for (size_t i = 0, j = parts->count; i + 1 < j; i++) {
        value part = parts->items[i];
        parts->items[i] = parts->items[--j];
        parts->items[j] = part;
    }
}

static bool split(evaluation *ev, const value *self, const value *arguments, size_t count, bool backward,
                  value *result)
{
    const value *separator =
        text_given(arguments, count, 0) && arguments[0].kind != VALUE_NULL ? &arguments[0] : NULL;
    int64_t splits_max = -1; /* any negative number means no limit */
    if (text_given(arguments, count, 1) && !text_take_int(ev, &arguments[1], &splits_max))
        return false;
    if (separator != NULL && separator->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "must be str or None, not %s",
                                object_type_name(separator));
    if (separator != NULL && separator->count == 0)
        return evaluation_raise(ev, EXCEPTION_VALUE, "empty separator");
    if (!text_spend(ev, self->count))
        return false;
    sequence_builder parts;
    sequence_builder_init(&parts, ev);
    uint64_t splits = (uint64_t)splits_max;
    bool done;
    if (backward) {
        done = separator == NULL ? split_space_backward(&parts, self, splits)
                                 : split_text_backward(&parts, self, separator, splits);
        reverse_parts(&parts);
    } else {
        done = separator == NULL ? split_space(&parts, self, splits)
                                 : split_text(&parts, self, separator, splits);
    }
    return done && sequence_builder_finish(&parts, VALUE_LIST, result);
}

bool text_call_split(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return split(ev, self, arguments, count, false, result);
}

bool text_call_rsplit(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return split(ev, self, arguments, count, true, result);
}

/* ---- splitlines ---- */

/* The line that starts at `at` ends before *end; the next one starts at the result. */
static size_t find_line(const value *self, size_t at, size_t *end)
{
    size_t width;
    for (; at < self->count; at += width) {
        uint32_t c = text_decode(self->text + at, self->count - at, &width);
        if (!unicode_is_line_break(c))
            continue;
        *end = at;
        bool pair = c == '\r' && at + 1 < self->count && self->text[at + 1] == '\n';
        return at + width + pair;
    }
    *end = at;
    return at;
}

bool text_call_splitlines(evaluation *ev, const value *self, const value *arguments, size_t count,
                          value *result)
{
    int64_t keep_ends = 0;
    if (text_given(arguments, count, 0) && !text_take_int(ev, &arguments[0], &keep_ends))
        return false;
    if (keep_ends < INT32_MIN || keep_ends > INT32_MAX)
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "Python int too large to convert to C int");
    if (!text_spend(ev, self->count))
        return false;
    sequence_builder lines;
    sequence_builder_init(&lines, ev);
    for (size_t start = 0, next; start < self->count; start = next) {
        size_t end;
        next = find_line(self, start, &end);
        if (!add_part(&lines, self, start, keep_ends != 0 ? next : end))
            return false;
    }
    return sequence_builder_finish(&lines, VALUE_LIST, result);
}

/* ---- partition ---- */

static bool take_separator(evaluation *ev, const value *separator)
{
    if (!text_take_text(ev, separator))
        return false;
    return separator->count > 0 || evaluation_raise(ev, EXCEPTION_VALUE, "empty separator");
}

static bool finish_partition(evaluation *ev, const value *self, const value *separator, size_t found,
                             value *result)
{
    value parts[] = {
        text_part(self, 0, found),
        *separator,
        text_part(self, found + separator->count, self->count),
    };
    return sequence_copy(ev, VALUE_TUPLE, parts, sizeof parts / sizeof *parts, result);
}

bool text_call_partition(evaluation *ev, const value *self, const value *arguments, size_t count,
                         value *result)
{
    (void)count;
    if (!take_separator(ev, &arguments[0]) || !text_spend(ev, self->count))
        return false;
    size_t found = text_search_forward(self->text, self->count, &arguments[0]);
    if (found != TEXT_NOWHERE)
        return finish_partition(ev, self, &arguments[0], found, result);
    value parts[] = {*self, text_ascii("", 0), text_ascii("", 0)};
    return sequence_copy(ev, VALUE_TUPLE, parts, sizeof parts / sizeof *parts, result);
}

bool text_call_rpartition(evaluation *ev, const value *self, const value *arguments, size_t count,
                          value *result)
{
    (void)count;
    size_t found;
    if (!take_separator(ev, &arguments[0]) || !text_spend(ev, self->count) ||
        !text_search_backward(ev, self->text, self->count, &arguments[0], &found))
        return false;
    if (found != TEXT_NOWHERE)
        return finish_partition(ev, self, &arguments[0], found, result);
    value parts[] = {text_ascii("", 0), text_ascii("", 0), *self};
    return sequence_copy(ev, VALUE_TUPLE, parts, sizeof parts / sizeof *parts, result);
}

/* ---- join ---- */

static bool is_sequence(const value *v)
{
    return v->kind == VALUE_LIST || v->kind == VALUE_TUPLE || v->kind == VALUE_SET;
}

static bool is_iterable(const value *v)
{
    return is_sequence(v) || v->kind == VALUE_STRING || v->kind == VALUE_MAP || v->kind == VALUE_RANGE ||
           v->kind == VALUE_ITERATOR;
}

/* The bytes of the joined text, and whether it is known to be ASCII. */
static bool measure_joined(evaluation *ev, const value *separator, const value *items, size_t *size,
                           bool *ascii)
{
    *size = 0;
    *ascii = items->count < 2 || (separator->flags & VALUE_ASCII) != 0;
    for (uint32_t i = 0; i < items->count; i++) {
        const value *item = &items->items[i];
        if (item->kind != VALUE_STRING)
            return evaluation_raise(ev, EXCEPTION_TYPE, "sequence item %u: expected str instance, %s found",
                                    i, object_type_name(item));
        *size += item->count + (i > 0 ? (size_t)separator->count : 0);
        *ascii = *ascii && (item->flags & VALUE_ASCII) != 0;
    }
    return true;
}

static char *append_text(char *out, const value *text)
{
    if (text->count == 0)
        return out;
    return (char *)memcpy(out, text->text, text->count) + text->count;
}

bool text_call_join(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    (void)count;
    value items = arguments[0];
    if (!is_iterable(&items))
        return evaluation_raise(ev, EXCEPTION_TYPE, "can only join an iterable");
    if (!is_sequence(&items) && !sequence_from(ev, VALUE_LIST, &arguments[0], &items))
        return false;
    size_t size;
    bool ascii;
    if (!evaluation_spend(ev, items.count) || !measure_joined(ev, self, &items, &size, &ascii) ||
        !text_spend(ev, size))
        return false;
    if (items.count == 1) {
        *result = items.items[0];
        return true;
    }
    char *bytes = evaluation_alloc(ev, size);
    if (bytes == NULL)
        return false;
    char *end = bytes;
    for (uint32_t i = 0; i < items.count; i++) {
        if (i > 0)
            end = append_text(end, self);
        end = append_text(end, &items.items[i]);
    }
    *result = value_string(bytes, size);
    result->flags = ascii ? VALUE_ASCII : 0;
    return true;
}
