/* buffer: bytes that grow in an arena up to a bound. Every writer (JSON, Avro, templates) appends to one.
 *
 * Failure is sticky: once memory, the arena's budget or the bound has run out, appending does nothing more,
 * and the one check of `failed` at the end is enough. */
#ifndef ENGINE_VALUE_BUFFER_H
#define ENGINE_VALUE_BUFFER_H

#include <string.h>

#include "engine/value/value.h"

typedef struct buffer {
    arena *arena;
    char *bytes; /* not NUL-terminated; moves when it grows */
    size_t size;
    size_t capacity;
    size_t limit;
    bool failed;
} buffer;

/* Takes no memory yet. limit: the size at which appending fails. */
void buffer_init(buffer *b, arena *a, size_t limit);
/* Makes room for `size` more bytes; false (and sticky) where there is none. */
bool buffer_reserve(buffer *b, size_t size);

/* Makes that room if there is so much; it is no failure where there is not: less may do. */
void buffer_expect(buffer *b, size_t size);

/* What was written must not be used. No room is left: so whoever has some need not look at `failed`. */
static inline void buffer_fail(buffer *b)
{
    b->failed = true;
    b->capacity = b->size;
}

/* As buffer_reserve, where there mostly is room already. */
static inline bool buffer_has_room(buffer *b, size_t size)
{
    return b->capacity - b->size >= size || buffer_reserve(b, size);
}
/* Gives the arena back what is not used, where nothing was taken behind it. Nothing can be appended after. */
void buffer_trim(buffer *b);

static inline void buffer_add(buffer *b, const void *bytes, size_t size)
{
    if (buffer_has_room(b, size)) {
        if (size > 0)
            memcpy(b->bytes + b->size, bytes, size);
        b->size += size;
    }
}
static inline void buffer_add_byte(buffer *b, char byte)
{
    if (buffer_has_room(b, 1))
        b->bytes[b->size++] = byte;
}
static inline void buffer_add_text(buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}
void buffer_add_int(buffer *b, int64_t integer);
void buffer_format(buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* For writers of many small pieces: the place of the next byte, which stays in a register while it is handed
 * from call to call. From buffer_open to buffer_close nothing else touches the buffer. Behind a failure there
 * is never room at the place that the calls return. */
static inline char *buffer_open(const buffer *b)
{
    return b->bytes == NULL ? NULL : b->bytes + b->size;
}
static inline void buffer_close(buffer *b, const char *at)
{
    size_t size = (size_t)(at - b->bytes);
    assert(size <= b->capacity);
    if (!b->failed)
        b->size = size;
}
static inline size_t buffer_room_at(const buffer *b, const char *at)
{
    return b->capacity - (size_t)(at - b->bytes);
}
/* The place with room for `size` more bytes, which may be another one. */
char *buffer_widen(buffer *b, char *at, size_t size);
/* Makes the buffer failed and returns a place without room. */
char *buffer_fail_at(buffer *b);
/* size must be above 0. */
static inline bool buffer_has_room_at(buffer *b, char **at, size_t size)
{
    if (buffer_room_at(b, *at) >= size)
        return true;
    *at = buffer_widen(b, *at, size);
    return !b->failed;
}

/* What was written, as a string value borrowed from the arena. Only where !failed. */
static inline value buffer_string(const buffer *b)
{
    return value_string(b->bytes, b->size);
}

#endif
