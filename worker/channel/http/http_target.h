/* http_target: where requests may go. */
#ifndef WORKER_CHANNEL_HTTP_TARGET_H
#define WORKER_CHANNEL_HTTP_TARGET_H

#include "worker/config/config.h"

enum { HTTP_HOST_SIZE = 256 };

/* True where the host (in any case) is one of the patterns: a name or address, or `*.` and a domain for all
 * names below it. */
bool http_target_is_host(const config_list *patterns, const char *host);

/* True where nothing of the template up to the URL's path can change: scheme, login, host and port. */
bool http_target_is_constant(const char *source);

/* The host of a URL, without brackets. False where there is none, or a longer one than there may be. */
MUST_CHECK bool http_target_host(const char *url, char host[HTTP_HOST_SIZE]);

/* Checks a URL before a request goes there: http or https, nothing that must be percent-encoded, no `.` or
 * `..` as a part of its path, and one of the patterns as its host where there are any. False with
 * ERROR_CONFIG, without a part of the URL; `a` is scratch. */
MUST_CHECK bool http_target_check(arena *a, const char *url, const config_list *patterns, error *e);

#endif
