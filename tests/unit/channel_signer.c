#include <criterion/criterion.h>
#include <string.h>

#include "worker/channel/http/signer.h"

/* The expected codes are those of Python's hmac. */
Test(signer, signs_time_and_body)
{
    char text[SIGNATURE_TEXT_SIZE];
    signer *s = signer_new("whsec_test");
    cr_assert_not_null(s);
    cr_assert(signer_sign(s, 1700000000, "{\"a\":1}", 7, text));
    cr_expect_str_eq(text,
                     "t=1700000000,v1=38877139021993b830af32feea6e18a8da83eb2f6e49ee50bd9e4cf4ca4d3789");
    signer_free(s);
}

Test(signer, begins_anew_each_time)
{
    char first[SIGNATURE_TEXT_SIZE], other[SIGNATURE_TEXT_SIZE], again[SIGNATURE_TEXT_SIZE];
    signer *s = signer_new("k");
    cr_assert(signer_sign(s, 1, "body", 4, first));
    cr_assert(signer_sign(s, 2, "body", 4, other));
    cr_assert(signer_sign(s, 1, "body", 4, again));
    cr_expect_str_eq(first, again);
    cr_expect_str_neq(strstr(first, "v1="), strstr(other, "v1="));
    signer_free(s);
}

Test(signer, has_room_for_every_time_and_no_body)
{
    char text[SIGNATURE_TEXT_SIZE];
    signer *s = signer_new("k");
    cr_assert(signer_sign(s, INT64_MIN, "", 0, text));
    cr_expect_eq(strlen(text), SIGNATURE_TEXT_SIZE - 1);
    signer_free(s);
}
