/* place: where a subschema stands in its document, as a chain towards the root. */
#ifndef ENGINE_SCHEMA_PLACE_H
#define ENGINE_SCHEMA_PLACE_H

#include "engine/value/buffer.h"

typedef struct place place;

enum { PLACE_NO_INDEX = UINT32_MAX };

/* The pointer of `parent`, then `raw`, "/keyword", "/key" and "/index". All optional; text is borrowed. */
struct place {
    const place *parent;
    const char *raw;     /* as it stands: the URI of another document and '#', or a pointer; or NULL */
    const char *keyword; /* or NULL */
    const value *key;    /* or NULL */
    uint32_t index;      /* or PLACE_NO_INDEX */
};

/* Appends the JSON Pointer. */
void place_write(buffer *b, const place *p);
/* Appends "/" and the token, with ~ and / escaped. */
void place_write_token(buffer *b, const char *text, size_t size);

#endif
