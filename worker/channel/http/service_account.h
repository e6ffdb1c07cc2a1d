/* service_account: the key file of a Google service account, and what is said with it to get a token. */
#ifndef WORKER_CHANNEL_HTTP_SERVICE_ACCOUNT_H
#define WORKER_CHANNEL_HTTP_SERVICE_ACCOUNT_H

#include "worker/channel/http/jwt.h"

/* Texts live in the arena that it was read into. */
typedef struct service_account {
    const char *token_uri;
    const char *email;
    const char *key_id;
    jwt_key *key; /* the owner frees it */
} service_account;

/* Reads the file's content: JSON. False with ERROR_CONFIG, which names the member that is wrong, or
 * ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool service_account_read(service_account *s, arena *a, const char *json, size_t size, error *e);

/* Appends the form that is posted to token_uri (RFC 7523, section 2.1). False as jwt_write; `a` is scratch.
 */
MUST_CHECK bool service_account_write(const service_account *s, const char *scope, int64_t now_s, arena *a,
                                      buffer *form);

/* The token of an answer to it, borrowed from the text or in the arena, and for how many seconds it is valid.
 * False where there is none. */
MUST_CHECK bool service_account_token(arena *a, const char *json, size_t size, value *token,
                                      int64_t *valid_s);

#endif
