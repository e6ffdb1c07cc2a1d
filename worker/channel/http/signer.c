#include "worker/channel/http/signer.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct signer {
    EVP_MAC_CTX *keyed; /* each signature begins from the key that it has */
};

static bool set_key(EVP_MAC_CTX *c, const char *secret)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    return EVP_MAC_init(c, (const unsigned char *)secret, strlen(secret), parameters) == 1;
}

signer *signer_new(const char *secret)
{
    signer *s = calloc(1, sizeof *s);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (s != NULL && hmac != NULL)
        s->keyed = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac); /* the context keeps its own reference */
    if (s != NULL && s->keyed != NULL && set_key(s->keyed, secret))
        return s;
    signer_free(s);
    return NULL;
}

void signer_free(signer *s)
{
    if (s == NULL)
        return;
    EVP_MAC_CTX_free(s->keyed);
    free(s);
}

static bool add(signer *s, const char *text, size_t size)
{
    return EVP_MAC_update(s->keyed, (const unsigned char *)text, size) == 1;
}

bool signer_sign(signer *s, int64_t now_s, const char *body, size_t size, char text[SIGNATURE_TEXT_SIZE])
{
    unsigned char code[32];
    size_t code_size;
    char time[24];
    int time_size = snprintf(time, sizeof time, "%" PRId64 ".", now_s);
    if (EVP_MAC_init(s->keyed, NULL, 0, NULL) != 1 || !add(s, time, (size_t)time_size) ||
        !add(s, body, size) || EVP_MAC_final(s->keyed, code, &code_size, sizeof code) != 1)
        return false;
    int at = snprintf(text, SIGNATURE_TEXT_SIZE, "t=%" PRId64 ",v1=", now_s);
    for (size_t i = 0; i < sizeof code; i++)
        at += snprintf(text + at, 3, "%02x", code[i]);
    return true;
}
