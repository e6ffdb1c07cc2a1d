#include "engine/expression/text/text_support.h"

/* ---- positions ---- */

static bool bytes_are_ascii(const char *bytes, size_t size)
{
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + sizeof seen <= size; i += sizeof seen) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        seen |= word;
    }
    for (; i < size; i++)
        seen |= (unsigned char)bytes[i] & 0x80u;
    return (seen & 0x8080808080808080u) == 0;
}

bool text_is_ascii(const value *text)
{
    return (text->flags & VALUE_ASCII) != 0 || bytes_are_ascii(text->text, text->count);
}

size_t text_length(const value *text)
{
    return text->flags & VALUE_ASCII ? text->count : utf8_length(text->text, text->count);
}

size_t text_offset(const value *text, size_t index)
{
    if (text->flags & VALUE_ASCII)
        return index;
    size_t offset = 0;
    for (; offset < text->count; offset++) {
        bool begins = ((unsigned char)text->text[offset] & 0xC0) != 0x80;
        if (begins && index-- == 0)
            break;
    }
    return offset;
}

size_t text_index(const value *text, size_t offset)
{
    return text->flags & VALUE_ASCII ? offset : utf8_length(text->text, offset);
}

uint32_t text_decode_before(const char *bytes, size_t end, size_t *start)
{
    size_t at = end - 1;
    while (at > 0 && ((unsigned char)bytes[at] & 0xC0) == 0x80)
        at--;
    *start = at;
    size_t width;
    return text_decode(bytes + at, end - at, &width);
}

value text_slice(const value *text, size_t start, size_t stop)
{
    value rest = text_part(text, text_offset(text, start), text->count);
    return text_part(&rest, 0, text_offset(&rest, stop - start));
}

int text_compare(const value *a, const value *b)
{
    size_t common = a->count < b->count ? a->count : b->count;
    int order = common == 0 ? 0 : memcmp(a->text, b->text, common);
    if (order == 0)
        return (a->count > b->count) - (a->count < b->count);
    return order < 0 ? -1 : 1;
}

/* ---- arguments ---- */

bool text_take_int(evaluation *ev, const value *argument, int64_t *integer)
{
    if (!value_is_int(argument))
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object cannot be interpreted as an integer",
                                object_type_name(argument));
    *integer = argument->integer;
    return true;
}

bool text_take_text(evaluation *ev, const value *argument)
{
    if (argument->kind == VALUE_STRING)
        return true;
    return evaluation_raise(ev, EXCEPTION_TYPE, "must be str, not %s", object_type_name(argument));
}

/* ---- results ---- */

value text_part(const value *self, size_t start, size_t end)
{
    value part = value_string(end > start ? self->text + start : "", end - start);
    part.flags = self->flags & VALUE_ASCII;
    return part;
}

value text_ascii(const char *bytes, size_t size)
{
    value text = value_string(bytes, size);
    text.flags = VALUE_ASCII;
    return text;
}

void text_begin(evaluation *ev, buffer *out)
{
    buffer_init(out, ev->arena, ev->memory_left);
}

bool text_finish(evaluation *ev, buffer *out, value *result)
{
    if (out->failed)
        return evaluation_charge(ev, SIZE_MAX); /* more than there ever is: raises */
    if (!evaluation_charge(ev, out->size))
        return false;
    *result = out->size == 0 ? value_cstring("") : buffer_string(out);
    result->flags = text_is_ascii(result) ? VALUE_ASCII : 0;
    return true;
}
