#include <criterion/criterion.h>

#include "engine/value/json.h"
#include "worker/channel/http/json_pointer.h"

static arena memory;

static void expect(const char *document, const char *pointer, const char *expected)
{
    value v;
    error e;
    buffer text;
    arena_init(&memory, 1024, 1 << 20);
    buffer_init(&text, &memory, SIZE_MAX);
    cr_assert(json_read(&memory, document, strlen(document), &v, &e));
    cr_assert(json_pointer_is_valid(pointer), "%s", pointer);
    const value *found = json_pointer_find(&v, pointer);
    if (found != NULL)
        json_write(&text, found);
    buffer_add_byte(&text, '\0');
    cr_expect_str_eq(text.bytes, expected, "%s in %s: %s", pointer, document, text.bytes);
    arena_free(&memory);
}

/* The examples of RFC 6901, section 5. */
Test(json_pointer, finds_what_the_standard_says)
{
    static const char document[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
        "\"k\\\"l\":6,\" \":7,\"m~n\":8}";
    expect(document, "/foo", "[\"bar\",\"baz\"]");
    expect(document, "/foo/0", "\"bar\"");
    expect(document, "/", "0");
    expect(document, "/a~1b", "1");
    expect(document, "/c%d", "2");
    expect(document, "/e^f", "3");
    expect(document, "/g|h", "4");
    expect(document, "/i\\j", "5");
    expect(document, "/k\"l", "6");
    expect(document, "/ ", "7");
    expect(document, "/m~0n", "8");
    expect("[1]", "", "[1]");
}

Test(json_pointer, finds_nothing_where_there_is_nothing)
{
    expect("{\"a\":[1]}", "/b", "");
    expect("{\"a\":[1]}", "/a/1", "");
    expect("{\"a\":[1]}", "/a/-", "");
    expect("{\"a\":[1]}", "/a/00", "");
    expect("{\"a\":[1]}", "/a/", "");
    expect("{\"a\":[1]}", "/a/99999999999999999999", "");
    expect("{\"a\":[1]}", "/a/0/b", "");
    expect("{\"ab\":1}", "/a", "");
    expect("{\"a\":1}", "/ab", "");
    expect("\"text\"", "/0", "");
    expect("{\"a\":{\"b\":null}}", "/a/b", "null");
}

Test(json_pointer, must_be_well_formed)
{
    cr_expect(json_pointer_is_valid(""));
    cr_expect(json_pointer_is_valid("/a~0~1//b"));
    cr_expect_not(json_pointer_is_valid("a"));
    cr_expect_not(json_pointer_is_valid("#/a"));
    cr_expect_not(json_pointer_is_valid("/~"));
    cr_expect_not(json_pointer_is_valid("/a~2"));
}
