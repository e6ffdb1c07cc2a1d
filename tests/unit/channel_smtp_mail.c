/* What comes back from a mail is tests/oracle/test_mail.py's; here are the bytes themselves. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/value/json.h"
#include "worker/channel/smtp/mail.h"
#include "worker/channel/smtp/mail_body.h"
#include "worker/channel/smtp/mail_header.h"

static arena memory;
static error e;

static void begin(void)
{
    arena_init(&memory, 4096, 8 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(channel_smtp_mail, .init = begin, .fini = end);

static const mail_options defaults = {.key = "11111111-2222-5333-8444-555555555555",
                                      .from = "Shop <shop@example.org>",
                                      .now_ms = INT64_C(1769860805000)};

/* The mail, NUL-terminated; NULL where it is refused. */
static const char *written(const char *message_json, const mail_options *o, size_t limit)
{
    value message;
    mail m;
    buffer b;
    cr_assert(json_read(&memory, message_json, strlen(message_json), &message, &e), "%s", e.message);
    buffer_init(&b, &memory, limit);
    if (!mail_read(&memory, &message, o, &m, &e) || !mail_write(&m, &b, &e))
        return NULL;
    buffer_add_byte(&b, '\0');
    cr_assert_not(b.failed);
    return b.bytes;
}

static const char *with(const char *message_json)
{
    const char *text = written(message_json, &defaults, SIZE_MAX);
    cr_assert(text != NULL, "%s: %s", message_json, e.message);
    return text;
}

static void expect_refused(const char *message_json, const mail_options *o, const char *sentence)
{
    cr_assert(written(message_json, o, SIZE_MAX) == NULL, "%s", message_json);
    cr_expect_str_eq(e.message, sentence);
}

