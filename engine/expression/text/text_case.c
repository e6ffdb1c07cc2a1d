/* The methods of str that change or tell case, and the other classes of characters. */
#include "engine/expression/text/text_support.h"
#include "engine/expression/text/text_unicode.h"

enum {
    /* A mapping or class of one code point outside ASCII takes as long as a few steps' worth of bytes. */
    SLOW_FACTOR = 4,
    CAPITAL_SIGMA = 0x3A3,
    SMALL_SIGMA = 0x3C3,
    FINAL_SIGMA = 0x3C2,
};

/* ---- ASCII ---- */

static void ascii_to_lower(const char *in, char *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = ascii_lower(in[i]);
}

static void ascii_to_upper(const char *in, char *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = ascii_upper(in[i]);
}

static char ascii_swapped(char c)
{
    if (ascii_is_upper(c))
        return ascii_lower(c);
    return ascii_upper(c);
}

static void ascii_swap(const char *in, char *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = ascii_swapped(in[i]);
}

static void ascii_capitalize(const char *in, char *out, size_t size)
{
    ascii_to_lower(in, out, size);
    if (size > 0)
        out[0] = ascii_upper(in[0]);
}

static void ascii_to_title(const char *in, char *out, size_t size)
{
    bool after_letter = false;
    for (size_t i = 0; i < size; i++) {
        if (after_letter)
            out[i] = ascii_lower(in[i]);
        else
            out[i] = ascii_upper(in[i]);
        after_letter = ascii_is_upper(in[i]) || ascii_is_lower(in[i]);
    }
}

/* ---- Unicode ---- */

/* A place in a text, as the mappers below see it. */
typedef struct place {
    const char *bytes;
    size_t size;
    size_t start; /* of the code point that is mapped */
    size_t end;
    uint32_t code_point;
} place;

static bool cased_letter_before(const place *p)
{
    for (size_t start = p->start; start > 0;) {
        uint32_t c = text_decode_before(p->bytes, start, &start);
        if (!unicode_is_case_ignorable(c))
            return unicode_is_cased(c);
    }
    return false;
}

static bool cased_letter_after(const place *p)
{
    size_t width;
    for (size_t at = p->end; at < p->size; at += width) {
        uint32_t c = text_decode(p->bytes + at, p->size - at, &width);
        if (!unicode_is_case_ignorable(c))
            return unicode_is_cased(c);
    }
    return false;
}

/* A capital sigma that ends a word becomes the small letter's final form. */
static void add_lower(buffer *out, const place *p)
{
    if (p->code_point != CAPITAL_SIGMA) {
        unicode_add_mapped(out, UNICODE_LOWER, p->code_point);
        return;
    }
    char bytes[4];
    bool final = cased_letter_before(p) && !cased_letter_after(p);
    buffer_add(out, bytes, utf8_encode(final ? FINAL_SIGMA : SMALL_SIGMA, bytes));
}

static void add_upper(buffer *out, const place *p)
{
    unicode_add_mapped(out, UNICODE_UPPER, p->code_point);
}

static void add_folded(buffer *out, const place *p)
{
    unicode_add_mapped(out, UNICODE_FOLDED, p->code_point);
}

static void add_swapped(buffer *out, const place *p)
{
    if (unicode_is_upper(p->code_point))
        add_lower(out, p);
    else if (unicode_is_lower(p->code_point))
        unicode_add_mapped(out, UNICODE_UPPER, p->code_point);
    else
        buffer_add(out, p->bytes + p->start, p->end - p->start);
}

static void add_capitalized(buffer *out, const place *p)
{
    if (p->start == 0)
        unicode_add_mapped(out, UNICODE_TITLE, p->code_point);
    else
        add_lower(out, p);
}

static void add_title(buffer *out, const place *p)
{
    size_t start;
    if (p->start > 0 && unicode_is_cased(text_decode_before(p->bytes, p->start, &start)))
        add_lower(out, p);
    else
        unicode_add_mapped(out, UNICODE_TITLE, p->code_point);
}

