#include "worker/config/http_url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

static const char form[] = "http[s]://[user[:password]@]host[:port][/path][?query]";

/* What libcurl would take or repair silently, but people did not mean. NULL where there is nothing. */
static const char *find_slip(const char *text, const char *authority)
{
    size_t authority_size = strcspn(authority, "/?#");
    if (authority_size == 0)
        return "has no host";
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= 0x20 || *c >= 0x7F)
            return "holds a character that must be percent-encoded";
    }
    if (strchr(text, '#') != NULL)
        return "has a fragment (#), which is never sent; a # that is meant is written %23";
    const char *at = memchr(authority, '@', authority_size);
    if (at != NULL && memrchr(authority, '@', authority_size) != at)
        return "has more than one @ before its path; one in a password is written %40";
    return NULL;
}

/* libcurl will read it: its own parser says whether it can. */
static bool check(const char *text, error *e)
{
    CURLU *parsed = curl_url();
    if (parsed == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text, 0);
    curl_url_cleanup(parsed);
    if (code == CURLUE_OUT_OF_MEMORY)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    return code == CURLUE_OK || error_set(e, ERROR_CONFIG, 0, "is no %s: %s", form, curl_url_strerror(code));
}

static char *describe(arena *a, const char *text, const char *authority)
{
    size_t size = strlen(text) + 2 * sizeof "***" + 1;
    const char *at = memchr(authority, '@', strcspn(authority, "/?"));
    const char *place = at == NULL ? authority : at;
    size_t place_size = strcspn(place, "?");
    char *shown = arena_alloc(a, size);
    if (shown != NULL)
        snprintf(shown, size, "%.*s%s%.*s%s", (int)(authority - text), text, at == NULL ? "" : "***",
                 (int)place_size, place, place[place_size] == '?' ? "?***" : "");
    return shown;
}

/* Whether it is one can be said only when it is filled in. */
bool http_url_keep(arena *a, const char *text, http_url *url, error *e)
{
    const char *authority = strstr(text, "://");
    url->text = arena_copy(a, text, strlen(text));
    url->shown = authority == NULL ? url->text : describe(a, text, authority + 3);
    return (url->text != NULL && url->shown != NULL) || error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

bool http_url_parse(arena *a, const char *text, http_url *url, error *e)
{
    const char *authority = strstr(text, "://");
    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        return error_set(e, ERROR_CONFIG, 0,
                         "must begin with http:// or https:// (kind smtp: smtp:// or smtps://)");
    authority += 3;
    const char *slip = find_slip(text, authority);
    if (slip != NULL)
        return error_set(e, ERROR_CONFIG, 0, "%s", slip);
    if (!check(text, e))
        return false;
    url->text = arena_copy(a, text, strlen(text));
    url->shown = describe(a, text, authority);
    return (url->text != NULL && url->shown != NULL) || error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}
