#include <criterion/criterion.h>

#include "engine/schema/format/format.h"

static bool accepts(const char *name, const char *text, size_t size)
{
    value format_name = value_cstring(name);
    const string_format *f = format_find(&format_name);
    cr_assert_not_null(f, "%s", name);
    /* A copy of exactly the size, so that the sanitizer sees a step too far. */
    char *copy = malloc(size == 0 ? 1 : size);
    memcpy(copy, text, size);
    bool ok = f->accepts(copy, size);
    free(copy);
    return ok;
}

typedef struct sample {
    const char *format;
    const char *text;
    bool valid;
} sample;

static const sample samples[] = {
    {"date", "2024-02-29", true},
    {"date", "2023-02-29", false},
    {"date", "1900-02-29", false},
    {"date", "2024-13-01", false},
    {"date", "2024-1-01", false},
    {"time", "23:59:60Z", true},
    {"time", "15:59:60-08:00", true},
    {"time", "15:59:60+08:00", false},
    {"time", "12:00:00.123456789z", true},
    {"time", "12:00:00.Z", false},
    {"time", "12:00:00", false},
    {"date-time", "1985-04-12T23:20:50.52Z", true},
    {"date-time", "1985-04-12 23:20:50Z", false},
    {"date-time", "1985-04-12T24:00:00Z", false},
    {"duration", "P1Y2M3DT4H5M6S", true},
    {"duration", "P1Y2D", false},
    {"duration", "PT1H2S", false},
    {"duration", "P1W", true},
    {"duration", "P1W2D", false},
    {"duration", "PT", false},
    {"duration", "P", false},
    {"email", "ada@example.com", true},
    {"email", "\"a b\\\"c\"@example.com", true},
    {"email", "\"a\"b\"@example.com", false},
    {"email", "a@b@example.com", false},
    {"email", "ada@[IPv6:2001:db8::1]", true},
    {"email", "ada@", false},
    {"email", "@example.com", false},
    {"email", "\xC3\xA9@example.com", false},
    {"idn-email",
     "\xC3\xA9@b\xC3\xBC"
     "cher.example",
     true},
    {"hostname", "a-b.example", true},
    {"hostname", "a..b", false},
    {"hostname", "a.", false},
    {"hostname", "xn--bcher-kva.example", true},
    {"hostname", "xn--abc-.example", false},
    {"hostname", "xn--0.example", false},
    {"hostname", "xn---3xa", false},
    {"idn-hostname",
     "b\xC3\xBC"
     "cher.example",
     true},
    {"idn-hostname",
     "B\xC3\xBC"
     "cher.example",
     false},
    {"idn-hostname", "a\xCC\x88.example", false},
    {"ipv4", "127.0.0.1", true},
    {"ipv4", "127.0.0.01", false},
    {"ipv4", "127.0.0.256", false},
    {"ipv4", "127.0.0.1.", false},
    {"ipv4", ".127.0.0", false},
    {"ipv6", "::", true},
    {"ipv6", "1::2:3:4:5:6:7", true},
    {"ipv6", "1:2:3:4:5:6:7::", true},
    {"ipv6", "1:2:3:4:5:6:7:8::", false},
    {"ipv6", "::ffff:192.0.2.1", true},
    {"ipv6", "192.0.2.1::", false},
    {"ipv6", "1:::2", false},
    {"ipv6", ":1", false},
    {"uri", "http://user:pw@example.com:8080/a%20b?c#d", true},
    {"uri", "urn:isbn:0451450523", true},
    {"uri", "http://[::1]:80/", true},
    {"uri", "http://[v7.x]/", true},
    {"uri", "http://[::1", false},
    {"uri", "http://[::1]x/", false},
    {"uri", "http://a/%2", false},
    {"uri", "http://a:b/", false},
    {"uri", "//example.com", false},
    {"uri-reference", "a:b", true},
    {"uri-reference", "./a:b", true},
    {"uri-reference", "1a:b", false},
    {"uri-reference", "", true},
    {"uri-reference", "#a#b", false},
    {"iri", "http://\xC3\xA9.example/\xC3\xA9?\xEE\x80\x80", true},
    {"iri", "http://\xC3\xA9.example/\xEE\x80\x80", false},
    {"iri-reference", "/\xC3\xA9", true},
    {"uri-template", "/{a,b.c}{?q*,r:3}{+x}", true},
    {"uri-template", "/{a b}", false},
    {"uri-template", "/{a:0}", false},
    {"uri-template", "/{}", false},
    {"uri-template", "/a}", false},
    {"uri-template", "/%zz", false},
    {"uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380", true},
    {"uuid", "2eb8aa08aa9811eab4aa73b441d163800000", false},
    {"json-pointer", "/a~0b/~1", true},
    {"json-pointer", "/a~", false},
    {"json-pointer", "a", false},
    {"relative-json-pointer", "0#", true},
    {"relative-json-pointer", "1/a", true},
    {"relative-json-pointer", "01", false},
    {"relative-json-pointer", "/a", false},
    {"regex", "^(a|b)+$", true},
    {"regex", "^(a", false},
};

Test(schema_format, follows_the_rules_of_each)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        cr_expect_eq(accepts(samples[i].format, samples[i].text, strlen(samples[i].text)), samples[i].valid,
                     "%s: %s", samples[i].format, samples[i].text);
}

/* No format may read behind the end of a text that stops early, or take a NUL for an end. */
Test(schema_format, survives_every_prefix_and_a_zero_byte)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        size_t size = strlen(samples[i].text);
        for (size_t cut = 0; cut < size; cut++)
            (void)accepts(samples[i].format, samples[i].text, cut);
        if (samples[i].valid && strcmp(samples[i].format, "regex") != 0 &&
            strstr(samples[i].format, "pointer") == NULL)
            cr_expect(!accepts(samples[i].format, samples[i].text, size + 1), "%s", samples[i].text);
    }
}

Test(schema_format, bounds_lengths)
{
    char text[300];
    memset(text, 'a', sizeof text);
    cr_expect(accepts("hostname", text, 63));
    cr_expect(!accepts("hostname", text, 64));
    text[63] = text[127] = text[191] = '.';
    cr_expect(accepts("hostname", text, 253));
    cr_expect(!accepts("hostname", text, 254));
    cr_expect(!accepts("idn-hostname", text, 254));
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@example.com", 12);
    cr_expect(accepts("email", text, 76));
    memcpy(text + 65, "@example.com", 12);
    cr_expect(!accepts("email", text, 77));
}

Test(schema_format, unknown_ones_are_not_there)
{
    value name = value_cstring("colour");
    cr_expect_null(format_find(&name));
}
