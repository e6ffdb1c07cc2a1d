/* smtp_url: where a mail server listens, from one text: smtp[s]://host[:port]. Login and the rest have keys
 * of their own. smtps is TLS from the first byte on. */
#ifndef WORKER_SMTP_URL_H
#define WORKER_SMTP_URL_H

#include "worker/config/http_url.h"

/* True where the text is meant as one. */
bool smtp_url_is_meant(const char *text);
/* ERROR_CONFIG says what is wrong, never with a part of the text; ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool smtp_url_parse(arena *a, const char *text, http_url *url, error *e);

#endif
