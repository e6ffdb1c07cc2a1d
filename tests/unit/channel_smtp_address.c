#include <criterion/criterion.h>
#include <string.h>

#include "worker/channel/smtp/address.h"

static arena memory;

static void begin(void)
{
    arena_init(&memory, 4096, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(channel_smtp_address, .init = begin, .fini = end);

static bool is(const value *v, const char *text)
{
    return v->count == strlen(text) && memcmp(v->text, text, v->count) == 0;
}

static void expect(const char *text, const char *name, const char *mailbox)
{
    address a;
    error e = {0};
    cr_assert(address_read(&memory, text, strlen(text), &a, &e), "'%s': %s", text, e.message);
    cr_expect(is(&a.name, name), "'%s': name '%.*s'", text, (int)a.name.count, a.name.text);
    cr_expect(is(&a.mailbox, mailbox), "'%s': mailbox '%.*s'", text, (int)a.mailbox.count, a.mailbox.text);
    cr_expect_eq(a.domain.text + a.domain.count, a.mailbox.text + a.mailbox.count);
    cr_expect_eq(a.domain.text[-1], '@');
}

static void expect_refused(const char *text, size_t size, const char *sentence)
{
    address a;
    error e = {0};
    cr_assert_not(address_read(&memory, text, size, &a, &e), "'%s'", text);
    cr_expect(strstr(e.message, sentence) != NULL, "'%s': %s", text, e.message);
}

Test(channel_smtp_address, a_bare_mailbox)
{
    expect("a@b", "", "a@b");
    expect("  first.last+tag@Mail.Example.org\t", "", "first.last+tag@Mail.Example.org");
    expect("o'neill!#$%&*/=?^_`{|}~-@x.io", "", "o'neill!#$%&*/=?^_`{|}~-@x.io");
    expect("\"john smith\"@x.io", "", "\"john smith\"@x.io");
    expect("\"a@b\\\"c\"@x.io", "", "\"a@b\\\"c\"@x.io");
    expect("a@[192.0.2.7]", "", "a@[192.0.2.7]");
    expect("a@[IPv6:2001:db8::1]", "", "a@[IPv6:2001:db8::1]");
}

Test(channel_smtp_address, a_name_and_a_mailbox)
{
    expect("Ada <a@b>", "Ada", "a@b");
    expect("<a@b>", "", "a@b");
    expect("  Ada   Lovelace\t <a@b>  ", "Ada Lovelace", "a@b");
    expect("J. R. O'Neill<a@b>", "J. R. O'Neill", "a@b");
    expect("\"Lovelace, Ada\" <a@b>", "Lovelace, Ada", "a@b");
    expect("\"a \\\"b\\\" \\\\c\" d <a@b>", "a \"b\" \\c d", "a@b");
    expect("\"a@b\" <c@d>", "a@b", "c@d");
    expect("\"\" <c@d>", "", "c@d");
    expect("Žofie Čapková <z@x.cz>", "Žofie Čapková", "z@x.cz");
    expect("x <\"a>b\"@c>", "x", "\"a>b\"@c");
}

Test(channel_smtp_address, a_domain_gets_its_ascii_form)
{
    expect("a@bücher.example", "", "a@xn--bcher-kva.example");
    expect("a@BÜCHER.example", "", "a@xn--bcher-kva.example");
    expect("a@例え.テスト", "", "a@xn--r8jz45g.xn--zckzah");
    expect("X <a@bücher.example>", "X", "a@xn--bcher-kva.example");
}

Test(channel_smtp_address, only_a_local_part_is_international)
{
    address a;
    error e;
    cr_assert(address_read(&memory, "jörg@x.de", strlen("jörg@x.de"), &a, &e));
    cr_expect(a.international);
    cr_assert(address_read(&memory, "jorg@bücher.de", strlen("jorg@bücher.de"), &a, &e));
    cr_expect_not(a.international);
}

Test(channel_smtp_address, a_control_character_is_refused)
{
    static const char *const texts[] = {"a\r\nBcc: c@d",  "a@b\n",      "a\n<a@b>",      "\"a\rb\" <a@b>",
                                        "a\x7F@b",        "\x01 <a@b>", "a\xC2\x85@b.c", "a\xE2\x80\xA8@b.c",
                                        "\"a\tb\x1b\"@b", "<a@b\r\n.c>"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], strlen(texts[i]), "has a control character");
    expect_refused("a\0@b", 4, "has a control character");
    expect_refused("a@b\0", 4, "has a control character");
}

Test(channel_smtp_address, more_than_one_mailbox_is_refused)
{
    static const char *const texts[] = {
        "a@b, c@d",  "a@b c@d",          "A <a@b>, C <c@d>",    "<a@b> <c@d>",
        "a@b <c@d>", "A <a@b>; C <c@d>", "Lovelace, Ada <a@b>", "list: a@b, c@d;",
        "<a@b,c@d>", "A <<a@b>>",        "a@b> <c@d>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], strlen(texts[i]), "mailbox");
}

Test(channel_smtp_address, what_is_no_mailbox_is_refused)
{
    static const char *const texts[] = {
        "a",
        "@b",
        "a@",
        "<a>",
        "Ada <>",
        "Ada <a@b",
        "a@b>",
        "a b@c",
        ".a@b",
        "a.@b",
        "a..b@c",
        "a@b@c",
        "a@-b.c",
        "a@b_c.d",
        "a@b..c",
        "a@[1.2.3]",
        "a@[::1]",
        "a@b/c",
        "a@ü/c",
        "a@ü:25",
        "a@ü%00.c",
        "a@user@ü.c",
        "\"a@b",
        "\"a\"b@c",
        "\"a\\\"@b",
        "(x) a@b",
        "a(x)@b",
        "\"Ada <a@b>",
        "@x,@y:a@b",
        "a@b.c\xC2\xA0",
        "123456789012345678901234567890123456789012345678901234567890abcde@x.io",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_refused(texts[i], strlen(texts[i]), "mailbox");
    expect_refused("", 0, "is empty");
    expect_refused(" \t ", 3, "is empty");
    expect_refused("a@b\xFF", 4, "is no UTF-8");
}

Test(channel_smtp_address, a_text_is_bounded)
{
    char text[ADDRESS_TEXT_MAX + 8];
    memset(text, 'x', sizeof text);
    memcpy(text + ADDRESS_TEXT_MAX - 4, "<a@b>", 5);
    expect_refused(text, ADDRESS_TEXT_MAX + 1, "longer than");
    memcpy(text + ADDRESS_TEXT_MAX - 5, "<a@b>", 5);
    address a;
    error e;
    cr_expect(address_read(&memory, text, ADDRESS_TEXT_MAX, &a, &e), "%s", e.message);
}

Test(channel_smtp_address, no_sentence_repeats_the_text)
{
    address a;
    error e;
    cr_assert_not(address_read(&memory, "secret@@secret", 14, &a, &e));
    cr_expect(strstr(e.message, "secret") == NULL, "%s", e.message);
}
