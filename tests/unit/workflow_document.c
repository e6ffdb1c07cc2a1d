#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/document.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(document, .init = set_up, .fini = tear_down);

static document read_ok(const char *name, const char *text)
{
    document d;
    error e = {0};
    cr_assert(document_read(&d, &memory, name, text, strlen(text), &e), "line %zu: %s", e.position,
              e.message);
    return d;
}

static error read_broken(const char *name, const char *text, size_t size)
{
    document d;
    error e = {0};
    cr_assert_not(document_read(&d, &memory, name, text, size, &e), "taken: %s", text);
    return e;
}

static void assert_json(const value *v, const char *expected)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, v);
    cr_assert_not(b.failed);
    buffer_add_byte(&b, '\0');
    cr_assert_str_eq(b.bytes, expected);
}

static void assert_yaml(const char *yaml, const char *json)
{
    document d = read_ok("w.yaml", yaml);
    assert_json(d.root, json);
}

static void assert_refused(const char *text, size_t line, const char *sentence)
{
    error e = read_broken("w.yaml", text, strlen(text));
    cr_assert_eq(e.position, line, "%s: line %zu, not %zu: %s", text, e.position, line, e.message);
    cr_assert(strstr(e.message, sentence) != NULL, "%s: %s", text, e.message);
}

/* ---- YAML ---- */

Test(document, plain_scalars_are_those_of_the_core_schema)
{
    assert_yaml("- null\n- Null\n- NULL\n- ~\n-\n- nULL\n", "[null,null,null,null,null,\"nULL\"]");
    assert_yaml("[true, True, TRUE, false, yes, no, on, off, tRue]",
                "[true,true,true,false,\"yes\",\"no\",\"on\",\"off\",\"tRue\"]");
    assert_yaml("[0, -1, +12, 010, 0o17, 0xfF, 1_000, 0b1, -0o7, 0x]",
                "[0,-1,12,10,15,255,\"1_000\",\"0b1\",\"-0o7\",\"0x\"]");
    assert_yaml("[1.5, .5, 1., -1e3, 1.e+2, ., e3, 1e, +, 1:30, 2024-01-01]",
                "[1.5,0.5,1.0,-1000.0,100.0,\".\",\"e3\",\"1e\",\"+\",\"1:30\",\"2024-01-01\"]");
    assert_yaml("[9223372036854775807, -9223372036854775808, 9223372036854775808]",
                "[9223372036854775807,-9223372036854775808,9.223372036854776e+18]");
}

Test(document, quoted_and_block_scalars_are_strings)
{
    assert_yaml("['1', \"true\", 'null', \"\"]", "[\"1\",\"true\",\"null\",\"\"]");
    assert_yaml("a: |\n  1\n  2\nb: >-\n  x\n  y\n", "{\"a\":\"1\\n2\\n\",\"b\":\"x y\"}");
    assert_yaml("\"\\u00e9\\0\\x41\"", "\"\xc3\xa9\\u0000A\"");
}

Test(document, an_alias_is_the_value_of_its_anchor)
{
    assert_yaml("a: &x [1, {b: 2}]\nc: *x\nd: &x 3\ne: *x\n",
                "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}],\"d\":3,\"e\":3}");
}

Test(document, what_yaml_has_and_a_document_has_not_is_refused_with_its_line)
{
    assert_refused("a: 1\nb: 2\na: 3\n", 3, "\"a\" is there twice");
    assert_refused("a: 1\n'a': 3\n", 2, "\"a\" is there twice");
    assert_refused("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge keys");
    assert_refused("a: !!str 1\n", 1, "tags are not supported");
    assert_refused("a: 1\nb: !own {}\n", 2, "tags are not supported");
    assert_refused("a: !own []\n", 1, "tags are not supported");
    assert_refused("1: a\n", 1, "a key must be a string");
    assert_refused("true: a\n", 1, "a key must be a string");
    assert_refused("? [a]\n: b\n", 1, "a key must be a string");
    assert_refused("a: 1\nb: .inf\n", 2, "infinities");
    assert_refused("a: 1e999\n", 1, "numbers beyond a double");
    assert_refused("a: *x\n", 1, "an alias needs its anchor before it");
    assert_refused("a: &x [*x]\n", 1, "an alias needs its anchor before it");
    assert_refused("a: 1\n---\nb: 1\n", 2, "only one document");
    assert_refused("# nothing\n", 2, "empty");
    assert_refused("a: [1\nb: 2\n", 2, "expected");
    assert_refused("a: 'x\n", 2, "end of stream");
    assert_refused("a:\n\t- 1\n", 2, "token");
}

