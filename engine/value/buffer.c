#include "engine/value/buffer.h"

#include <stdio.h>

enum { CAPACITY_FIRST = 64 };

void buffer_init(buffer *b, arena *a, size_t limit)
{
    *b = (buffer){.arena = a, .limit = limit};
}

bool buffer_reserve(buffer *b, size_t size)
{
    if (b->failed || size > b->limit || b->size > b->limit - size) {
        b->failed = true;
        return false;
    }
    if (b->capacity - b->size >= size)
        return true;
    size_t capacity = b->capacity < CAPACITY_FIRST ? CAPACITY_FIRST : b->capacity * 2;
    if (capacity < b->size + size)
        capacity = b->size + size;
    if (capacity > b->limit)
        capacity = b->limit; /* or the room to spare would be filled without a look at the limit */
    /* The block's size is its capacity: by that the arena sees whether it can grow in place. */
    char *bytes = arena_grow(b->arena, b->bytes, b->capacity, capacity);
    if (bytes == NULL) {
        b->failed = true;
        return false;
    }
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

void buffer_expect(buffer *b, size_t size)
{
    bool failed = b->failed;
    (void)buffer_reserve(b, size);
    b->failed = failed;
}

void buffer_trim(buffer *b)
{
    if (b->bytes != NULL)
        arena_trim(b->arena, b->bytes, b->capacity, b->size);
    b->limit = b->capacity = b->size;
}

void buffer_add_int(buffer *b, int64_t integer)
{
    char digits[20];
    size_t start = sizeof digits;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        buffer_add_byte(b, '-');
    buffer_add(b, digits + start, sizeof digits - start);
}

void buffer_format(buffer *b, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= sizeof text)
        b->failed = true; /* a cut text must never pass for a whole one */
    else
        buffer_add(b, text, (size_t)written);
}
