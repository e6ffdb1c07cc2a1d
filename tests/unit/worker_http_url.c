#include <criterion/criterion.h>
#include <string.h>

#include "worker/config/http_url.h"

static arena memory;
static error e;
static http_url url;

static void begin(void)
{
    arena_init(&memory, 4096, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(worker_http_url, .init = begin, .fini = end);

static void expect_shown(const char *text, const char *shown)
{
    cr_assert(http_url_parse(&memory, text, &url, &e), "%s: %s", text, e.message);
    cr_expect_str_eq(url.text, text);
    cr_expect_str_eq(url.shown, shown);
}

static void expect_refused(const char *text, const char *sentence)
{
    cr_expect_not(http_url_parse(&memory, text, &url, &e), "%s was taken", text);
    cr_expect_eq(e.code, ERROR_CONFIG);
    cr_expect_eq(strncmp(e.message, sentence, strlen(sentence)), 0, "%s: %s", text, e.message);
}

Test(worker_http_url, is_taken_and_shown_as_it_is)
{
    static const char *const texts[] = {"http://h", "https://h.example/", "http://127.0.0.1:80/a/b",
                                        "http://[::1]:8080/", "HTTPS://H/%20/~x;y=1&z"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_shown(texts[i], texts[i]);
}

Test(worker_http_url, hides_the_login_and_the_query)
{
    expect_shown("http://user:secret@h/p", "http://***@h/p");
    expect_shown("https://key@h", "https://***@h");
    expect_shown("https://key:@h:1/", "https://***@h:1/");
    expect_shown("http://h/p?token=secret", "http://h/p?***");
    expect_shown("http://h?token=secret", "http://h?***");
    expect_shown("http://h/p?", "http://h/p?***");
    expect_shown("http://u:p@h/a@b?c@d?e", "http://***@h/a@b?***");
}

Test(worker_http_url, refuses_what_is_none_or_means_something_else)
{
    static const char must[] = "must begin with http:// or https:// (kind smtp: smtp:// or smtps://)";
    expect_refused("", must);
    expect_refused("h", must);
    expect_refused("http:/h", must);
    expect_refused("file:///etc/passwd", must);
    expect_refused("http+unix://s", must);
    expect_refused("http://h/a b", "holds a character that must be percent-encoded");
    expect_refused("http://h/\xC3\xA4", "holds a character that must be percent-encoded");
    expect_refused("http://h/a\x7F", "holds a character that must be percent-encoded");
    expect_refused("http://h/#part", "has a fragment");
    expect_refused("http://u:p@ss@h/", "has more than one @ before its path");
    expect_refused("http://", "has no host");
    expect_refused("http:///path", "has no host");
    expect_refused("http://:80/", "is no http[s]://");
    expect_refused("http://u:p@/", "is no http[s]://");
    expect_refused("http://h:99999/", "is no http[s]://");
    expect_refused("http://h:x/", "is no http[s]://");
    expect_refused("http://[::1/", "is no http[s]://");
}

Test(worker_http_url, needs_memory)
{
    arena small;
    arena_init(&small, 16, 16);
    cr_expect_not(http_url_parse(&small, "http://a.host.with.a.long.name.example/", &url, &e));
    cr_expect_eq(e.code, ERROR_OUT_OF_MEMORY);
    arena_free(&small);
}
