/* http_auth: the Authorization header of providers that want a token made of a private key.
 *
 *     google_service_account   a JWT (RS256) of the service account's key file is exchanged for an access
 * token at the file's token_uri (RFC 7523), which serves until a minute before it expires; one exchange at a
 * time apns                     the JWT (ES256) is the token; all shards and replicas sign the same claims
 * for 40 minutes, since Apple counts how often a token changes
 */
#ifndef WORKER_CHANNEL_HTTP_AUTH_H
#define WORKER_CHANNEL_HTTP_AUTH_H

#include "worker/channel/http/http_outcome.h"
#include "worker/channel/provider.h"

typedef struct http_auth http_auth;
typedef struct http_auth_waiter http_auth_waiter;

/* Who waits for a token. Embedded. */
struct http_auth_waiter {
    http_auth_waiter *next;
    /* failure NULL: there is a token, or there was; ask again. Called in a turn of the loop. */
    void (*ready)(http_auth_waiter *w, const http_failure *failure);
};

/* Reads the key file. The provider's auth is not CONFIG_AUTH_NONE. NULL with ERROR_CONFIG, ERROR_SYSTEM or
 * ERROR_OUT_OF_MEMORY. */
MUST_CHECK http_auth *http_auth_new(const provider_site *site, const config_provider *p, error *e);
/* Cuts an exchange that is under way and forgets who waits. NULL is allowed. */
void http_auth_close(http_auth *a);

/* "Bearer ..." for a request that is sent now, valid until the next call of anything here, and which of all
 * that there were it is; NULL where it must be waited for. */
const char *http_auth_header(http_auth *a, int64_t wall_ms, unsigned *serial);
/* Tells w when there is a token, or why there is none. Only where http_auth_header gave NULL. False without
 * memory. */
MUST_CHECK bool http_auth_wait(http_auth *a, http_auth_waiter *w);
/* A provider did not accept this header: it is not given out again. True where another one can be had. */
bool http_auth_reject(http_auth *a, unsigned serial);

#endif
