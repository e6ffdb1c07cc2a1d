/* text_support: what the methods of str share: positions, arguments, budgets and results.
 *
 * Bytes are scanned and copied 16 a step: that is about what an operation of the machine takes in time. */
#ifndef ENGINE_EXPRESSION_TEXT_SUPPORT_H
#define ENGINE_EXPRESSION_TEXT_SUPPORT_H

#include "engine/expression/machine/object.h"
#include "engine/expression/text/text_methods.h"
#include "engine/value/utf8.h"

/* X(name, arguments_min, arguments_max, keywords), ordered by name: text_method_find searches by halves. */
#define TEXT_METHODS(X)                     \
    X(capitalize, 0, 0, NULL)               \
    X(casefold, 0, 0, NULL)                 \
    X(center, 1, 2, NULL)                   \
    X(count, 1, 3, NULL)                    \
    X(endswith, 1, 3, NULL)                 \
    X(find, 1, 3, NULL)                     \
    X(index, 1, 3, NULL)                    \
    X(isalnum, 0, 0, NULL)                  \
    X(isalpha, 0, 0, NULL)                  \
    X(isdecimal, 0, 0, NULL)                \
    X(isdigit, 0, 0, NULL)                  \
    X(islower, 0, 0, NULL)                  \
    X(isnumeric, 0, 0, NULL)                \
    X(isspace, 0, 0, NULL)                  \
    X(isupper, 0, 0, NULL)                  \
    X(join, 1, 1, NULL)                     \
    X(ljust, 1, 2, NULL)                    \
    X(lower, 0, 0, NULL)                    \
    X(lstrip, 0, 1, NULL)                   \
    X(partition, 1, 1, NULL)                \
    X(removeprefix, 1, 1, NULL)             \
    X(removesuffix, 1, 1, NULL)             \
    X(replace, 2, 3, NULL)                  \
    X(rfind, 1, 3, NULL)                    \
    X(rindex, 1, 3, NULL)                   \
    X(rjust, 1, 2, NULL)                    \
    X(rpartition, 1, 1, NULL)               \
    X(rsplit, 0, 2, text_split_keywords)    \
    X(rstrip, 0, 1, NULL)                   \
    X(split, 0, 2, text_split_keywords)     \
    X(splitlines, 0, 1, text_line_keywords) \
    X(startswith, 1, 3, NULL)               \
    X(strip, 0, 1, NULL)                    \
    X(swapcase, 0, 0, NULL)                 \
    X(title, 0, 0, NULL)                    \
    X(upper, 0, 0, NULL)                    \
    X(zfill, 1, 1, NULL)

#define X(name, minimum, maximum, keywords)                                                        \
    bool text_call_##name(evaluation *ev, const value *self, const value *arguments, size_t count, \
                          value *result);
TEXT_METHODS(X)
#undef X

enum { TEXT_BYTES_A_STEP = 16 };

/* "No such place" among offsets and indices. */
#define TEXT_NOWHERE SIZE_MAX

/* ---- positions ---- */

/* True where every code point is one byte, by the flag or by looking. */
bool text_is_ascii(const value *text);
/* The byte at which the code point `index` begins; the size where index is the length. */
size_t text_offset(const value *text, size_t index);
/* The code points before a byte offset. */
size_t text_index(const value *text, size_t offset);
/* utf8_decode, quick where most bytes are ASCII. */
static inline uint32_t text_decode(const char *bytes, size_t size, size_t *width)
{
    *width = 1;
    return (unsigned char)*bytes < 0x80 ? (unsigned char)*bytes : utf8_decode(bytes, size, width);
}
/* The code point that ends at byte `end` > 0; *start gets its first byte. */
uint32_t text_decode_before(const char *bytes, size_t end, size_t *start);

/* ---- arguments ---- */

static inline bool text_given(const value *arguments, size_t count, size_t i)
{
    return i < count && !value_is_omitted(&arguments[i]);
}
/* An int, or TypeError. */
MUST_CHECK bool text_take_int(evaluation *ev, const value *argument, int64_t *integer);
/* A str, or TypeError "must be str, not int". */
MUST_CHECK bool text_take_text(evaluation *ev, const value *argument);

/* ---- budget and results ---- */

MUST_CHECK static inline bool text_spend(evaluation *ev, size_t bytes)
{
    return evaluation_spend(ev, 1 + bytes / TEXT_BYTES_A_STEP);
}
/* The bytes [start, end) of self, borrowed. */
value text_part(const value *self, size_t start, size_t end);
/* A string of [bytes, bytes + size), which are ASCII. */
value text_ascii(const char *bytes, size_t size);
/* A result of unknown size: append to the buffer, then text_finish, which charges it and reports what failed.
 */
void text_begin(evaluation *ev, buffer *out);
MUST_CHECK bool text_finish(evaluation *ev, buffer *out, value *result);

extern const char *const text_split_keywords[];
extern const char *const text_line_keywords[];

#endif
