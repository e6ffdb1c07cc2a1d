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

/* ---- strings, sixteen bytes at a time ---- */

/* As RFC 8259 has it, byte by byte. */
static size_t write_slowly(char *out, const char *text, size_t size)
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *short_form = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
        if (short_form != NULL)
            n += (size_t)snprintf(out + n, 3, "%s", short_form);
        else if (c < 0x20)
            n += (size_t)snprintf(out + n, 7, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            n += (size_t)snprintf(out + n, 3, "\\%c", c);
        else
            out[n++] = (char)c;
    }
    out[n++] = '"';
    return n;
}

enum { TEXT_MAX = 70, WRITTEN_MAX = 6 * TEXT_MAX + 8 };

/* With room from the beginning and without, as a value and as a key, up to a limit that is just enough. The
 * text has a block of its own, so that a read past its end is seen. */
static void expect_written(const char *text, size_t size)
{
    static char expected[WRITTEN_MAX];
    char *own = malloc(size + 1);
    memcpy(own, text, size);
    size_t written = write_slowly(expected + 1, own, size);
    memcpy(expected, "{", 1);
    memcpy(expected + 1 + written, ":1}", 3);
    value_member member = {.key = value_string(own, size), .value = value_int(1)};
    value map = {.kind = VALUE_MAP, .count = 1, .members = &member};
    for (size_t room = 0; room <= written + 4; room += written + 4) {
        buffer b;
        arena_reset(&memory);
        buffer_init(&b, &memory, written);
        buffer_expect(&b, room > 0 ? written : 0);
        json_write_string(&b, own, size);
        cr_assert(!b.failed && b.size == written && memcmp(b.bytes, expected + 1, written) == 0,
                  "a string of %zu, %.*s", size, (int)b.size, b.bytes);
        buffer_init(&b, &memory, written + 4);
        buffer_expect(&b, room);
        json_write(&b, &map);
        cr_assert(!b.failed && b.size == written + 4 && memcmp(b.bytes, expected, b.size) == 0,
                  "a key of %zu, %.*s", size, (int)b.size, b.bytes);
        for (size_t limit = written - 1; limit < written + 4; limit++) {
            buffer_init(&b, &memory, limit);
            buffer_expect(&b, room > 0 ? limit : 0);
            if (limit < written)
                json_write_string(&b, own, size);
            else
                json_write(&b, &map);
            cr_assert(b.failed, "a string of %zu in %zu", size, limit);
        }
    }
    free(own);
}

Test(value_json, escapes_what_must_be_escaped_at_every_place)
{
    char text[TEXT_MAX];
    for (int c = 0; c < 0x80; c++)
        for (size_t size = 0; size <= 36; size++)
            for (size_t at = 0; at < size; at++) {
                if (c > '"' && c != '\\' && at > 0 && at < size - 1)
                    continue;
                memset(text, '!', size); /* the byte next to the quote, and one above 0x20 */
                text[at] = (char)c;
                expect_written(text, size);
            }
}

Test(value_json, escapes_are_the_same_however_many_there_are)
{
    static const char bytes[] = "\"\\\n\t\x01\x1F !#[]~\x7F\xC3\xA9\xFF";
    uint32_t random = 2463534242;
    char text[TEXT_MAX];
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)i % (TEXT_MAX + 1);
        uint32_t rare = 1u << (i % 6); /* every byte may be one of these, or few */
        for (size_t at = 0; at < size; at++) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            text[at] = random / 64 % rare == 0 ? bytes[random % (sizeof bytes - 1)] : 'x';
        }
        expect_written(text, size);
    }
}

/* ---- bounds of what is written ---- */

Test(value_json, what_does_not_fit_is_a_failure_wherever_the_limit_is)
{
    static const char text[] = "{\"a\":[1,-20,1.5,1e+300,true,false,null,[],{}],\"a key of twenty byte\":\"a "
                               "text longer than that\","
                               "\"\\n\":{\"b\":[[[9223372036854775807]]],\"\":\"\\u0001\\\"\"}}";
    enum { SIZE = sizeof text - 1 };
    value v;
    error e;
    cr_assert(json_read(&memory, text, SIZE, &v, &e));
    for (size_t limit = 0; limit <= SIZE + 40; limit++)
        for (size_t room = 0; room <= limit; room += room < 64 ? 1 : 64) {
            arena a;
            buffer b;
            arena_init(&a, 1024, 1 << 20);
            buffer_init(&b, &a, limit);
            buffer_expect(&b, room);
            json_write(&b, &v);
            cr_assert_eq(b.failed, limit < SIZE, "a limit of %zu", limit);
            cr_assert(b.failed || (b.size == SIZE && memcmp(b.bytes, text, SIZE) == 0));
            arena_free(&a);
        }
}

Test(value_json, what_has_no_form_is_a_failure_and_nothing_is_written_behind_it)
{
    value items[] = {value_int(1), {.kind = VALUE_RANGE}, value_cstring("text"), value_int(2)};
    value_member bad_key = {.key = value_int(1), .value = value_int(1)};
    value bad[] = {value_list(items, 4),
                   {.kind = VALUE_MAP, .count = 1, .members = &bad_key},
                   value_float(1.0 / 0.0),
                   {.kind = VALUE_CALLABLE}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer b;
        buffer_init(&b, &memory, 1 << 10);
        buffer_add_text(&b, "before");
        json_write(&b, &bad[i]);
        size_t size = b.size;
        buffer_add_text(&b, "behind");
        json_write(&b, &items[0]);
        buffer_add_int(&b, 1);
        cr_expect(b.failed && b.size == size);
    }
}