Test(document, a_quoted_merge_sign_is_a_key)
{
    assert_yaml("'<<': 1", "{\"<<\":1}");
}

Test(document, bytes_that_are_not_utf8_are_refused)
{
    static const char text[] = "a: \xff\n";
    cr_assert_eq(read_broken("w.yaml", text, sizeof text - 1).code, ERROR_SYNTAX);
}

Test(document, a_bomb_of_aliases_is_refused_before_it_grows)
{
    static const char text[] = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
                               "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                               "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                               "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                               "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                               "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    error e = read_broken("w.yaml", text, sizeof text - 1);
    cr_assert_eq(e.code, ERROR_LIMIT);
    cr_assert(strstr(e.message, "aliases written out") != NULL, "%s", e.message);
}

Test(document, a_long_text_repeated_by_aliases_is_refused)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    buffer_add_text(&b, "a: &a \"");
    for (int i = 0; i < 100000; i++)
        buffer_add_byte(&b, 'x');
    buffer_add_text(&b, "\"\nb: [*a");
    for (int i = 0; i < 100; i++)
        buffer_add_text(&b, ",*a");
    buffer_add_text(&b, "]\n");
    cr_assert_eq(read_broken("w.yaml", b.bytes, b.size).code, ERROR_LIMIT);
}

static void add_repeated(buffer *b, char byte, int count)
{
    for (int i = 0; i < count; i++)
        buffer_add_byte(b, byte);
}

static buffer nested_lists(int depth)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    add_repeated(&b, '[', depth);
    add_repeated(&b, ']', depth);
    return b;
}

Test(document, nesting_is_bounded_with_and_without_aliases)
{
    document d;
    buffer deepest = nested_lists(LIMIT_VALUE_DEPTH);
    cr_assert(document_read(&d, &memory, "w.yaml", deepest.bytes, deepest.size, NULL));
    buffer deeper = nested_lists(LIMIT_VALUE_DEPTH + 1);
    cr_assert_eq(read_broken("w.yaml", deeper.bytes, deeper.size).code, ERROR_LIMIT);

    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    buffer_add_text(&b, "a: &a ");
    add_repeated(&b, '[', 80);
    add_repeated(&b, ']', 80);
    buffer_add_text(&b, "\nb: ");
    add_repeated(&b, '[', 80);
    buffer_add_text(&b, "*a");
    add_repeated(&b, ']', 80);
    error e = read_broken("w.yaml", b.bytes, b.size);
    cr_assert_eq(e.code, ERROR_LIMIT);
    cr_assert(strstr(e.message, "aliases") != NULL, "%s", e.message);
}

Test(document, anchors_are_bounded)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    for (int i = 0; i <= LIMIT_DOCUMENT_ANCHORS; i++)
        buffer_format(&b, "- &a%d x\n", i);
    error e = read_broken("w.yaml", b.bytes, b.size);
    cr_assert(strstr(e.message, "anchors") != NULL, "%s", e.message);
    cr_assert_eq(e.position, LIMIT_DOCUMENT_ANCHORS + 1);
}

Test(document, size_is_bounded)
{
    char *text = arena_calloc(&memory, LIMIT_DOCUMENT_BYTES + 1, 1);
    cr_assert_eq(read_broken("w.yaml", text, LIMIT_DOCUMENT_BYTES + 1).code, ERROR_LIMIT);
}

