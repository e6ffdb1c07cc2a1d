/* uri: splitting and resolving references (RFC 3986, sections 3 and 5.2). Syntax inside the parts is not
 * checked here; format_uri.c does that. */
#ifndef ENGINE_SCHEMA_URI_H
#define ENGINE_SCHEMA_URI_H

#include "engine/value/buffer.h"

/* A part of a text, borrowed; text is NULL where the part is absent (an empty part is not absent). */
typedef struct uri_part {
    const char *text;
    size_t size;
} uri_part;

typedef struct uri_parts {
    uri_part scheme; /* without ':' */
    uri_part authority;
    uri_part path; /* never absent */
    uri_part query;
    uri_part fragment; /* without '#' */
} uri_parts;

uri_parts uri_split(const char *text, size_t size);

/* The reference as seen from `base`, without its fragment. A base without scheme (a document that has no
 * $id) is resolved against as far as it goes. False without memory. */
MUST_CHECK bool uri_resolve(arena *a, const value *base, const value *reference, value *out);

/* Undoes percent encoding. False where a '%' is not followed by two hexadecimal digits, where the result is
 * not UTF-8, or without memory. */
MUST_CHECK bool uri_unescape(arena *a, uri_part part, value *out);

#endif
