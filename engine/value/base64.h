/* base64: RFC 4648 section 4, with padding. */
#ifndef ENGINE_VALUE_BASE64_H
#define ENGINE_VALUE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t base64_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Writes exactly base64_size(size) characters, no NUL. */
void base64_encode(const char *bytes, size_t size, char *text);

/* Reads the text back into `bytes`, which has room for text_size; *size gets the length. False where it is
 * not the one text that base64_encode writes (characters, padding, stray bits). */
bool base64_decode(const char *text, size_t text_size, char *bytes, size_t *size);

#endif