typedef void (*ascii_mapper)(const char *in, char *out, size_t size);
typedef void (*unicode_mapper)(buffer *out, const place *p);

static bool map_text(evaluation *ev, const value *self, ascii_mapper map_ascii, unicode_mapper add_mapped,
                     value *result)
{
    if (text_is_ascii(self)) {
        char *bytes = text_spend(ev, self->count) ? evaluation_alloc(ev, self->count) : NULL;
        if (bytes == NULL)
            return false;
        map_ascii(self->text, bytes, self->count);
        *result = text_ascii(bytes, self->count);
        return true;
    }
    if (!text_spend(ev, (size_t)self->count * SLOW_FACTOR))
        return false;
    buffer out;
    text_begin(ev, &out);
    buffer_reserve(&out, self->count);
    place p = {.bytes = self->text, .size = self->count};
    for (; p.start < p.size; p.start = p.end) {
        size_t width;
        p.code_point = text_decode(p.bytes + p.start, p.size - p.start, &width);
        p.end = p.start + width;
        add_mapped(&out, &p);
    }
    return text_finish(ev, &out, result);
}

#define CASE_METHOD(name, map_ascii, add_mapped)                                                   \
    bool text_call_##name(evaluation *ev, const value *self, const value *arguments, size_t count, \
                          value *result)                                                           \
    {                                                                                              \
        (void)arguments;                                                                           \
        (void)count;                                                                               \
        return map_text(ev, self, map_ascii, add_mapped, result);                                  \
    }

CASE_METHOD(lower, ascii_to_lower, add_lower)
CASE_METHOD(upper, ascii_to_upper, add_upper)
CASE_METHOD(casefold, ascii_to_lower, add_folded)
CASE_METHOD(swapcase, ascii_swap, add_swapped)
CASE_METHOD(capitalize, ascii_capitalize, add_capitalized)
CASE_METHOD(title, ascii_to_title, add_title)

/* ---- classes ---- */

typedef bool (*class_test)(uint32_t c);

static bool is_alphanumeric(uint32_t c)
{
    return unicode_is_alpha(c) || unicode_is_decimal(c) || unicode_is_digit(c) || unicode_is_numeric(c);
}

/* Every code point is of the class, and there is one. */
static bool all_of_class(const value *self, class_test is_member)
{
    size_t width;
    for (size_t at = 0; at < self->count; at += width)
        if (!is_member(text_decode(self->text + at, self->count - at, &width)))
            return false;
    return self->count > 0;
}

/* At least one is of the wanted case, none of another. */
static bool all_in_case(const value *self, class_test is_wanted, class_test is_other)
{
    bool found = false;
    size_t width;
    for (size_t at = 0; at < self->count; at += width) {
        uint32_t c = text_decode(self->text + at, self->count - at, &width);
        if (is_other(c) || unicode_is_title(c))
            return false;
        found = found || is_wanted(c);
    }
    return found;
}

#define CLASS_METHOD(name, test)                                                                   \
    bool text_call_##name(evaluation *ev, const value *self, const value *arguments, size_t count, \
                          value *result)                                                           \
    {                                                                                              \
        (void)arguments;                                                                           \
        (void)count;                                                                               \
        if (!text_spend(ev, (size_t)self->count * SLOW_FACTOR))                                    \
            return false;                                                                          \
        *result = value_bool(test);                                                                \
        return true;                                                                               \
    }

CLASS_METHOD(isalnum, all_of_class(self, is_alphanumeric))
CLASS_METHOD(isalpha, all_of_class(self, unicode_is_alpha))
CLASS_METHOD(isdecimal, all_of_class(self, unicode_is_decimal))
CLASS_METHOD(isdigit, all_of_class(self, unicode_is_digit))
CLASS_METHOD(isnumeric, all_of_class(self, unicode_is_numeric))
CLASS_METHOD(isspace, all_of_class(self, unicode_is_space))
CLASS_METHOD(isupper, all_in_case(self, unicode_is_upper, unicode_is_lower))
CLASS_METHOD(islower, all_in_case(self, unicode_is_lower, unicode_is_upper))
