#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

#include "worker/channel/address_guard.h"

static bool is_refused(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_is_link_local((const struct sockaddr *)&v4);
    cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
    return address_is_link_local((const struct sockaddr *)&v6);
}

Test(address_guard, refuses_what_is_on_the_link_in_every_form)
{
    static const char *const refused[] = {
        "169.254.169.254",
        "169.254.0.0",
        "169.254.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "fe80::1",
        "febf::1",
        "fd00:ec2::254",
        "::",
        "::169.254.1.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "64:ff9b::a9fe:a9fe",
        "fe80::5efe:a9fe",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        cr_expect(is_refused(refused[i]), "%s", refused[i]);
}

Test(address_guard, lets_all_others_through)
{
    static const char *const allowed[] = {
        "127.0.0.1", "10.0.0.1", "169.253.255.255",  "169.255.0.0", "192.168.1.1",   "::1",
        "fec0::1",   "fd00::1",  "::ffff:127.0.0.1", "2001:db8::1", "fd00:ec2::253",
    };
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        cr_expect_not(is_refused(allowed[i]), "%s", allowed[i]);
}

Test(address_guard, says_that_it_was_the_one_who_refused)
{
    CURL *transfer = curl_easy_init();
    address_guard guard = {0};
    cr_assert(address_guard_set(transfer, &guard));
    curl_easy_setopt(transfer, CURLOPT_URL, "http://169.254.169.254:1/");
    curl_easy_setopt(transfer, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer, CURLOPT_NOSIGNAL, 1L);
    cr_expect_eq(curl_easy_perform(transfer), CURLE_COULDNT_CONNECT);
    cr_expect(guard.refused);
    curl_easy_cleanup(transfer);
}
