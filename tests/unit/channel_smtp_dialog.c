#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "worker/channel/smtp/smtp_dialog.h"

static smtp_dialog d;

static smtp_mail a_mail(void)
{
    static const char content[] = "Subject: s\r\n\r\nt\r\n.\r\n";
    return (smtp_mail){.from = value_cstring("f@x.io"),
                       .to = value_cstring("t@y.io"),
                       .content = content,
                       .content_size = sizeof content - 1};
}

static void begin_with(smtp_abilities abilities)
{
    smtp_mail m = a_mail();
    smtp_dialog_init(&d, &abilities);
    cr_assert(smtp_dialog_begin(&d, &m));
}

static void begin(void)
{
    begin_with((smtp_abilities){0});
}

/* What it wants to send is this, and is sent. */
static void expect_sent(const char *text)
{
    size_t size;
    const char *bytes = smtp_dialog_output(&d, &size);
    cr_assert_eq(size, strlen(text), "%.*s", (int)size, bytes);
    cr_expect_eq(memcmp(bytes, text, size), 0, "%.*s", (int)size, bytes);
    smtp_dialog_sent(&d, size);
}

static smtp_progress hear(const char *text)
{
    return smtp_dialog_receive(&d, text, strlen(text));
}

static void talk_until(smtp_stage stage)
{
    static const char *const replies[] = {"250 ok\r\n", "250 ok\r\n", "354 go on\r\n"};
    size_t size;
    while (d.stage != stage) {
        smtp_dialog_output(&d, &size);
        smtp_dialog_sent(&d, size);
        cr_assert_eq(hear(replies[d.stage - SMTP_SENDER]), SMTP_GOES_ON);
    }
}

static void send_all(void)
{
    size_t size;
    smtp_dialog_output(&d, &size);
    smtp_dialog_sent(&d, size);
}

Test(channel_smtp_dialog, a_mail_is_handed_over)
{
    begin();
    expect_sent("MAIL FROM:<f@x.io>\r\n");
    cr_expect_eq(hear("250 2.1.0 Ok\r\n"), SMTP_GOES_ON);
    expect_sent("RCPT TO:<t@y.io>\r\n");
    cr_expect_eq(hear("250 2.1.5 Ok\r\n"), SMTP_GOES_ON);
    expect_sent("DATA\r\n");
    cr_expect_eq(hear("354 End data with <CR><LF>.<CR><LF>\r\n"), SMTP_GOES_ON);
    expect_sent("Subject: s\r\n\r\nt\r\n.\r\n");
    cr_expect_eq(hear("250 2.0.0 Ok: queued as A1\r\n"), SMTP_ACCEPTED);
    cr_expect_eq(d.reply.line_size, strlen("2.0.0 Ok: queued as A1"));
    cr_expect_not(d.finished);
    cr_expect_eq(d.accepted_count, 1);
}

Test(channel_smtp_dialog, the_next_mail_uses_the_same_connection)
{
    smtp_mail m = a_mail();
    begin();
    talk_until(SMTP_CONTENT);
    send_all();
    cr_assert_eq(hear("250 ok\r\n"), SMTP_ACCEPTED);
    cr_assert(smtp_dialog_begin(&d, &m));
    expect_sent("MAIL FROM:<f@x.io>\r\n");
}

Test(channel_smtp_dialog, behind_a_refusal_the_next_mail_begins_with_a_reset)
{
    smtp_mail m = a_mail();
    begin();
    talk_until(SMTP_RECIPIENT);
    send_all();
    cr_assert_eq(hear("550 5.1.1 no such user\r\n"), SMTP_REFUSED);
    cr_expect_eq(d.reply.code, 550);
    cr_expect_not(d.finished);
    cr_assert(smtp_dialog_begin(&d, &m));
    expect_sent("RSET\r\n");
    cr_expect_eq(hear("250 ok\r\n"), SMTP_GOES_ON);
    expect_sent("MAIL FROM:<f@x.io>\r\n");
}

Test(channel_smtp_dialog, abilities_are_used)
{
    smtp_mail m = a_mail();
    m.international = true;
    begin_with((smtp_abilities){.size = true});
    expect_sent("MAIL FROM:<f@x.io> SIZE=20\r\n");
    smtp_dialog_init(&d, &(smtp_abilities){.size = true});
    cr_expect_not(smtp_dialog_begin(&d, &m));
    cr_expect_not(d.busy);
    smtp_dialog_init(&d, &(smtp_abilities){.utf8 = true});
    cr_assert(smtp_dialog_begin(&d, &m));
    expect_sent("MAIL FROM:<f@x.io> SMTPUTF8\r\n");
}

Test(channel_smtp_dialog, every_stage_may_be_refused)
{
    for (int stage = SMTP_SENDER; stage <= SMTP_CONTENT; stage++) {
        begin();
        talk_until((smtp_stage)stage);
        send_all();
        cr_expect_eq(hear("451-4.3.0 later\r\n451 4.3.0 please\r\n"), SMTP_REFUSED, "%d", stage);
        cr_expect_eq(d.reply.code, 451);
        cr_expect_eq((int)d.stage, stage);
        cr_expect_not(d.finished);
    }
}

