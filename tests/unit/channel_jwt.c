#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "worker/channel/http/jwt.h"

static arena memory;
static error e;

static void set_up(void)
{
    arena_init(&memory, 1024, 1 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(jwt, .init = set_up, .fini = tear_down);

static char *pem_of(EVP_PKEY *key, size_t *size)
{
    char *bytes;
    BIO *out = BIO_new(BIO_s_mem());
    cr_assert_eq(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    *size = (size_t)BIO_get_mem_data(out, &bytes);
    char *copy = arena_copy(&memory, bytes, *size);
    BIO_free(out);
    return copy;
}

static jwt_key *read(EVP_PKEY *key, jwt_algorithm algorithm)
{
    size_t size;
    const char *pem = pem_of(key, &size);
    return jwt_key_new(pem, size, algorithm, &e);
}

static unsigned char digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *found = strchr(digits, c);
    cr_assert(c != '\0' && found != NULL, "%c", c);
    return (unsigned char)(found - digits);
}

/* Base64url as the standard says it, bit by bit. */
static size_t decode(const char *text, size_t size, unsigned char *bytes)
{
    unsigned bits = 0, bit_count = 0;
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 6 | digit(text[i]);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[count++] = (unsigned char)(bits >> bit_count);
        }
    }
    return count;
}

static bool verify(EVP_PKEY *key, const char *text, size_t size, const unsigned char *signature,
                   size_t signature_size)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(c, NULL, EVP_sha256(), NULL, key);
    int result = EVP_DigestVerify(c, signature, signature_size, (const unsigned char *)text, size);
    EVP_MD_CTX_free(c);
    return result == 1;
}

static size_t add_der_number(unsigned char *der, const unsigned char *number)
{
    size_t at = 0, zeroes = 0;
    while (zeroes < 31 && number[zeroes] == 0)
        zeroes++;
    bool negative = number[zeroes] >= 0x80;
    der[at++] = 0x02;
    der[at++] = (unsigned char)(32 - zeroes + negative);
    if (negative)
        der[at++] = 0;
    memcpy(der + at, number + zeroes, 32 - zeroes);
    return at + 32 - zeroes;
}

/* The token's parts; its signature decoded. */
static const char *write_token(const jwt_key *k, const char *claims, unsigned char *signature, size_t *size)
{
    buffer out;
    buffer_init(&out, &memory, 8192);
    cr_assert(jwt_write(k, "{\"alg\":\"X\"}", claims, &out));
    buffer_add_byte(&out, '\0');
    const char *last = strrchr(out.bytes, '.');
    *size = decode(last + 1, strlen(last + 1), signature);
    return out.bytes;
}

Test(jwt, of_rsa_is_verified_by_its_public_key)
{
    unsigned char signature[1024];
    size_t size;
    EVP_PKEY *pair = EVP_RSA_gen(2048);
    jwt_key *k = read(pair, JWT_RS256);
    cr_assert_not_null(k);
    const char *token = write_token(k, "{\"iss\":\"a?>\"}", signature, &size);
    cr_expect_eq(size, 256);
    cr_expect_eq(strncmp(token, "eyJhbGciOiJYIn0.eyJpc3MiOiJhPz4ifQ.", 35), 0, "%s", token);
    cr_expect(verify(pair, token, (size_t)(strrchr(token, '.') - token), signature, size));
    jwt_key_free(k);
    EVP_PKEY_free(pair);
}

/* Often enough to meet numbers that DER writes with a zero in front, and shorter ones. */
Test(jwt, of_an_elliptic_curve_has_both_numbers_side_by_side)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    jwt_key *k = read(pair, JWT_ES256);
    cr_assert_not_null(k);
    for (int i = 0; i < 600; i++) {
        unsigned char signature[1024], der[80] = {0x30};
        size_t size;
        const char *token = write_token(k, "{}", signature, &size);
        cr_assert_eq(size, 64);
        size_t der_size = 2 + add_der_number(der + 2, signature);
        der_size += add_der_number(der + der_size, signature + 32);
        der[1] = (unsigned char)(der_size - 2);
        cr_assert(verify(pair, token, (size_t)(strrchr(token, '.') - token), der, der_size));
    }
    jwt_key_free(k);
    EVP_PKEY_free(pair);
}

static void expect_refused(EVP_PKEY *pair, jwt_algorithm algorithm)
{
    cr_expect_null(read(pair, algorithm));
    cr_expect_eq(e.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(e.message, "without a passphrase"), "%s", e.message);
    EVP_PKEY_free(pair);
}

Test(jwt, takes_no_key_of_another_sort)
{
    expect_refused(EVP_EC_gen("P-256"), JWT_RS256);
    expect_refused(EVP_RSA_gen(2048), JWT_ES256);
    expect_refused(EVP_RSA_gen(1024), JWT_RS256);
    expect_refused(EVP_EC_gen("P-384"), JWT_ES256);
    expect_refused(EVP_EC_gen("secp256k1"), JWT_ES256);
    cr_expect_null(jwt_key_new("no key", 6, JWT_ES256, &e));
    cr_expect_null(jwt_key_new("", 0, JWT_RS256, &e));
}

Test(jwt, asks_nobody_for_a_passphrase)
{
    char *bytes;
    char word[] = "word";
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    BIO *out = BIO_new(BIO_s_mem());
    cr_assert_eq(PEM_write_bio_PrivateKey(out, pair, EVP_aes_128_cbc(), (unsigned char *)word, 4, NULL, NULL),
                 1);
    size_t size = (size_t)BIO_get_mem_data(out, &bytes);
    cr_expect_null(jwt_key_new(bytes, size, JWT_ES256, &e));
    BIO_free(out);
    EVP_PKEY_free(pair);
}
