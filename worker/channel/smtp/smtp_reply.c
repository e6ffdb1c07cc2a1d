#include "worker/channel/smtp/smtp_reply.h"

#include <string.h>

enum { CODE_SIZE = 3 };

static bool read_code(const char *line, size_t size, int *code)
{
    if (size < CODE_SIZE || line[0] < '2' || line[0] > '5')
        return false;
    *code = 0;
    for (size_t i = 0; i < CODE_SIZE; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
        *code = *code * 10 + (line[i] - '0');
    }
    return true;
}

/* r->line is whole: takes its code off. */
static bool end_line(smtp_reply *r)
{
    int code;
    if (r->line_size > 0 && r->line[r->line_size - 1] == '\r')
        r->line_size--;
    if (!read_code(r->line, r->line_size, &code) || (r->line_count > 0 && code != r->code) ||
        ++r->line_count > SMTP_LINES_MAX)
        return false;
    char separator = ' ';
    size_t prefix = CODE_SIZE;
    if (r->line_size > CODE_SIZE)
        separator = r->line[prefix++];
    r->code = code;
    r->line_size -= prefix;
    memmove(r->line, r->line + prefix, r->line_size);
    r->complete = separator == ' ';
    return separator == ' ' || separator == '-';
}

bool smtp_reply_read(smtp_reply *r, const char *bytes, size_t size, size_t *used)
{
    /* A line that has begun goes on; behind one that has ended, the next begins. */
    for (*used = 0; *used < size && !r->complete;) {
        char c = bytes[(*used)++];
        if (c == '\n') {
            if (!end_line(r))
                return false;
            r->begun = false;
            continue;
        }
        if (!r->begun)
            r->line_size = 0;
        r->begun = true;
        if (r->line_size == SMTP_LINE_MAX)
            return false;
        r->line[r->line_size++] = c;
    }
    return true;
}
