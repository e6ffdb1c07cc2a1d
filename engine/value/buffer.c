#include "engine/value/buffer.h"

#include <stdio.h>

#include "engine/value/number.h"

enum { CAPACITY_FIRST = 64 };

void buffer_init(buffer *b, arena *a, size_t limit)
{
    *b = (buffer){.arena = a, .limit = limit};
}

static bool widen(buffer *b, size_t size)
{
    if (b->failed || size > b->limit || b->size > b->limit - size)
        return false;
    if (b->capacity - b->size >= size)
        return true;
    size_t capacity = b->capacity < CAPACITY_FIRST ? CAPACITY_FIRST : b->capacity * 2;
    if (capacity < b->size + size)
        capacity = b->size + size;
    if (capacity > b->limit)
        capacity = b->limit; /* or the room to spare would be filled without a look at the limit */
    /* The block's size is its capacity: by that the arena sees whether it can grow in place. */
    char *bytes = arena_grow(b->arena, b->bytes, b->capacity, capacity);
    if (bytes == NULL)
        return false;
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

bool buffer_reserve(buffer *b, size_t size)
{
    if (!widen(b, size))
        buffer_fail(b);
    return !b->failed;
}

void buffer_expect(buffer *b, size_t size)
{
    (void)widen(b, size);
}

void buffer_trim(buffer *b)
{
    if (b->bytes != NULL)
        arena_trim(b->arena, b->bytes, b->capacity, b->size);
    b->limit = b->capacity = b->size;
}

char *buffer_fail_at(buffer *b)
{
    buffer_fail(b);
    return buffer_open(b);
}

char *buffer_widen(buffer *b, char *at, size_t size)
{
    buffer_close(b, at);
    return buffer_reserve(b, size) ? buffer_open(b) : buffer_fail_at(b);
}

void buffer_add_int(buffer *b, int64_t integer)
{
    char text[NUMBER_TEXT_SIZE];
    if (b->capacity - b->size >= sizeof text)
        b->size += number_format_int(integer, b->bytes + b->size);
    else
        buffer_add(b, text, number_format_int(integer, text));
}

void buffer_format(buffer *b, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= sizeof text)
        buffer_fail(b); /* a cut text must never pass for a whole one */
    else
        buffer_add(b, text, (size_t)written);
}
