/* The methods of str that cut and fill its ends: strip, center, ljust, rjust, zfill. */
#include "engine/expression/text/text_support.h"
#include "engine/expression/text/text_unicode.h"

/* ---- strip ---- */

/* What is stripped: white space where chars is NULL. */
static bool is_stripped(const value *chars, const char *bytes, size_t size, uint32_t code_point)
{
    if (chars == NULL)
        return unicode_is_space(code_point);
    return memmem(chars->text, chars->count, bytes, size) != NULL;
}

static bool strip_start(evaluation *ev, const value *self, const value *chars, size_t *start)
{
    size_t width;
    for (; *start < self->count; *start += width) {
        const char *at = self->text + *start;
        uint32_t c = text_decode(at, self->count - *start, &width);
        if (!text_spend(ev, chars == NULL ? 0 : chars->count))
            return false;
        if (!is_stripped(chars, at, width, c))
            break;
    }
    return true;
}

static bool strip_end(evaluation *ev, const value *self, const value *chars, size_t start, size_t *end)
{
    while (*end > start) {
        size_t before;
        uint32_t c = text_decode_before(self->text, *end, &before);
        if (!text_spend(ev, chars == NULL ? 0 : chars->count))
            return false;
        if (!is_stripped(chars, self->text + before, *end - before, c))
            break;
        *end = before;
    }
    return true;
}

static bool strip(evaluation *ev, const value *self, const value *arguments, size_t count, bool at_start,
                  bool at_end, value *result)
{
    const value *chars =
        text_given(arguments, count, 0) && arguments[0].kind != VALUE_NULL ? &arguments[0] : NULL;
    if (chars != NULL && chars->kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%sstrip arg must be None or str",
                                at_start && at_end ? ""
                                : at_start         ? "l"
                                                   : "r");
    size_t start = 0, end = self->count;
    if (at_start && !strip_start(ev, self, chars, &start))
        return false;
    if (at_end && !strip_end(ev, self, chars, start, &end))
        return false;
    *result = text_part(self, start, end);
    return true;
}

bool text_call_strip(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return strip(ev, self, arguments, count, true, true, result);
}

bool text_call_lstrip(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return strip(ev, self, arguments, count, true, false, result);
}

bool text_call_rstrip(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return strip(ev, self, arguments, count, false, true, result);
}

/* ---- padding ---- */

static char *append(char *out, const char *bytes, size_t size)
{
    return size == 0 ? out : (char *)memcpy(out, bytes, size) + size;
}

static char *fill(char *out, const value *filler, size_t times)
{
    if (filler->count == 1) {
        memset(out, filler->text[0], times);
        return out + times;
    }
    for (; times > 0; times--)
        out = append(out, filler->text, filler->count);
    return out;
}

/* The first `sign` bytes of self, `left` fillers, the rest of self, `right` fillers. */
static bool pad(evaluation *ev, const value *self, size_t sign, const value *filler, size_t left,
                size_t right, value *result)
{
    size_t times = left + right;
    if (times > ev->memory_left / filler->count)
        return evaluation_charge(ev, SIZE_MAX); /* raises; also where the sum below would overflow */
    size_t size = times * filler->count + self->count;
    char *bytes = text_spend(ev, size) ? evaluation_alloc(ev, size) : NULL;
    if (bytes == NULL)
        return false;
    char *end = append(bytes, self->text, sign);
    end = fill(end, filler, left);
    end = append(end, self->text + sign, self->count - sign);
    fill(end, filler, right);
    *result = value_string(bytes, size);
    result->flags = self->flags & filler->flags & VALUE_ASCII;
    return true;
}

/* How many code points self lacks to be arguments[0] wide; 0 where it is wider. */
static bool take_width(evaluation *ev, const value *self, const value *arguments, size_t *lacking)
{
    int64_t width;
    if (!text_take_int(ev, &arguments[0], &width) || !text_spend(ev, self->count))
        return false;
    size_t length = text_length(self);
    *lacking = width > (int64_t)length ? (size_t)width - length : 0;
    return true;
}

static bool take_filler(evaluation *ev, const value *arguments, size_t count, value *filler)
{
    *filler = text_ascii(" ", 1);
    if (!text_given(arguments, count, 1))
        return true;
    if (arguments[1].kind != VALUE_STRING)
        return evaluation_raise(ev, EXCEPTION_TYPE, "The fill character must be a unicode character, not %s",
                                object_type_name(&arguments[1]));
    if (text_length(&arguments[1]) != 1)
        return evaluation_raise(ev, EXCEPTION_TYPE, "The fill character must be exactly one character long");
    *filler = arguments[1];
    if (filler->count == 1)
        filler->flags |= VALUE_ASCII;
    return true;
}

typedef enum alignment { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT } alignment;

static bool align(evaluation *ev, const value *self, const value *arguments, size_t count, alignment where,
                  value *result)
{
    size_t lacking;
    value filler;
    if (!take_width(ev, self, arguments, &lacking) || !take_filler(ev, arguments, count, &filler))
        return false;
    if (lacking == 0) {
        *result = *self;
        return true;
    }
    size_t left = where == ALIGN_LEFT ? 0 : lacking;
    /* Of an odd lack the greater half stands left where the width is odd, as CPython has it. */
    if (where == ALIGN_CENTER)
        left = lacking / 2 + (lacking & (size_t)arguments[0].integer & 1);
    return pad(ev, self, 0, &filler, left, lacking - left, result);
}

bool text_call_center(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return align(ev, self, arguments, count, ALIGN_CENTER, result);
}

bool text_call_ljust(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return align(ev, self, arguments, count, ALIGN_LEFT, result);
}

bool text_call_rjust(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    return align(ev, self, arguments, count, ALIGN_RIGHT, result);
}

bool text_call_zfill(evaluation *ev, const value *self, const value *arguments, size_t count, value *result)
{
    (void)count;
    size_t lacking;
    if (!take_width(ev, self, arguments, &lacking))
        return false;
    if (lacking == 0) {
        *result = *self;
        return true;
    }
    value zero = text_ascii("0", 1);
    bool has_sign = self->count > 0 && (self->text[0] == '+' || self->text[0] == '-');
    return pad(ev, self, has_sign, &zero, lacking, 0, result);
}
