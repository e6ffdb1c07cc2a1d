#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "engine/value/sha1.h"

static void expect_hash(const char *first, const char *second, const char *hex)
{
    unsigned char hash[SHA1_SIZE];
    char text[2 * SHA1_SIZE + 1];
    sha1(first, strlen(first), second, strlen(second), hash);
    for (int i = 0; i < SHA1_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    cr_expect_str_eq(text, hex, "of \"%s\" and \"%s\"", first, second);
}

/* NIST's examples (SHA_All.pdf), and sha1sum's answer for nothing. */
Test(value_sha1, is_that_of_the_standard)
{
    expect_hash("abc", "", "a9993e364706816aba3e25717850c26c9cd0d89d");
    expect_hash("abcdbcdecdefdefgefghfghighij", "hijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    expect_hash("", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

/* libuuid has a SHA-1 of its own: version 5 shows the first 16 bytes of it, but for six bits. */
Test(value_sha1, is_that_of_libuuid_for_every_length)
{
    unsigned char namespace[16], ours[SHA1_SIZE], name[300];
    uuid_t theirs;
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = (unsigned char)(i * 167 + 13);
    memcpy(namespace, name + 100, sizeof namespace);
    for (size_t size = 0; size <= sizeof name; size++) {
        sha1(namespace, sizeof namespace, name, size, ours);
        uuid_generate_sha1(theirs, namespace, (const char *)name, size);
        ours[6] = (unsigned char)((ours[6] & 0x0F) | (theirs[6] & 0xF0));
        ours[8] = (unsigned char)((ours[8] & 0x3F) | (theirs[8] & 0xC0));
        cr_expect_arr_eq(ours, theirs, sizeof theirs, "a name of %zu bytes", size);
    }
}
