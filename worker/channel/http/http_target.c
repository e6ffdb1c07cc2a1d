#include "worker/channel/http/http_target.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool fits(const char *pattern, const char *host, size_t size)
{
    size_t pattern_size = strlen(pattern);
    if (strncmp(pattern, "*.", 2) != 0)
        return pattern_size == size && strncasecmp(pattern, host, size) == 0;
    const char *domain = pattern + 1; /* with its dot, before which there must be something */
    size_t domain_size = pattern_size - 1;
    return size > domain_size && strncasecmp(domain, host + size - domain_size, domain_size) == 0;
}

bool http_target_is_host(const config_list *patterns, const char *host)
{
    size_t i = 0, size = strlen(host);
    while (i < patterns->count && !fits(patterns->items[i], host, size))
        i++;
    return i < patterns->count;
}

/* Behind the scheme, or NULL. */
static const char *authority_of(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0)
        return url + 7;
    return strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

bool http_target_is_constant(const char *source)
{
    static const char *const openings[] = {"{{", "{%", "{#"};
    const char *authority = authority_of(source);
    if (authority == NULL)
        return false;
    size_t size = strcspn(authority, "/?");
    for (size_t i = 0; i < 3; i++) {
        if (memmem(authority, size, openings[i], 2) != NULL)
            return false;
    }
    return true;
}

/* Read by libcurl, which is also who goes there. */
bool http_target_host(const char *url, char host[HTTP_HOST_SIZE])
{
    CURLU *parsed = curl_url();
    char *found = NULL;
    bool fits_in = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                   curl_url_get(parsed, CURLUPART_HOST, &found, 0) == CURLUE_OK &&
                   strlen(found) < HTTP_HOST_SIZE;
    if (fits_in) {
        size_t bracket = found[0] == '[' ? 1 : 0;
        snprintf(host, HTTP_HOST_SIZE, "%.*s", (int)strcspn(found + bracket, "]"), found + bracket);
    }
    curl_free(found);
    curl_url_cleanup(parsed);
    return fits_in;
}

/* A dot of a segment, plain or percent-encoded; 0 where there is none. */
static size_t dot_size(const char *text)
{
    if (*text == '.')
        return 1;
    return strncasecmp(text, "%2e", 3) == 0 ? 3 : 0;
}

/* One or two dots between slashes would be taken for the folder, or the one above. */
static bool has_dot_segment(const char *url)
{
    const char *authority = authority_of(url);
    const char *path = authority + strcspn(authority, "/?#");
    while (*path == '/') {
        const char *end = path + 1;
        size_t dots = 0;
        for (size_t size = dot_size(end); size > 0; size = dot_size(end)) {
            end += size;
            dots++;
        }
        if ((dots == 1 || dots == 2) && strchr("/?#", *end) != NULL)
            return true;
        path = end + strcspn(end, "/?#");
    }
    return false;
}

bool http_target_check(arena *a, const char *url, const config_list *patterns, error *e)
{
    http_url parsed;
    char host[HTTP_HOST_SIZE];
    if (!http_url_parse(a, url, &parsed, e))
        return false;
    if (has_dot_segment(url))
        return error_set(e, ERROR_CONFIG, 0, "has . or .. as a part of its path");
    if (patterns->count > 0 && (!http_target_host(url, host) || !http_target_is_host(patterns, host)))
        return error_set(e, ERROR_CONFIG, 0, "its host is none of allowed.hosts");
    return true;
}
