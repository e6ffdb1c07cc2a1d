/* http_sink: answers every request with 200 and two bytes.
 *
 * Usage: bench_http_sink. Prints its port; ends when its standard input does. */
#include "tests/bench/sink.h"

/* A request with its body. */
static size_t answer(sink_connection *c, const char *bytes, size_t size)
{
    const char *end = strstr(bytes, "\r\n\r\n");
    const char *length = strstr(bytes, "Content-Length: ");
    if (end == NULL || length == NULL)
        return 0;
    size_t whole = (size_t)(end + 4 - bytes) + strtoul(length + strlen("Content-Length: "), NULL, 10);
    if (whole > size)
        return 0;
    sink_send(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    return whole;
}

int main(void)
{
    sink s = {.answer = answer};
    return sink_run(&s);
}
