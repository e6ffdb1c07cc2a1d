/* base64: RFC 4648 section 4, with padding. */
#ifndef ENGINE_VALUE_BASE64_H
#define ENGINE_VALUE_BASE64_H

#include <stddef.h>

static inline size_t base64_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Writes exactly base64_size(size) characters, no NUL. */
void base64_encode(const char *bytes, size_t size, char *text);

#endif
