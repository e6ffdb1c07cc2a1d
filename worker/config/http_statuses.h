/* http_statuses: a set of HTTP statuses, as people write one: `2xx, 409`. */
#ifndef WORKER_HTTP_STATUSES_H
#define WORKER_HTTP_STATUSES_H

#include <stdint.h>

#include "engine/error.h"

enum { HTTP_STATUS_MIN = 200, HTTP_STATUS_END = 600 };

/* Zeroed: none. */
typedef struct http_statuses {
    uint64_t bits[(HTTP_STATUS_END - HTTP_STATUS_MIN + 63) / 64];
} http_statuses;

/* Statuses from 200 to 599 and 2xx to 5xx, separated by commas or spaces; an empty text is the empty set.
 * False with ERROR_CONFIG. */
MUST_CHECK bool http_statuses_parse(http_statuses *s, const char *text, error *e);

bool http_statuses_have(const http_statuses *s, long status);

#endif
