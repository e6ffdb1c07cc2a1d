#include "engine/value/utf8.h"

#include <string.h>

/* Bytes of the sequence that starts with `first`, 0 where none does. */
static size_t sequence_width(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first < 0xE0)
        return 2;
    if (first >= 0xE0 && first < 0xF0)
        return 3;
    if (first >= 0xF0 && first < 0xF5)
        return 4;
    return 0;
}

static bool sequence_valid(const unsigned char *s, size_t width)
{
    for (size_t i = 1; i < width; i++)
        if ((s[i] & 0xC0) != 0x80)
            return false;
    if (width == 3)
        return !(s[0] == 0xE0 && s[1] < 0xA0) && !(s[0] == 0xED && s[1] >= 0xA0);
    if (width == 4)
        return !(s[0] == 0xF0 && s[1] < 0x90) && !(s[0] == 0xF4 && s[1] >= 0x90);
    return true;
}

bool utf8_valid(const char *bytes, size_t size, bool *ascii)
{
    size_t i = 0;
    bool all_ascii = true;
    while (i < size) {
        if (i + 8 <= size) {
            uint64_t word;
            memcpy(&word, bytes + i, 8);
            if ((word & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        const unsigned char *s = (const unsigned char *)bytes + i;
        if (*s < 0x80) {
            i++;
            continue;
        }
        all_ascii = false;
        size_t width = sequence_width(*s);
        if (width == 0 || width > size - i || !sequence_valid(s, width))
            return false;
        i += width;
    }
    if (ascii != NULL)
        *ascii = all_ascii;
    return true;
}

size_t utf8_length(const char *bytes, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++)
        length += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return length;
}

uint32_t utf8_decode(const char *bytes, size_t size, size_t *width)
{
    const unsigned char *s = (const unsigned char *)bytes;
    *width = sequence_width(s[0]);
    if (*width > size)
        *width = size; /* only where the promise of validity is broken: never read past the end */
    switch (*width) {
    case 2:
        return ((uint32_t)(s[0] & 0x1F) << 6) | (s[1] & 0x3F);
    case 3:
        return ((uint32_t)(s[0] & 0x0F) << 12) | ((uint32_t)(s[1] & 0x3F) << 6) | (s[2] & 0x3F);
    case 4:
        return ((uint32_t)(s[0] & 0x07) << 18) | ((uint32_t)(s[1] & 0x3F) << 12) |
               ((uint32_t)(s[2] & 0x3F) << 6) | (s[3] & 0x3F);
    default:
        *width = 1;
        return s[0];
    }
}

size_t utf8_encode(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | (code_point >> 6));
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | (code_point >> 12));
        out[1] = (char)(0x80 | ((code_point >> 6) & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (code_point >> 18));
    out[1] = (char)(0x80 | ((code_point >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((code_point >> 6) & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}
