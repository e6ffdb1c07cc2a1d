/* text_unicode: classes of code points and full case mappings, as CPython's str has them (the Unicode version
 * is libunistring's; 14.0 with libunistring 1.0 as with CPython 3.11). */
#ifndef ENGINE_EXPRESSION_TEXT_UNICODE_H
#define ENGINE_EXPRESSION_TEXT_UNICODE_H

#include "engine/value/buffer.h"

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static inline char ascii_lower(char c)
{
    if (ascii_is_upper(c))
        return (char)(c | 0x20);
    return c;
}
static inline char ascii_upper(char c)
{
    if (ascii_is_lower(c))
        return (char)(c & ~0x20);
    return c;
}

bool unicode_is_alpha(uint32_t c);
bool unicode_is_decimal(uint32_t c);
bool unicode_is_digit(uint32_t c);
bool unicode_is_numeric(uint32_t c);
bool unicode_is_wide_space(uint32_t c); /* white space outside ASCII */
static inline bool unicode_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
    return unicode_is_wide_space(c);
}
bool unicode_is_upper(uint32_t c);
bool unicode_is_lower(uint32_t c);
bool unicode_is_title(uint32_t c); /* such as the digraph U+01C5 */
bool unicode_is_cased(uint32_t c);
bool unicode_is_case_ignorable(uint32_t c);
/* Shown as it is by repr(). */
bool unicode_is_printable(uint32_t c);
/* Ends a line for splitlines(). */
bool unicode_is_line_break(uint32_t c);

typedef enum unicode_case {
    UNICODE_LOWER, /* without regard to what surrounds a capital sigma */
    UNICODE_UPPER,
    UNICODE_TITLE,
    UNICODE_FOLDED,
} unicode_case;

/* Appends what c becomes: up to three code points. */
void unicode_add_mapped(buffer *out, unicode_case mapping, uint32_t c);

#endif
