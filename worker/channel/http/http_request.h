/* http_request: what a provider of kind `http` is sent for a delivery. Its configuration says so in templates
 * over the names of delivery_names.h, compiled once:
 *
 *     url               a template; values are percent-encoded, and the host cannot change
 *     header.NAME       a template of one line; what is None or empty is not sent
 *     body              a JSON document whose strings are templates (json_template.h), or
 *     form.NAME         a template: a field of a form; what is None is left out, or
 *     body.text         a template of anything else
 *
 * Without a body, methods that have one send the rendered step as it is:
 *
 *     {"execution_id":"...","workflow_id":"...","workflow_version":1,"step_id":"...","step_type":"EMAIL",
 *      "run":1,"attempt":1,"recipient":"...","message":{...}}
 *
 * Content-Type, Idempotency-Key, traceparent and tracestate are sent unless a header.NAME replaces them. */
#ifndef WORKER_CHANNEL_HTTP_REQUEST_H
#define WORKER_CHANNEL_HTTP_REQUEST_H

#include <curl/curl.h>

#include "worker/channel/delivery.h"

enum { HTTP_HEADER_BYTES_MAX = 8 << 10 };

typedef struct http_request http_request;

/* Compiles into the arena; the provider is borrowed. masked: secrets are ***, for people to look at. NULL
 * with ERROR_CONFIG, which names the key, without its section, and the place in it, or ERROR_OUT_OF_MEMORY.
 */
MUST_CHECK const http_request *http_request_compile(arena *a, const config_provider *p, bool masked,
                                                    error *e);

/* Lives in the delivery's arena, or with the request. */
typedef struct http_message {
    const char *url; /* NUL-terminated */
    const char *body;
    size_t body_size;
    bool has_body;
    struct curl_slist *headers;
} http_message;

/* False with ERROR_TEMPLATE (a template raises, or gives what cannot be sent) or ERROR_LIMIT; the sentence
 * names the key, never a value. */
MUST_CHECK bool http_request_render(const http_request *r, const delivery *d, http_message *m, error *e);

/* Puts `name: text` in front of the others. The text must be of one line. False without memory. */
MUST_CHECK bool http_message_add(http_message *m, arena *a, const char *name, const char *text, size_t size);

#endif
