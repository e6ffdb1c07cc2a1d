#include "worker/shard/resp.h"

enum { NUMBER_SIZE = 24 }; /* of the longest integer, with a mark before and a line's end behind it */

/* The digits of `number`, ending before text[end]. Returns where they begin. */
static size_t put_digits(char *text, size_t end, uint64_t number)
{
    do {
        text[--end] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

static void add_size(buffer *b, char mark, size_t size)
{
    char text[NUMBER_SIZE];
    size_t start = put_digits(text, NUMBER_SIZE - 2, size);
    text[--start] = mark;
    text[NUMBER_SIZE - 2] = '\r';
    text[NUMBER_SIZE - 1] = '\n';
    buffer_add(b, text + start, NUMBER_SIZE - start);
}

static void add_integer(buffer *b, int64_t integer)
{
    char text[NUMBER_SIZE];
    size_t start = put_digits(text, NUMBER_SIZE, integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer);
    if (integer < 0)
        text[--start] = '-';
    add_size(b, '$', NUMBER_SIZE - start);
    buffer_add(b, text + start, NUMBER_SIZE - start);
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
