#include <criterion/criterion.h>
#include <string.h>

#include "worker/channel/smtp/smtp_outcome.h"

Test(channel_smtp_outcome, replies_are_for_good_or_not)
{
    for (int code = 400; code <= 499; code++) {
        cr_expect(smtp_judge_reply(code).retriable, "%d", code);
        cr_expect(smtp_judge_reply(code).code == NULL, "%d", code);
    }
    for (int code = 500; code <= 599; code++) {
        bool login = code == 530 || code == 534 || code == 535 || code == 538;
        smtp_failure why = smtp_judge_reply(code);
        cr_expect_eq(why.retriable, login, "%d", code);
        cr_expect_eq(why.code != NULL && strcmp(why.code, "smtp_auth") == 0, login, "%d", code);
    }
}

Test(channel_smtp_outcome, whatever_failed_before_the_mail_may_pass)
{
    static const struct {
        CURLcode code;
        long reply;
        const char *word;
    } cases[] = {
        {CURLE_LOGIN_DENIED, 535, "smtp_auth"},
        {CURLE_LOGIN_DENIED, 454, "smtp_auth"},
        {CURLE_REMOTE_ACCESS_DENIED, 530, "smtp_auth"},
        {CURLE_WEIRD_SERVER_REPLY, 554, "smtp_refused"},
        {CURLE_WEIRD_SERVER_REPLY, 421, "smtp_refused"},
        {CURLE_WEIRD_SERVER_REPLY, 220, "protocol"},
        {CURLE_WEIRD_SERVER_REPLY, 0, "protocol"},
        {CURLE_REMOTE_ACCESS_DENIED, 550, "smtp_refused"},
        {CURLE_USE_SSL_FAILED, 250, "tls"},
        {CURLE_PEER_FAILED_VERIFICATION, 220, "tls"},
        {CURLE_COULDNT_RESOLVE_HOST, 0, "dns"},
        {CURLE_COULDNT_CONNECT, 0, "connect"},
        {CURLE_OPERATION_TIMEDOUT, 0, "connect"},
        {CURLE_RECV_ERROR, 0, "connection_lost"},
        {CURLE_OUT_OF_MEMORY, 0, "out_of_memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        smtp_failure why = smtp_explain_connect(cases[i].code, cases[i].reply);
        cr_expect(why.retriable, "%zu", i);
        cr_expect_str_eq(why.code, cases[i].word, "%zu", i);
    }
}

static void expect_id(const char *line, const char *id)
{
    value v = smtp_message_id(line, strlen(line));
    if (id == NULL)
        cr_expect_eq(v.kind, VALUE_NULL, "%s", line);
    else
        cr_expect(value_is_text(&v, id), "%s: %.*s", line, (int)v.count, v.text);
}

Test(channel_smtp_outcome, the_servers_own_id_is_found)
{
    expect_id("2.0.0 Ok: queued as 4Xyz12ABC", "4Xyz12ABC");                               /* Postfix */
    expect_id("2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 7A", "7A"); /* amavis */
    expect_id("OK id=1tEXAM-000000000aB-1234", "1tEXAM-000000000aB-1234");                 /* Exim */
    expect_id("Ok 0100018f-aaaa-bbbb-000000", "Ok 0100018f-aaaa-bbbb-000000");             /* Amazon SES */
    expect_id("2.0.0 OK  1700000000 a1-2b.3 - gsmtp", "OK  1700000000 a1-2b.3 - gsmtp");
    expect_id("OK queued as ", "OK queued as ");
    expect_id("", NULL);
    expect_id("2.0.0 ", NULL);
    expect_id("ok \xC3\xA4", NULL);
    char line[300];
    memset(line, 'x', sizeof line);
    line[299] = '\0';
    expect_id(line, NULL);
}
