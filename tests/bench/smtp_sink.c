/* smtp_sink: takes every mail, and forgets it.
 *
 * Usage: bench_smtp_sink. Prints its port; ends when its standard input does. */
#include <strings.h>

#include "tests/bench/sink.h"

typedef struct command {
    const char *name;
    const char *reply;
} command;

static const command commands[] = {
    {"EHLO", "250-sink.example\r\n250-PIPELINING\r\n250 SIZE 1048576\r\n"},
    {"HELO", "250 sink.example\r\n"},
    {"MAIL", "250 OK\r\n"},
    {"RCPT", "250 OK\r\n"},
    {"DATA", "354 Go on\r\n"},
    {"RSET", "250 OK\r\n"},
    {"NOOP", "250 OK\r\n"},
    {"QUIT", "221 Bye\r\n"}, /* and who said it closes */
};

static const char *reply_to(const char *line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strncasecmp(line, commands[i].name, 4) == 0)
            return commands[i].reply;
    return "500 Unknown\r\n";
}

/* A line: a command, or of a mail's content. Those that came together are answered in turn. */
static size_t answer(sink_connection *c, const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size);
    if (end == NULL)
        return 0;
    if (!c->in_content) {
        sink_send(c, reply_to(bytes));
        c->in_content = strncasecmp(bytes, "DATA", 4) == 0;
    } else if (strncmp(bytes, ".\r\n", 3) == 0) {
        sink_send(c, "250 OK: queued as 1\r\n");
        c->in_content = false;
    }
    return (size_t)(end + 1 - bytes);
}

int main(void)
{
    sink s = {.greeting = "220 sink.example ESMTP\r\n", .answer = answer};
    return sink_run(&s);
}
