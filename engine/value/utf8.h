/* utf8: code points in bytes, as RFC 3629 has them (no surrogates, nothing overlong, at most U+10FFFF). */
#ifndef ENGINE_VALUE_UTF8_H
#define ENGINE_VALUE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where [bytes, bytes + size) is valid. *ascii (may be NULL) tells whether every byte is below 0x80. */
bool utf8_valid(const char *bytes, size_t size, bool *ascii);
/* Code points in valid text. */
size_t utf8_length(const char *bytes, size_t size);
/* The code point at `bytes` of valid text; *width gets its bytes. size must be above 0. */
uint32_t utf8_decode(const char *bytes, size_t size, size_t *width);
/* Writes a code point (a valid one) to `out`, which has room for 4 bytes; returns the bytes written. */
size_t utf8_encode(uint32_t code_point, char *out);

#endif
