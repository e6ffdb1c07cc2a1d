/* json: JSON text to values and back (RFC 8259), bounded in size, depth and number length. */
#ifndef ENGINE_VALUE_JSON_H
#define ENGINE_VALUE_JSON_H

#include "engine/value/buffer.h"
#include "engine/value/value.h"

/* Reads one JSON text. Strings without escapes borrow from `text`, which must outlive *out; everything else
 * lives in the arena. A repeated key keeps its last value. Integers beyond 64 bits become floats. Errors,
 * with the byte position: ERROR_SYNTAX, ERROR_LIMIT (LIMIT_VALUE_DEPTH, LIMIT_NUMBER_CHARACTERS, a number
 * beyond a double, the arena's budget), ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool json_read(arena *a, const char *text, size_t size, value *out, error *e);
/* As json_read, nested up to depth_max instead of LIMIT_VALUE_DEPTH: for texts around values that may have
 * that depth themselves. */
MUST_CHECK bool json_read_deep(arena *a, const char *text, size_t size, unsigned depth_max, value *out,
                               error *e);

/* Appends a value as compact JSON (UTF-8 as it is, `,` and `:` without spaces). A set or tuple is written as
 * a list. Marks the buffer failed where a value has no JSON form: NaN, infinities, keys that are no strings,
 * callables. */
void json_write(buffer *b, const value *v);
/* Appends a JSON string with its quotes; `text` must be valid UTF-8. */
void json_write_string(buffer *b, const char *text, size_t size);
/* The same at a place of the open buffer (buffer_open), of which they return the next. */
char *json_put(buffer *b, char *at, const value *v);
char *json_put_string(buffer *b, char *at, const char *text, size_t size);

#endif
