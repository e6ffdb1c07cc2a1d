#include "worker/shard/resp.h"

static void add_size(buffer *b, char mark, size_t size)
{
    buffer_add_byte(b, mark);
    buffer_add_int(b, (int64_t)size);
    buffer_add(b, "\r\n", 2);
}

static void add_integer(buffer *b, int64_t integer)
{
    char digits[24];
    size_t start = sizeof digits;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        digits[--start] = '-';
    add_size(b, '$', sizeof digits - start);
    buffer_add(b, digits + start, sizeof digits - start);
}

void resp_begin(buffer *b, size_t argument_count)
{
    add_size(b, '*', argument_count);
}

void resp_open(buffer *b, size_t size)
{
    add_size(b, '$', size);
}

void resp_close(buffer *b)
{
    buffer_add(b, "\r\n", 2);
}

void resp_add(buffer *b, const resp_argument *a)
{
    if (a->bytes == NULL) {
        add_integer(b, a->integer);
    } else {
        resp_open(b, a->size);
        buffer_add(b, a->bytes, a->size);
    }
    resp_close(b);
}

void resp_command(buffer *b, size_t argument_count, const resp_argument *arguments)
{
    resp_begin(b, argument_count);
    for (size_t i = 0; i < argument_count; i++)
        resp_add(b, &arguments[i]);
}
