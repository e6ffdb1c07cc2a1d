#include <criterion/criterion.h>

#include "engine/schema/format/uri.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 1024, 1 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(schema_uri, .init = set_up, .fini = tear_down);

static void expect_resolved(const char *base_text, const char *reference_text, const char *expected)
{
    value base = value_cstring(base_text);
    value reference = value_cstring(reference_text);
    value resolved;
    cr_assert(uri_resolve(&memory, &base, &reference, &resolved));
    cr_expect(value_is_text(&resolved, expected), "%s from %s: %.*s", reference_text, base_text,
              (int)resolved.count, resolved.text);
}

/* RFC 3986, 5.4, without the fragments, which are never part of the result. */
Test(schema_uri, resolves_as_the_rfc_shows)
{
    static const char *const pairs[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {".", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        expect_resolved("http://a/b/c/d;p?q", pairs[i][0], pairs[i][1]);
}

Test(schema_uri, resolves_against_little)
{
    expect_resolved("", "a/b", "a/b");
    expect_resolved("", "#x", "");
    expect_resolved("http://a", "b", "http://a/b");
    expect_resolved("urn:uuid:1", "#x", "urn:uuid:1");
}

Test(schema_uri, undoes_percent_encoding)
{
    value text;
    cr_expect(uri_unescape(&memory, (uri_part){"a%25%c3%A9", 10}, &text));
    cr_expect(value_is_text(&text, "a%\xC3\xA9"));
    cr_expect(!uri_unescape(&memory, (uri_part){"%4", 2}, &text));
    cr_expect(!uri_unescape(&memory, (uri_part){"%ff", 3}, &text));
}
