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

Test(value_base64, decodes_what_it_encodes)
{
    char bytes[64], text[128], back[128];
    for (size_t size = 0; size < sizeof bytes; size++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(i * 37 + size);
        size_t back_size = 999;
        base64_encode(bytes, size, text);
        cr_assert(base64_decode(text, base64_size(size), back, &back_size));
        cr_expect_eq(back_size, size);
        cr_expect_eq(memcmp(back, bytes, size), 0);
    }
}

Test(value_base64, refuses_what_it_would_not_write)
{
    static const char *const bad[] = {
        "A", "AB", "ABC", "ABCDE", "AB=C", "A===", "====", "AB==CD==", "AB*D", "Zh==", "Zm9=", "A\nBC"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char back[16];
        size_t size;
        cr_expect_not(base64_decode(bad[i], strlen(bad[i]), back, &size), "%s", bad[i]);
    }
}
