/* http_answer: what a provider's answer says: whether the message was taken, what the provider calls it, and
 * why it was not. Whatever the answer holds, nothing but an id and a word of it is kept. */
#ifndef WORKER_CHANNEL_HTTP_ANSWER_H
#define WORKER_CHANNEL_HTTP_ANSWER_H

#include <curl/curl.h>

#include "worker/channel/delivery.h"

enum { HTTP_MESSAGE_ID_MAX = 256, HTTP_ERROR_WORD_MAX = 48 };

typedef struct http_answer {
    CURL *handle; /* for its headers */
    long status;
    const char *body; /* empty where it was larger than its bound, or nobody asks for it */
    size_t size;
    arena *scratch; /* for the time of the call */
} http_answer;

/* True where something of the body is wanted. */
bool http_answer_is_read(const config_http *h);

/* Judges it by the provider's `success`, `permanent` and `retriable`, in this order; what is in none of them
 * is refused for good. What is kept goes into the delivery and its
 * arena. */
channel_result http_answer_judge(const http_answer *a, delivery *d, int64_t wall_ms);

#endif
