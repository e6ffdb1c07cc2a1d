#include "worker/config/redis_url.h"

#include <stdio.h>
#include <string.h>

typedef struct parser {
    arena *arena;
    redis_url *url;
    error *error;
    const char *next;
} parser;

static bool fail(const parser *p, const char *sentence)
{
    return error_set(p->error, ERROR_CONFIG, 0, "%s", sentence);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL with the error set. */
static const char *decode_percent(const parser *p, const char *text, size_t size)
{
    char *decoded = arena_alloc(p->arena, size + 1);
    if (decoded == NULL) {
        error_set(p->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
        return NULL;
    }
    size_t filled = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '%') {
            decoded[filled++] = text[i];
            continue;
        }
        int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
        int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            fail(p, "% must be followed by two hexadecimal digits other than 00; a plain % is written %25");
            return NULL;
        }
        decoded[filled++] = (char)(high * 16 + low);
        i += 2;
    }
    decoded[filled] = '\0';
    return decoded;
}

/* A decimal number that fills [text, text + size), at most `maximum`. */
static bool read_number(const char *text, size_t size, int maximum, int *number)
{
    int n = 0;
    if (size == 0 || size > 5)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (text[i] - '0');
    }
    *number = n;
    return n <= maximum;
}

/* Up to the last @ before the path, so that a password may hold an unencoded @. */
static bool read_login(parser *p)
{
    size_t size = strcspn(p->next, "/?");
    const char *at = memrchr(p->next, '@', size);
    if (at == NULL)
        return true;
    size_t login_size = (size_t)(at - p->next);
    const char *colon = memchr(p->next, ':', login_size);
    if (colon == NULL)
        return fail(p, "a user needs a password: user:password@host (or :password@host without a user)");
    if (colon > p->next) {
        p->url->user = decode_percent(p, p->next, (size_t)(colon - p->next));
        if (p->url->user == NULL)
            return false;
    }
    p->url->password = decode_percent(p, colon + 1, (size_t)(at - colon - 1));
    if (p->url->password == NULL)
        return false;
    if (p->url->password[0] == '\0')
        return fail(p, "the password is empty: leave user and colon out where there is none");
    p->next = at + 1;
    return true;
}

static bool read_host(parser *p)
{
    bool bracket = *p->next == '[';
    const char *host = p->next + (bracket ? 1 : 0);
    size_t size = strcspn(host, bracket ? "]/?" : ":/?");
    if (size == 0 || (bracket && host[size] != ']'))
        return fail(p, "the host is missing: redis://host:port/database");
    char *copy = arena_copy(p->arena, host, size);
    if (copy == NULL)
        return error_set(p->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    p->url->host = copy;
    p->next = host + size + (bracket ? 1 : 0);
    return true;
}

static bool read_port(parser *p)
{
    p->url->port = REDIS_PORT_DEFAULT;
    if (*p->next != ':')
        return true;
    size_t size = strcspn(p->next + 1, "/?");
    if (!read_number(p->next + 1, size, 65535, &p->url->port) || p->url->port == 0)
        return fail(p, "the port must be a number from 1 to 65535");
    p->next += 1 + size;
    return true;
}

static bool read_database(parser *p, const char *text)
{
    if (*text == '\0' || read_number(text, strlen(text), REDIS_DATABASE_MAX, &p->url->database))
        return true;
    return fail(p, "the database must be a number from 0 to 65535");
}

static bool read_tcp(parser *p)
{
    if (!read_login(p) || !read_host(p) || !read_port(p))
        return false;
    if (*p->next == '\0')
        return true;
    if (*p->next != '/')
        return fail(p, "after host and port only /database may follow");
    return read_database(p, p->next + 1);
}

static bool read_unix(parser *p)
{
    if (!read_login(p))
        return false;
    if (*p->next != '/')
        return fail(p, "the path of the socket must be absolute: unix:///path");
    size_t size = strcspn(p->next, "?");
    p->url->path = decode_percent(p, p->next, size);
    if (p->url->path == NULL)
        return false;
    p->next += size;
    if (*p->next == '\0')
        return true;
    if (strncmp(p->next, "?db=", 4) != 0)
        return fail(p, "after the path only ?db=number may follow");
    return read_database(p, p->next + 4);
}

/* The text as it was, but for the password. `login` is where it would begin. */
static bool describe(const parser *p, const char *text, const char *login)
{
    size_t size = strlen(text) + sizeof "***";
    char *shown = arena_alloc(p->arena, size);
    if (shown == NULL)
        return error_set(p->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    if (p->url->password == NULL) {
        memcpy(shown, text, strlen(text) + 1);
    } else {
        const char *colon = strchr(login, ':');
        const char *at = memrchr(login, '@', strcspn(login, "/?"));
        snprintf(shown, size, "%.*s***%s", (int)(colon + 1 - text), text, at);
    }
    p->url->shown = shown;
    return true;
}

bool redis_url_parse(arena *a, const char *text, redis_url *url, error *e)
{
    parser p = {.arena = a, .url = url, .error = e};
    *url = (redis_url){0};
    if (strncmp(text, "redis://", 8) == 0) {
        p.next = text + 8;
        return read_tcp(&p) && describe(&p, text, text + 8);
    }
    if (strncmp(text, "unix://", 7) == 0) {
        p.next = text + 7;
        return read_unix(&p) && describe(&p, text, text + 7);
    }
    if (strncmp(text, "rediss://", 9) == 0)
        return fail(&p,
                    "rediss:// (TLS) is not supported by this build; use redis:// or unix://, through a TLS "
                    "proxy such as stunnel where the network is not trusted");
    return fail(&p, "must begin with redis:// or unix://");
}
