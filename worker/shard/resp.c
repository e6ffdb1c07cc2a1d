#include "worker/shard/resp.h"

#include "engine/value/number.h"

static void add_size(buffer *b, char mark, size_t size)
{
    char text[NUMBER_TEXT_SIZE] = {mark};
    size_t end = 1 + number_format_int((int64_t)size, text + 1);
    text[end++] = '\r';
    text[end++] = '\n';
    buffer_add(b, text, end);
}

static void add_integer(buffer *b, int64_t integer)
{
    char text[NUMBER_TEXT_SIZE];
    size_t size = number_format_int(integer, text);
    add_size(b, '$', size);
    buffer_add(b, text, size);
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
