/* jwt: signed claims (RFC 7515 compact form, RFC 7519), as providers of push notifications want them. */
#ifndef WORKER_CHANNEL_HTTP_JWT_H
#define WORKER_CHANNEL_HTTP_JWT_H

#include "engine/value/buffer.h"

typedef enum jwt_algorithm {
    JWT_RS256, /* RSA of 2048 bits or more, PKCS #1 v1.5 */
    JWT_ES256, /* ECDSA on P-256 */
} jwt_algorithm;

typedef struct jwt_key jwt_key;

/* Reads a private key in PEM without a passphrase. NULL with ERROR_CONFIG where it is none for the algorithm,
 * or ERROR_OUT_OF_MEMORY; the sentence tells nothing of it. */
MUST_CHECK jwt_key *jwt_key_new(const char *pem, size_t size, jwt_algorithm algorithm, error *e);
/* NULL is allowed. */
void jwt_key_free(jwt_key *k);

/* Appends header.claims.signature. Both are JSON texts; the header must name the key's algorithm. False
 * where libcrypto fails or the buffer does. */
MUST_CHECK bool jwt_write(const jwt_key *k, const char *header, const char *claims, buffer *out);

#endif
