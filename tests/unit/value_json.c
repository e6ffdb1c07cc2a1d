#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 1024, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(value_json, .init = set_up, .fini = tear_down);

static const char *round_trip(const char *text)
{
    value v;
    error e = {0};
    if (!json_read(&memory, text, strlen(text), &v, &e))
        cr_assert(false, "%s: %s at %zu", text, e.message, e.position);
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, &v);
    buffer_add_byte(&b, '\0');
    cr_assert(!b.failed);
    return b.bytes;
}

Test(value_json, writes_what_it_reads)
{
    static const char *const same[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "1e+300",
        "\"\"",
        "\"a\\\"b\\\\c\\n\\u0001\"",
        "\"\xC3\xA9\xF0\x9F\x98\x80\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":null}]]",
        "{\"b\":1,\"a\":[true,false]}",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        cr_expect_str_eq(round_trip(same[i]), same[i]);
}

Test(value_json, normalises)
{
    cr_expect_str_eq(round_trip(" [ 1 , 2.50 ] "), "[1,2.5]");
    cr_expect_str_eq(round_trip("\"\\u00e9\\ud83d\\ude00\\/\""), "\"\xC3\xA9\xF0\x9F\x98\x80/\"");
    cr_expect_str_eq(round_trip("{\"a\":1,\"b\":2,\"a\":3}"), "{\"a\":3,\"b\":2}");
    cr_expect_str_eq(round_trip("9223372036854775808"), "9.223372036854776e+18");
    cr_expect_str_eq(round_trip("1.0"), "1.0");
    cr_expect_str_eq(round_trip("-0.0001"), "-0.0001");
    cr_expect_str_eq(round_trip("0.00001"), "1e-05");
}

Test(value_json, refuses_with_the_position)
{
    static const struct {
        const char *text;
        size_t position;
        error_code code;
    } bad[] = {
        {"", 0, ERROR_SYNTAX},        {"[1,]", 3, ERROR_SYNTAX},        {"{\"a\" 1}", 5, ERROR_SYNTAX},
        {"01", 1, ERROR_SYNTAX},      {"1 2", 2, ERROR_SYNTAX},         {"\"abc", 1, ERROR_SYNTAX},
        {"\"\\x\"", 2, ERROR_SYNTAX}, {"\"\n\"", 1, ERROR_SYNTAX},      {"\"\xC3\"", 1, ERROR_SYNTAX},
        {"tru", 0, ERROR_SYNTAX},     {"1.", 2, ERROR_SYNTAX},          {"{a:1}", 1, ERROR_SYNTAX},
        {"1e999", 5, ERROR_LIMIT},    {"\"\\ud800\"", 7, ERROR_SYNTAX}, {"NaN", 0, ERROR_SYNTAX},
        {"\"\\", 1, ERROR_SYNTAX},    {"[1", 2, ERROR_SYNTAX},          {"\"\xED\xA0\x80\"", 1, ERROR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value v;
        error e = {0};
        cr_expect_not(json_read(&memory, bad[i].text, strlen(bad[i].text), &v, &e), "%s", bad[i].text);
        cr_expect_eq(e.code, bad[i].code, "%s: %s", bad[i].text, e.message);
        cr_expect_eq(e.position, bad[i].position, "%s: %s at %zu", bad[i].text, e.message, e.position);
    }
}

Test(value_json, bounds_depth)
{
    char text[2 * (LIMIT_VALUE_DEPTH + 1)];
    value v;
    error e = {0};
    memset(text, '[', LIMIT_VALUE_DEPTH + 1);
    memset(text + LIMIT_VALUE_DEPTH + 1, ']', LIMIT_VALUE_DEPTH + 1);
    cr_expect_not(json_read(&memory, text, sizeof text, &v, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    cr_expect(json_read(&memory, text + 1, sizeof text - 2, &v, &e));
}

Test(value_json, every_prefix_of_a_text_is_refused)
{
    static const char text[] = "{\"a\":[1.5e3,\"x\\u00e9\\n\",null],\"b\":{\"c\":true}}";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *exact = malloc(size + 1); /* its own block, so that a read past the end is seen */
        memcpy(exact, text, size);
        value v;
        error e;
        cr_expect_not(json_read(&memory, exact, size, &v, &e), "%zu", size);
        free(exact);
    }
}

Test(value_json, budget_is_an_error)
{
    arena small;
    arena_init(&small, 256, 512);
    char text[4096] = "[";
    for (size_t i = 1; i < sizeof text - 2; i += 2)
        memcpy(text + i, "1,", 2);
    memcpy(text + sizeof text - 3, "1]", 2);
    value v;
    error e = {0};
    cr_expect_not(json_read(&small, text, strlen(text), &v, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    arena_free(&small);
}

/* Text is looked at eight bytes at a time: wherever a byte stands, it is escaped if and only if it must be.
 */
Test(value_json, escapes_what_must_be_escaped_at_every_place)
{
    char text[20], expected[16];
    arena a;
    arena_init(&a, 4096, 1 << 20);
    for (int c = 0; c < 0x80; c++) {
        bool escaped = c < 0x20 || c == '"' || c == '\\';
        const char *short_form = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
        if (short_form != NULL)
            snprintf(expected, sizeof expected, "%s", short_form);
        else
            snprintf(expected, sizeof expected, !escaped ? "%c" : c < 0x20 ? "\\u%04x" : "\\%c", c);
        for (size_t size = 1; size <= sizeof text; size++) {
            for (size_t at = 0; at < size; at++) {
                buffer b;
                memset(text, '!', size); /* the byte next to the quote, and one above 0x20 */
                text[at] = (char)c;
                arena_reset(&a);
                buffer_init(&b, &a, 256);
                json_write_string(&b, text, size);
                size_t width = strlen(expected);
                cr_expect(b.size == size + 1 + width && memcmp(b.bytes + 1 + at, expected, width) == 0,
                          "byte %d at %zu of %zu", c, at, size);
            }
        }
    }
    arena_free(&a);
}
