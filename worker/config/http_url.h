/* http_url: where an HTTP provider listens, from one text.
 *
 *     http[s]://[user[:password]@]host[:port][/path][?query]
 *
 * User and password are percent-encoded where they hold reserved characters, and become basic
 * authentication. */
#ifndef WORKER_HTTP_URL_H
#define WORKER_HTTP_URL_H

#include "engine/value/arena.h"

/* Texts are NUL-terminated and live in the arena. */
typedef struct http_url {
    const char *text;  /* as given: it may hold secrets */
    const char *shown; /* with *** for the login and for the query, which often holds a key: for people */
} http_url;

/* ERROR_CONFIG says what is wrong, never with a part of the text; ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool http_url_parse(arena *a, const char *text, http_url *url, error *e);
/* Takes the template of a URL as it is. ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool http_url_keep(arena *a, const char *text, http_url *url, error *e);

#endif
