#include "worker/config/smtp_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_SIZE_MAX = 255, PORT_MAX = 65535 };

bool smtp_url_is_meant(const char *text)
{
    return strncasecmp(text, "smtp://", 7) == 0 || strncasecmp(text, "smtps://", 8) == 0;
}

/* Behind the host: nothing, or a port. */
static bool is_port(const char *text)
{
    if (*text == '\0')
        return true;
    size_t digits = strspn(text + 1, "0123456789");
    long port = digits >= 1 && digits <= 5 ? strtol(text + 1, NULL, 10) : 0;
    return *text == ':' && text[1 + digits] == '\0' && port >= 1 && port <= PORT_MAX;
}

/* A name, an IPv4 address, or an IPv6 address in brackets; the size, or 0. */
static size_t host_size(const char *text)
{
    size_t size = 0;
    if (*text == '[') {
        size = 1 + strspn(text + 1, "0123456789abcdefABCDEF:.");
        return size > 1 && text[size] == ']' ? size + 1 : 0;
    }
    while (isalnum((unsigned char)text[size]) || text[size] == '-' || text[size] == '.' || text[size] == '_')
        size++;
    return size;
}

bool smtp_url_parse(arena *a, const char *text, http_url *url, error *e)
{
    const char *host = strstr(text, "://") + 3;
    size_t size = host_size(host);
    if (strchr(host, '@') != NULL)
        return error_set(e, ERROR_CONFIG, 0, "has a login, which belongs to user and password");
    if (size == 0 || size > HOST_SIZE_MAX || !is_port(host + size))
        return error_set(e, ERROR_CONFIG, 0, "is no smtp[s]://host[:port]");
    url->text = arena_copy(a, text, strlen(text));
    url->shown = url->text;
    return url->text != NULL || error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}
