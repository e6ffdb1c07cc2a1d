/* http_outcome: what an answer over HTTP, or the lack of one, says of a delivery.
 *
 * Codes are stable words: retry policies name them. Sentences are static and without content. */
#ifndef WORKER_CHANNEL_HTTP_OUTCOME_H
#define WORKER_CHANNEL_HTTP_OUTCOME_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker/config/config.h"

/* A provider that asks for more is asked again after so long: it may have meant seconds and said minutes. */
enum { HTTP_RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000 };

typedef enum http_verdict { HTTP_DELIVERED, HTTP_RETRY, HTTP_REFUSED } http_verdict;

/* What the provider's `success`, `permanent` and `retriable` say, in this order; a status of none of them is
 * refused for good, redirections among them, since a message goes nowhere but where the configuration says.
 */
http_verdict http_judge_status(const config_http *h, long status);

/* The wait that a Retry-After header asks for, in seconds or until an HTTP date; 0 where it is neither, or
 * over. At most HTTP_RETRY_AFTER_MAX_MS. */
int64_t http_retry_after_ms(const char *text, int64_t now_ms);

/* Why there was no status. */
typedef struct http_failure {
    const char *code;
    const char *sentence;
    bool unknown;   /* the provider may have got the message all the same */
    bool permanent; /* another attempt would fail as well */
} http_failure;

/* The guard of addresses let nothing through (address_guard.h). */
extern const http_failure http_address_refused;

/* connected: there was a connection on which the request could be sent. */
http_failure http_explain(CURLcode code, bool connected);

#endif
