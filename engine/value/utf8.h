/* utf8: code points in bytes, as RFC 3629 has them (no surrogates, nothing overlong, at most U+10FFFF). */
#ifndef ENGINE_VALUE_UTF8_H
#define ENGINE_VALUE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* True where every byte is below 0x80. The last word may overlap the one before it. */
static inline bool utf8_is_ascii(const char *bytes, size_t size)
{
    uint64_t seen = 0;
    uint64_t last = 0;
    if (size >= 8) {
        for (size_t i = 0; i + 8 < size; i += 8) {
            uint64_t word;
            memcpy(&word, bytes + i, 8);
            seen |= word;
        }
        memcpy(&last, bytes + size - 8, 8);
    } else if (size >= 4) {
        memcpy(&seen, bytes, 4);
        memcpy(&last, bytes + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            seen |= (unsigned char)bytes[i] & 0x80;
    }
    return ((seen | last) & 0x8080808080808080u) == 0;
}

/* True where [bytes, bytes + size) is valid. *ascii (may be NULL) tells whether every byte is below 0x80. */
bool utf8_valid(const char *bytes, size_t size, bool *ascii);
/* Code points in valid text. */
size_t utf8_length(const char *bytes, size_t size);
/* The code point at `bytes` of valid text; *width gets its bytes. size must be above 0. */
uint32_t utf8_decode(const char *bytes, size_t size, size_t *width);
/* Writes a code point (a valid one) to `out`, which has room for 4 bytes; returns the bytes written. */
size_t utf8_encode(uint32_t code_point, char *out);

#endif
