#include "worker/channel/http/jwt.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "engine/value/base64.h"

enum {
    RSA_BITS_MIN = 2048,
    EC_BITS = 256,
    SIGNATURE_MAX = 1024, /* RSA of 8192 bits */
    NUMBER_SIZE = 32,     /* of P-256: r and s of a signature */
};

struct jwt_key {
    EVP_PKEY *key;
    jwt_algorithm algorithm;
};

/* ---- the key ---- */

/* Instead of a question on the terminal. */
static int give_no_passphrase(char *to, int size, int writing, void *user)
{
    (void)to, (void)size, (void)writing, (void)user;
    return -1;
}

static EVP_PKEY *read_pem(const char *pem, size_t size)
{
    BIO *text = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *key = text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, give_no_passphrase, NULL);
    BIO_free(text);
    ERR_clear_error();
    return key;
}

static bool fits(const EVP_PKEY *key, jwt_algorithm algorithm)
{
    char curve[32] = "";
    if (algorithm == JWT_RS256)
        return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
               EVP_PKEY_get_size(key) <= SIGNATURE_MAX;
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == EC_BITS &&
           EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 && strcmp(curve, "prime256v1") == 0;
}

jwt_key *jwt_key_new(const char *pem, size_t size, jwt_algorithm algorithm, error *e)
{
    EVP_PKEY *key = size > INT_MAX ? NULL : read_pem(pem, size);
    if (key == NULL || !fits(key, algorithm)) {
        EVP_PKEY_free(key);
        error_set(e, ERROR_CONFIG, 0, "must be a private key in PEM without a passphrase: %s",
                  algorithm == JWT_RS256 ? "RSA of at least 2048 bits" : "EC on the curve P-256");
        return NULL;
    }
    jwt_key *k = malloc(sizeof *k);
    if (k == NULL) {
        EVP_PKEY_free(key);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
        return NULL;
    }
    *k = (jwt_key){.key = key, .algorithm = algorithm};
    return k;
}

void jwt_key_free(jwt_key *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_free(k->key);
    free(k);
}

/* ---- the token ---- */

/* Base64 in the alphabet for URLs, without padding (RFC 4648, section 5). */
static void add_base64url(buffer *out, const char *bytes, size_t size)
{
    size_t start = out->size;
    if (!buffer_reserve(out, base64_size(size)))
        return;
    base64_encode(bytes, size, out->bytes + start);
    out->size += base64_size(size);
    while (out->size > start && out->bytes[out->size - 1] == '=')
        out->size--;
    for (size_t i = start; i < out->size; i++) {
        if (out->bytes[i] == '+')
            out->bytes[i] = '-';
        else if (out->bytes[i] == '/')
            out->bytes[i] = '_';
    }
}

/* The next INTEGER of a DER signature, without its sign and as long as the curve's numbers are. */
static const unsigned char *read_number(const unsigned char *der, const unsigned char *end,
                                        unsigned char number[NUMBER_SIZE])
{
    if (end - der < 2 || der[0] != 0x02 || der[1] > end - der - 2)
        return NULL;
    size_t size = der[1];
    const unsigned char *digits = der + 2, *next = digits + size;
    while (size > 0 && *digits == 0) {
        digits++;
        size--;
    }
    if (size > NUMBER_SIZE)
        return NULL;
    memset(number, 0, NUMBER_SIZE - size);
    memcpy(number + NUMBER_SIZE - size, digits, size);
    return next;
}

/* libcrypto writes SEQUENCE { r, s }; a token has r and s side by side (RFC 7518, section 3.4). */
static bool flatten(unsigned char *signature, size_t *size)
{
    unsigned char numbers[2 * NUMBER_SIZE];
    const unsigned char *end = signature + *size;
    if (*size < 2 || signature[0] != 0x30 || signature[1] != *size - 2)
        return false;
    const unsigned char *s = read_number(signature + 2, end, numbers);
    if (s == NULL || read_number(s, end, numbers + NUMBER_SIZE) != end)
        return false;
    memcpy(signature, numbers, sizeof numbers);
    *size = sizeof numbers;
    return true;
}

static bool sign(const jwt_key *k, const char *text, size_t size, unsigned char *signature,
                 size_t *signature_size)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool done = c != NULL && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k->key) == 1 &&
                EVP_DigestSign(c, signature, signature_size, (const unsigned char *)text, size) == 1;
    EVP_MD_CTX_free(c);
    return done && (k->algorithm == JWT_RS256 || flatten(signature, signature_size));
}

bool jwt_write(const jwt_key *k, const char *header, const char *claims, buffer *out)
{
    unsigned char signature[SIGNATURE_MAX];
    size_t signature_size = sizeof signature, start = out->size;
    add_base64url(out, header, strlen(header));
    buffer_add_byte(out, '.');
    add_base64url(out, claims, strlen(claims));
    if (out->failed || !sign(k, out->bytes + start, out->size - start, signature, &signature_size))
        return false;
    buffer_add_byte(out, '.');
    add_base64url(out, (const char *)signature, signature_size);
    return !out->failed;
}
