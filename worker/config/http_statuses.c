#include "worker/config/http_statuses.h"

#include <string.h>

static void add(http_statuses *s, int first, int count)
{
    for (int i = first - HTTP_STATUS_MIN; i < first - HTTP_STATUS_MIN + count; i++)
        s->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Three characters: a status, or a digit and xx. */
static bool add_word(http_statuses *s, const char *word)
{
    if (word[0] < '2' || word[0] > '5')
        return false;
    int hundred = (word[0] - '0') * 100;
    if (word[1] == 'x' && word[2] == 'x')
        add(s, hundred, 100);
    else if (is_digit(word[1]) && is_digit(word[2]))
        add(s, hundred + (word[1] - '0') * 10 + word[2] - '0', 1);
    else
        return false;
    return true;
}

bool http_statuses_parse(http_statuses *s, const char *text, error *e)
{
    *s = (http_statuses){0};
    for (text += strspn(text, " \t,"); *text != '\0'; text += strspn(text, " \t,")) {
        size_t size = strcspn(text, " \t,");
        if (size != 3 || !add_word(s, text))
            return error_set(e, ERROR_CONFIG, 0,
                             "must be statuses from 200 to 599, or 2xx to 5xx, separated by commas");
        text += size;
    }
    return true;
}

bool http_statuses_have(const http_statuses *s, long status)
{
    if (status < HTTP_STATUS_MIN || status >= HTTP_STATUS_END)
        return false;
    size_t i = (size_t)(status - HTTP_STATUS_MIN);
    return (s->bits[i / 64] >> (i % 64) & 1) != 0;
}
