/* signer: proves to a webhook's receiver who sent it, and when: HMAC-SHA256 over "<unix seconds>.<body>",
 * told as `t=<unix seconds>,v1=<hex>`. The receiver makes the same with the secret that both know, compares
 * in constant time, and refuses what is older than a few minutes. */
#ifndef WORKER_CHANNEL_HTTP_SIGNER_H
#define WORKER_CHANNEL_HTTP_SIGNER_H

#include <stdint.h>

#include "engine/error.h"

enum { SIGNATURE_TEXT_SIZE = sizeof "t=-9223372036854775808,v1=" + 64 };

typedef struct signer signer;

/* NULL without memory. */
MUST_CHECK signer *signer_new(const char *secret);
/* NULL is allowed. */
void signer_free(signer *s);

/* False where libcrypto fails, which is for want of memory. */
MUST_CHECK bool signer_sign(signer *s, int64_t now_s, const char *body, size_t size,
                            char text[SIGNATURE_TEXT_SIZE]);

#endif
