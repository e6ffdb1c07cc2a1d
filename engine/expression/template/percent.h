/* percent: text made safe for any part of a URL and for form fields (RFC 3986, section 2). */
#ifndef ENGINE_EXPRESSION_PERCENT_H
#define ENGINE_EXPRESSION_PERCENT_H

#include "engine/value/buffer.h"

/* Appends text with every byte but letters, digits, `-`, `.`, `_` and `~` as %XX. */
void percent_encode(buffer *b, const char *text, size_t size);

#endif
