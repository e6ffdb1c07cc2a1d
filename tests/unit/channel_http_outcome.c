#include <criterion/criterion.h>
#include <string.h>

#include "worker/channel/http/http_outcome.h"

/* 2026-01-31T12:00:00Z, a Saturday. */
static const int64_t now_ms = INT64_C(1769860800000);

Test(channel_http_outcome, statuses_are_delivered_retried_or_refused)
{
    static const struct {
        long first, last;
        http_verdict verdict;
    } ranges[] = {
        {100, 199, HTTP_REFUSED}, {200, 299, HTTP_DELIVERED}, {300, 407, HTTP_REFUSED},
        {408, 408, HTTP_RETRY},   {409, 424, HTTP_REFUSED},   {425, 425, HTTP_RETRY},
        {426, 428, HTTP_REFUSED}, {429, 429, HTTP_RETRY},     {430, 499, HTTP_REFUSED},
        {500, 599, HTTP_RETRY},   {600, 999, HTTP_REFUSED},
    };
    config_http h = {0};
    error e;
    cr_assert(http_statuses_parse(&h.success, "2xx", &e));
    cr_assert(http_statuses_parse(&h.retriable, "408, 425, 429, 5xx", &e));
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        for (long status = ranges[i].first; status <= ranges[i].last; status++)
            cr_expect_eq(http_judge_status(&h, status), ranges[i].verdict, "%ld", status);
    }
}

Test(channel_http_outcome, success_goes_before_permanent_and_that_before_retriable)
{
    config_http h = {0};
    error e;
    cr_assert(http_statuses_parse(&h.success, "2xx 409", &e));
    cr_assert(http_statuses_parse(&h.permanent, "204, 501", &e));
    cr_assert(http_statuses_parse(&h.retriable, "4xx,5xx", &e));
    cr_expect_eq(http_judge_status(&h, 204), HTTP_DELIVERED);
    cr_expect_eq(http_judge_status(&h, 409), HTTP_DELIVERED);
    cr_expect_eq(http_judge_status(&h, 501), HTTP_REFUSED);
    cr_expect_eq(http_judge_status(&h, 404), HTTP_RETRY);
    cr_expect_eq(http_judge_status(&h, 302), HTTP_REFUSED);
}

Test(channel_http_outcome, lists_of_statuses_are_checked)
{
    static const char *const wrong[] = {"1xx",     "600",     "20",   "2x0", "x04",
                                        "2xx;404", "200-299", "2xxx", "-200"};
    http_statuses s;
    error e;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_not(http_statuses_parse(&s, wrong[i], &e), "%s", wrong[i]);
    cr_expect(http_statuses_parse(&s, "", &e));
    cr_expect_not(http_statuses_have(&s, 200));
    cr_expect(http_statuses_parse(&s, " 200,, 599 ", &e));
    cr_expect(http_statuses_have(&s, 200) && http_statuses_have(&s, 599));
    cr_expect_not(http_statuses_have(&s, 201) || http_statuses_have(&s, 99) || http_statuses_have(&s, 600));
}

static void expect_pause(const char *text, int64_t expected_ms)
{
    cr_expect_eq(http_retry_after_ms(text, now_ms), expected_ms, "'%s': %lld", text,
                 (long long)http_retry_after_ms(text, now_ms));
}

Test(channel_http_outcome, a_pause_is_told_in_seconds)
{
    expect_pause("0", 0);
    expect_pause("1", 1000);
    expect_pause("120", 120000);
    expect_pause("007", 7000);
    expect_pause("86400", HTTP_RETRY_AFTER_MAX_MS);
    expect_pause("86401", HTTP_RETRY_AFTER_MAX_MS);
    expect_pause("99999999999999999999999999", HTTP_RETRY_AFTER_MAX_MS);
}

Test(channel_http_outcome, a_pause_lasts_until_a_date)
{
    expect_pause("Sat, 31 Jan 2026 12:00:30 GMT", 30000);
    expect_pause("Saturday, 31-Jan-26 12:01:00 GMT", 60000);
    expect_pause("Sat Jan 31 12:00:05 2026", 5000);
    expect_pause("Sun, 01 Feb 2026 11:59:59 GMT", HTTP_RETRY_AFTER_MAX_MS - 1000);
    expect_pause("Fri, 31 Dec 9999 23:59:59 GMT", HTTP_RETRY_AFTER_MAX_MS);
    expect_pause("Sat, 31 Jan 2026 11:59:59 GMT", 0);
    expect_pause("Thu, 01 Jan 1970 00:00:00 GMT", 0);
}

Test(channel_http_outcome, a_pause_that_is_none_is_not_obeyed)
{
    static const char *const texts[] = {"", " ", "-5", "soon", "1.5", "5 seconds", "1e9", "Sat, 99 Jan 2026"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_pause(texts[i], 0);
}

static void expect_explained(CURLcode code, bool connected, const char *word, bool unknown)
{
    http_failure f = http_explain(code, connected);
    cr_expect_str_eq(f.code, word, "%s: %s", curl_easy_strerror(code), f.code);
    cr_expect_eq(f.unknown, unknown, "%s", curl_easy_strerror(code));
    cr_expect_gt(strlen(f.sentence), 0u);
}

Test(channel_http_outcome, failures_have_stable_words)
{
    expect_explained(CURLE_COULDNT_RESOLVE_HOST, false, "dns", false);
    expect_explained(CURLE_COULDNT_CONNECT, false, "connect", false);
    expect_explained(CURLE_OPERATION_TIMEDOUT, false, "connect", false);
    expect_explained(CURLE_OPERATION_TIMEDOUT, true, "timeout", true);
    expect_explained(CURLE_SSL_CONNECT_ERROR, false, "tls", false);
    expect_explained(CURLE_PEER_FAILED_VERIFICATION, false, "tls", false);
    expect_explained(CURLE_GOT_NOTHING, true, "connection_lost", true);
    expect_explained(CURLE_RECV_ERROR, true, "connection_lost", true);
    expect_explained(CURLE_SEND_ERROR, false, "connection_lost", false);
    expect_explained(CURLE_SEND_FAIL_REWIND, true, "connection_lost", true);
    expect_explained(CURLE_UNSUPPORTED_PROTOCOL, true, "protocol", true);
    expect_explained(CURLE_OUT_OF_MEMORY, false, "out_of_memory", false);
}