Test(channel_smtp_dialog, a_server_that_says_421_is_done_with_us)
{
    begin();
    send_all();
    cr_expect_eq(hear("421 4.7.0 too many\r\n"), SMTP_REFUSED);
    cr_expect(d.finished);
}

Test(channel_smtp_dialog, only_behind_the_last_byte_is_an_outcome_unknown)
{
    for (int stage = SMTP_SENDER; stage <= SMTP_CONTENT; stage++) {
        begin();
        talk_until((smtp_stage)stage);
        cr_expect_not(smtp_dialog_is_unknown(&d));
        size_t size;
        smtp_dialog_output(&d, &size);
        smtp_dialog_sent(&d, size - 1);
        cr_expect_not(smtp_dialog_is_unknown(&d));
        smtp_dialog_sent(&d, 1);
        cr_expect_eq(smtp_dialog_is_unknown(&d), stage == SMTP_CONTENT);
    }
    cr_expect_eq(hear("2\r\n"), SMTP_NONSENSE);
    cr_expect(smtp_dialog_is_unknown(&d));
}

Test(channel_smtp_dialog, a_refusal_amid_the_content_ends_the_connection)
{
    begin();
    talk_until(SMTP_CONTENT);
    smtp_dialog_sent(&d, 5);
    cr_expect_eq(hear("552 5.3.4 too big\r\n"), SMTP_REFUSED);
    cr_expect(d.finished);
}

Test(channel_smtp_dialog, a_reply_that_is_not_due_is_nonsense)
{
    static const struct {
        smtp_stage stage;
        const char *reply;
    } cases[] = {
        {SMTP_SENDER, "354 go on\r\n"}, {SMTP_DATA, "250 ok\r\n"},           {SMTP_CONTENT, "354 more\r\n"},
        {SMTP_SENDER, "hello\r\n"},     {SMTP_SENDER, "150 x\r\n"},          {SMTP_SENDER, "650 x\r\n"},
        {SMTP_SENDER, "25\r\n"},        {SMTP_SENDER, "250-a\r\n251 b\r\n"}, {SMTP_SENDER, "250_x\r\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        talk_until(cases[i].stage);
        send_all();
        cr_expect_eq(hear(cases[i].reply), SMTP_NONSENSE, "%zu", i);
        cr_expect(d.finished);
        cr_expect_not(d.busy);
    }
    begin();
    cr_expect_eq(hear("250 before MAIL was sent\r\n"), SMTP_NONSENSE);
}

Test(channel_smtp_dialog, what_comes_while_nobody_waits_is_a_farewell)
{
    begin();
    talk_until(SMTP_CONTENT);
    send_all();
    cr_expect_eq(hear("250 ok\r\n421 bye\r\n"), SMTP_ACCEPTED);
    cr_expect(d.finished);
    begin();
    talk_until(SMTP_CONTENT);
    send_all();
    cr_expect_eq(hear("250 ok\r\n"), SMTP_ACCEPTED);
    cr_expect_eq(hear("4"), SMTP_GOES_ON);
    cr_expect(d.finished);
}

Test(channel_smtp_dialog, replies_come_in_any_portions)
{
    static const char reply[] = "250-first\r\n250-second\n250\r\n";
    for (size_t cut = 0; cut < sizeof reply - 1; cut++) {
        begin();
        send_all();
        cr_assert_eq(smtp_dialog_receive(&d, reply, cut), SMTP_GOES_ON);
        cr_assert_eq((int)d.stage, SMTP_SENDER);
        cr_assert_eq(smtp_dialog_receive(&d, reply + cut, sizeof reply - 1 - cut), SMTP_GOES_ON);
        expect_sent("RCPT TO:<t@y.io>\r\n");
    }
}

Test(channel_smtp_dialog, replies_are_bounded)
{
    begin();
    send_all();
    smtp_progress progress = hear("250 ");
    for (size_t i = 0; i < SMTP_LINE_MAX - 4; i++) {
        cr_assert_eq(progress, SMTP_GOES_ON);
        progress = hear("x");
    }
    cr_expect_eq(hear("x"), SMTP_NONSENSE);
    begin();
    send_all();
    for (size_t i = 0; i < SMTP_LINES_MAX; i++)
        cr_assert_eq(hear("250-x\r\n"), SMTP_GOES_ON);
    cr_expect_eq(hear("250 x\r\n"), SMTP_NONSENSE);
}

Test(channel_smtp_dialog, the_longest_mailboxes_fit)
{
    char text[321];
    memset(text, 'x', sizeof text);
    smtp_mail m = a_mail();
    m.from = m.to = value_string(text, 320);
    m.international = true;
    smtp_dialog_init(&d, &(smtp_abilities){.size = true, .utf8 = true});
    m.content_size = SIZE_MAX;
    cr_assert(smtp_dialog_begin(&d, &m));
    size_t size;
    smtp_dialog_output(&d, &size);
    cr_expect_lt(size, SMTP_COMMAND_MAX);
}