/* ---- where things stand ---- */

static size_t line_of(const document *d, const char *key, const char *inner)
{
    const value *v = value_field(d->root, key);
    cr_assert_not_null(v);
    if (inner != NULL)
        v = v->kind == VALUE_MAP ? value_field(v, inner) : &v->items[atoi(inner)];
    cr_assert_not_null(v);
    return document_line(d, v);
}

static void assert_lines(const document *d)
{
    cr_assert_eq(line_of(d, "a", NULL), 2);
    cr_assert_eq(line_of(d, "b", NULL), 3);
    cr_assert_eq(line_of(d, "b", "0"), 4);
    cr_assert_eq(line_of(d, "b", "1"), 5);
    cr_assert_eq(line_of(d, "c", NULL), 6);
    cr_assert_eq(line_of(d, "c", "d"), 6);
}

Test(document, a_member_stands_at_its_key_and_an_item_at_its_start)
{
    document d = read_ok("w.yaml", "# comment\na: 1\nb:\n- x\n- y\nc: {d: 2}\n");
    assert_lines(&d);
    cr_assert_eq(document_line(&d, d.root), 2);
    cr_assert_eq(positions_find(&d.positions, value_field(value_field(d.root, "c"), "d"))->column, 5);
}

Test(document, positions_in_json)
{
    document json = read_ok("w.json", "{\n\"a\": 1,\n\"b\": [\n\"x\",\n\"y\"],\n\"c\": {\"d\": 2}}");
    assert_lines(&json);
    cr_assert_eq(document_line(&json, json.root), 1);
    cr_assert_eq(positions_find(&json.positions, value_field(value_field(json.root, "c"), "d"))->column, 7);
}

Test(document, a_node_of_another_document_has_no_line)
{
    document d = read_ok("w.yaml", "a: 1\n");
    value other = value_null();
    cr_assert_eq(document_line(&d, &other), 0);
}

/* ---- JSON ---- */

Test(document, the_ending_or_else_the_first_byte_says_what_it_is)
{
    assert_json(read_ok("w.json", " {\"a\": [1, 2.5, \"x\"]}").root, "{\"a\":[1,2.5,\"x\"]}");
    assert_json(read_ok("stdin", "\n {\"a\": \"\\ud83d\\ude00\"}").root, "{\"a\":\"\xf0\x9f\x98\x80\"}");
    assert_json(read_ok("stdin", "a: 1").root, "{\"a\":1}");
    assert_json(read_ok("w.yml", "{a: 1}").root, "{\"a\":1}");
    cr_assert_eq(read_broken("w.json", "a: 1", 4).code, ERROR_SYNTAX);
}

Test(document, json_errors_have_their_line)
{
    static const char text[] = "{\n \"a\": 1,\n \"b\": nul\n}";
    cr_assert_eq(read_broken("w.json", text, sizeof text - 1).position, 3);
}

static void assert_repeated(const char *text, size_t line, const char *key)
{
    error e = read_broken("w.json", text, strlen(text));
    cr_assert_eq(e.position, line, "%s: %zu", text, e.position);
    cr_assert(strstr(e.message, key) != NULL, "%s: %s", text, e.message);
}

Test(document, a_repeated_json_key_is_refused_wherever_it_is)
{
    assert_repeated("{\"a\": 1,\n\"a\": 2}", 2, "\"a\" is there twice");
    assert_repeated("{\"a\": [1, {\"x\": 1}, 3],\n\"\\u0061\": 5}", 2, "\"a\" is there twice");
    assert_repeated("{\"a\": {\"b\": 1, \"b\": 2}, \"a\": 5}", 1, "\"b\" is there twice");
    assert_repeated("[{\"a\": 1},\n{\"b\": \"\\\"\", \"c\": [], \n\"b\": {}}]", 3, "\"b\" is there twice");
}
