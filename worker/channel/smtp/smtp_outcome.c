#include "worker/channel/smtp/smtp_outcome.h"

#include <string.h>

#include "engine/schema/format/ascii.h"
#include "worker/channel/http/http_outcome.h"

enum { MESSAGE_ID_MAX = 128 };

static const smtp_failure login_failure = {"smtp_auth", "it refuses the login, or asks for one", true};

static bool is_about_login(long reply)
{
    return reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

smtp_failure smtp_judge_reply(int code)
{
    if (is_about_login(code))
        return login_failure;
    if (code >= 500)
        return (smtp_failure){NULL, "it refuses the mail", false};
    return (smtp_failure){NULL, "it cannot take the mail now", true};
}

smtp_failure smtp_explain_connect(CURLcode code, long reply)
{
    if (code == CURLE_LOGIN_DENIED || is_about_login(reply))
        return login_failure;
    switch (code) {
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
        if (reply >= 400 && reply <= 599)
            return (smtp_failure){"smtp_refused", "it takes no mail from us now", true};
        return (smtp_failure){"protocol", "what it answered is no SMTP", true};
    case CURLE_USE_SSL_FAILED:
        return (smtp_failure){"tls", "it does not offer STARTTLS", true};
    default: {
        http_failure why = http_explain(code, false);
        return (smtp_failure){why.code, why.sentence, true};
    }
    }
}

/* ---- what the server calls it ---- */

/* Skips "2.0.0 " (RFC 3463). */
static size_t enhanced_status_size(const char *line, size_t size)
{
    size_t i = 0, dots = 0;
    while (i < size && (ascii_is_digit(line[i]) || line[i] == '.'))
        dots += line[i++] == '.';
    if (dots != 2)
        return 0;
    while (i < size && line[i] == ' ')
        i++;
    return i;
}

/* The word behind `mark`, or all of it. */
static value word_behind(value text, const char *mark)
{
    const char *found = memmem(text.text, text.count, mark, strlen(mark));
    if (found == NULL)
        return text;
    const char *end = text.text + text.count, *word = found + strlen(mark), *p = word;
    while (p < end && *p != ' ' && *p != ')' && *p != ';')
        p++;
    return p > word ? value_string(word, (size_t)(p - word)) : text;
}

value smtp_message_id(const char *line, size_t size)
{
    size_t skip = enhanced_status_size(line, size);
    value text = word_behind(value_string(line + skip, size - skip), "queued as ");
    text = word_behind(text, "id=");
    if (text.count == 0 || text.count > MESSAGE_ID_MAX)
        return value_null();
    for (uint32_t i = 0; i < text.count; i++) {
        if (text.text[i] < ' ' || text.text[i] > '~')
            return value_null();
    }
    return text;
}
