#include <criterion/criterion.h>
#include <string.h>

#include "engine/value/base64.h"

static const char *encode(const char *bytes, size_t size)
{
    static char text[512];
    memset(text, '#', sizeof text);
    base64_encode(bytes, size, text);
    cr_assert_eq(text[base64_size(size)], '#', "wrote past its size");
    text[base64_size(size)] = '\0';
    return text;
}

Test(value_base64, encodes_the_vectors_of_rfc_4648)
{
    cr_expect_str_eq(encode("", 0), "");
    cr_expect_str_eq(encode("f", 1), "Zg==");
    cr_expect_str_eq(encode("fo", 2), "Zm8=");
    cr_expect_str_eq(encode("foo", 3), "Zm9v");
    cr_expect_str_eq(encode("foob", 4), "Zm9vYg==");
    cr_expect_str_eq(encode("fooba", 5), "Zm9vYmE=");
    cr_expect_str_eq(encode("foobar", 6), "Zm9vYmFy");
}

Test(value_base64, encodes_every_bit_of_every_byte)
{
    cr_expect_str_eq(encode("\xFF\xFE\xFD\xFC\xFB\xFA", 6), "//79/Pv6");
    cr_expect_str_eq(encode("\x00\x00\x00", 3), "AAAA");
    cr_expect_str_eq(encode("\xFF", 1), "/w==");
    cr_expect_str_eq(encode("\xFF\xFF", 2), "//8=");
    /* python3 -c 'import base64; print(base64.b64encode(bytes(range(0, 256, 5))).decode())' */
    char bytes[52];
    for (int i = 0; i < 52; i++)
        bytes[i] = (char)(i * 5);
    cr_expect_str_eq(encode(bytes, sizeof bytes),
                     "AAUKDxQZHiMoLTI3PEFGS1BVWl9kaW5zeH2Ch4yRlpugpaqvtLm+w8jN0tfc4ebr8PX6/w==");
}