static void expect_has(const char *text, const char *part)
{
    cr_expect(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

Test(channel_smtp_mail, a_plain_one_is_as_small_as_can_be)
{
    cr_expect_str_eq(with("{\"to\":\"a@b.c\",\"subject\":\"Hello\",\"text\":\"Hi = there\\n.dot\\nend\"}"),
                     "From: Shop <shop@example.org>\r\n"
                     "To: a@b.c\r\n"
                     "Subject: Hello\r\n"
                     "Date: Sat, 31 Jan 2026 12:00:05 +0000\r\n"
                     "Message-ID: <11111111-2222-5333-8444-555555555555@example.org>\r\n"
                     "MIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n"
                     "\r\n"
                     "Hi =3D there\r\n"
                     "=2Edot\r\n"
                     "end\r\n");
}

Test(channel_smtp_mail, text_and_html_are_alternatives_and_the_better_one_is_last)
{
    const char *text = with("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\",\"html\":\"<p>h</p>\"}");
    const char *body = strstr(text, "Content-Type:");
    cr_assert(body != NULL);
    cr_expect_str_eq(body, "Content-Type: multipart/alternative;\r\n"
                           " boundary=\"=_alternative_11111111-2222-5333-8444-555555555555\"\r\n"
                           "\r\n--=_alternative_11111111-2222-5333-8444-555555555555\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\nt"
                           "\r\n--=_alternative_11111111-2222-5333-8444-555555555555\r\n"
                           "Content-Type: text/html; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>h</p>"
                           "\r\n--=_alternative_11111111-2222-5333-8444-555555555555--\r\n");
}

Test(channel_smtp_mail, attachments_stand_beside_the_content)
{
    const char *text = with("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\",\"attachments\":["
                            "{\"name\":\"a b.txt\",\"type\":\"text/csv\",\"content\":\"Zm9v\\n YmFy\"},"
                            "{\"name\":\"r\xC3\xA9sum\xC3\xA9.pdf\",\"content\":\"\"}]}");
    expect_has(text, "Content-Type: multipart/mixed;\r\n boundary=\"=_mixed_1111");
    expect_has(text, "\r\nt\r\n--=_mixed_11111111-2222-5333-8444-555555555555\r\n"
                     "Content-Type: text/csv;\r\n name=\"a b.txt\"\r\n"
                     "Content-Disposition: attachment;\r\n filename=\"a b.txt\"\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\nZm9vYmFy\r\n\r\n--=_mixed");
    expect_has(text, "Content-Type: application/octet-stream;\r\n name*0*=utf-8''r%C3%A9sum%C3%A9.pdf\r\n");
    expect_has(text, ";\r\n filename*0*=utf-8''r%C3%A9sum%C3%A9.pdf\r\n");
}

Test(channel_smtp_mail, an_attachment_that_is_none_is_refused)
{
#define ATTACHED(members) "{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\",\"attachments\":[{" members "}]}"
    expect_refused(ATTACHED("\"name\":\"a\",\"content\":\"Zm9\""), &defaults,
                   "attachments/0: content: is no base64");
    expect_refused(ATTACHED("\"name\":\"a\",\"content\":\"Zg==Zg==\""), &defaults,
                   "attachments/0: content: is no base64");
    expect_refused(ATTACHED("\"name\":\"a\\r\\nX: y\",\"content\":\"\""), &defaults,
                   "attachments/0: name: is not one line of text");
    expect_refused(ATTACHED("\"content\":\"\""), &defaults, "attachments/0: name: is not one line of text");
    static const char *const types[] = {"text",
                                        "/x",
                                        "x/",
                                        "a/b/c",
                                        "text/p l",
                                        "multipart/mixed",
                                        "Message/rfc822",
                                        "text/plain; x=y",
                                        "text/plain\\r\\nX: y"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char json[256];
        snprintf(json, sizeof json, ATTACHED("\"name\":\"a\",\"content\":\"\",\"type\":\"%s\""), types[i]);
        expect_refused(json, &defaults, "attachments/0: type: is no media type of a file");
    }
}

Test(channel_smtp_mail, a_base64_line_is_short_only_at_the_end)
{
    char text[80] = "Zg==";
    buffer b;
    memset(text + 4, 'A', 76);
    buffer_init(&b, &memory, SIZE_MAX);
    value v = value_string(text, 80);
    cr_expect_not(mail_body_write_file(&b, &v));
    memset(text, 'A', 80);
    buffer_init(&b, &memory, SIZE_MAX);
    cr_expect(mail_body_write_file(&b, &v));
    cr_expect(strncmp(b.bytes + b.size - 8, "\r\nAAAA\r\n", 8) == 0);
}

Test(channel_smtp_mail, the_message_chooses_its_sender_and_where_answers_go)
{
    const char *text = with("{\"to\":\"\\\"Last, First\\\" <a@b>\",\"from\":\"c@d.e\",\"reply_to\":\"f@g\","
                            "\"subject\":\"s\",\"html\":\"h\"}");
    expect_has(text, "From: c@d.e\r\nTo: \"Last, First\" <a@b>\r\nReply-To: f@g\r\n");
    expect_has(text, "Message-ID: <11111111-2222-5333-8444-555555555555@d.e>");
    expect_has(text, "Content-Type: text/html; charset=utf-8\r\n");
}

Test(channel_smtp_mail, an_address_that_is_none_is_refused_by_its_name)
{
    mail_options nobody = defaults;
    nobody.from = NULL;
    expect_refused("{\"to\":\"a@b, c@d\",\"subject\":\"s\",\"text\":\"t\"}", &defaults, "to: is no mailbox");
    expect_refused("{\"to\":\"a@b\",\"from\":\"x\",\"subject\":\"s\",\"text\":\"t\"}", &defaults,
                   "from: is no mailbox: it has no @");
    expect_refused("{\"to\":\"a@b\",\"reply_to\":\"x\",\"subject\":\"s\",\"text\":\"t\"}", &defaults,
                   "reply_to: is no mailbox: it has no @");
    expect_refused("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\"}", &nobody, "from: is empty");
}

Test(channel_smtp_mail, no_text_ends_its_field)
{
    mail_field field = {.name = "X-Tag", .text = value_cstring("a\r\nBcc: b@c")};
    mail_options o = defaults;
    o.fields = &field;
    o.field_count = 1;
    expect_refused("{\"to\":\"a@b\",\"subject\":\"a\\r\\nBcc: x@y\",\"text\":\"t\"}", &defaults,
                   "subject: is not one line of text");
    expect_refused("{\"to\":\"a@b\",\"subject\":\"a\\u0000\",\"text\":\"t\"}", &defaults,
                   "subject: is not one line of text");
    expect_refused("{\"to\":\"a@b\",\"subject\":\"a\",\"text\":\"t\"}", &o,
                   "header.X-Tag: is not one line of text");
}

Test(channel_smtp_mail, fields_of_the_configuration)
{
    mail_field fields[] = {{"X-Tag", value_cstring("welcome mail")},
                           {"X-Empty", value_cstring("")},
                           {"X-Name", value_cstring("\xC3\x84")},
                           {"List-Unsubscribe", value_cstring("https://x.io/u?id=1")}};
    mail_options o = defaults;
    o.fields = fields;
    o.field_count = 4;
    o.id_domain = "id.example";
    const char *text = written("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\"}", &o, SIZE_MAX);
    cr_assert(text != NULL, "%s", e.message);
    expect_has(text, "@id.example>\r\nX-Tag: welcome mail\r\nX-Name: =?utf-8?b?w4Q=?=\r\n"
                     "List-Unsubscribe: <https://x.io/u?id=1>\r\n"
                     "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n");
    fields[3].text = value_cstring("<mailto:u@x.io>, <http://x.io/u>");
    text = written("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\"}", &o, SIZE_MAX);
    expect_has(text, "List-Unsubscribe: <mailto:u@x.io>, <http://x.io/u>\r\nMIME-Version: 1.0\r\n");
    fields[3].text = value_cstring("https://x.io/\xC3\x84");
    expect_refused("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\"}", &o, "list_unsubscribe: is no URI");
}

Test(channel_smtp_mail, a_configuration_adds_no_field_that_is_ours)
{
    static const char *const good[] = {"X-Tag", "Auto-Submitted", "Feedback-ID", "Fromage", "Precedence"};
    static const char *const bad[] = {"",
                                      "From",
                                      "subject",
                                      "BCC",
                                      "Content-Type",
                                      "Resent-To",
                                      "a b",
                                      "a:b",
                                      "a\r\nb",
                                      "\xC3\x84",
                                      "List-Unsubscribe-Post",
                                      "Date",
                                      "Mime-Version",
                                      "Received",
                                      "Return-Path"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(mail_may_have_field(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(mail_may_have_field(bad[i]), "%s", bad[i]);
}

Test(channel_smtp_mail, a_mail_is_bounded)
{
    cr_expect(written("{\"to\":\"a@b\",\"subject\":\"s\",\"text\":\"t\"}", &defaults, 100) == NULL);
    cr_expect_eq(e.code, ERROR_LIMIT);
}

/* ---- fields ---- */

static const char *field(const char *text)
{
    buffer b;
    value v = value_cstring(text);
    buffer_init(&b, &memory, SIZE_MAX);
    mail_header_write_text(&b, "Subject", &v);
    buffer_add_byte(&b, '\0');
    return b.bytes;
}

Test(channel_smtp_mail, a_text_for_people_stays_readable_where_it_can)
{
    cr_expect_str_eq(field("plain, and so on"), "Subject: plain, and so on\r\n");
    cr_expect_str_eq(field(""), "Subject: \r\n");
    cr_expect_str_eq(field("a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9"),
                     "Subject: a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7\r\n"
                     " 8 9\r\n");
}

Test(channel_smtp_mail, a_text_that_would_change_is_encoded)
{
    cr_expect_str_eq(field("\xC3\xA4"), "Subject: =?utf-8?b?w6Q=?=\r\n");
    cr_expect_str_eq(field("=?utf-8?q?x?="), "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n");
    cr_expect_str_eq(field("a  b"), "Subject: =?utf-8?b?YSAgYg==?=\r\n");
    cr_expect_str_eq(field(" a"), "Subject: =?utf-8?b?IGE=?=\r\n");
    cr_expect_str_eq(field("a "), "Subject: =?utf-8?b?YSA=?=\r\n");
}

Test(channel_smtp_mail, encoded_words_hold_whole_characters_and_fit_their_lines)
{
    char text[400];
    for (size_t i = 0; i < 99; i++)
        memcpy(text + 4 * i, "\xF0\x9F\x98\x80", 5);
    const char *written_field = field(text);
    for (const char *line = written_field; *line != '\0'; line = strstr(line, "\r\n") + 2)
        cr_expect_leq(strcspn(line, "\r"), 76);
    /* Twelve bytes, three characters, in 16 characters of base64 without padding. */
    expect_has(written_field, "Subject: =?utf-8?b?8J+YgPCfmIDwn5iA");
}

/* ---- bodies ---- */

static const char *body(const char *text)
{
    buffer b;
    value v = value_cstring(text);
    buffer_init(&b, &memory, SIZE_MAX);
    mail_body_write_text(&b, &v);
    buffer_add_byte(&b, '\0');
    return strstr(b.bytes, "\r\n\r\n") + 4;
}

Test(channel_smtp_mail, lines_of_text_are_kept_short_and_whole)
{
    char text[200] = {0};
    memset(text, 'x', 76);
    cr_expect_str_eq(body(text), text);
    memset(text, 'x', 77);
    cr_expect_eq(strlen(body(text)), 80);
    cr_expect(strncmp(body(text) + 75, "=\r\nxx", 5) == 0);
    cr_expect_str_eq(body("a \nb\t"), "a=20\r\nb=09");
    cr_expect_str_eq(body("a\r\nb\rc\n"), "a\r\nb=0Dc\r\n");
    cr_expect_str_eq(body("From me\nFrom"), "=46rom me\r\nFrom");
    cr_expect_str_eq(body(""), "");
}

Test(channel_smtp_mail, a_soft_break_before_a_dot_hides_it)
{
    char text[200] = {0};
    memset(text, 'x', 75);
    strcat(text, ".com");
    cr_expect_str_eq(body(text) + 75, "=\r\n=2Ecom");
}

Test(channel_smtp_mail, text_that_nobody_could_read_is_base64)
{
    cr_expect_str_eq(body("\xC3\xA4\xC3\xA4\n"), "w6TDpA0K\r\n");
}
