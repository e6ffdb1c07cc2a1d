#include <criterion/criterion.h>

#include "engine/expression/template/template_filters.h"
#include "engine/value/json.h"
#include "worker/channel/http/json_template.h"

static arena memory;
static error e;
static exception x;
static value message;

static const char *const names[] = {"message"};
static const expression_scope scope = {.names = names, .count = 1, .find_filter = template_filter_find};
static const secret items[] = {{"TOKEN", "t\"k"}};
static const secrets known = {items, 1};

static void set_up(void)
{
    static const char text[] =
        "{\"to\":\"a\\\"b\\\\\\n\",\"n\":3,\"f\":1.5,\"yes\":true,\"none\":null,\"list\":[1,\"x\"],"
        "\"map\":{\"k\":\"v\"},\"break\":\"\\\",\\\"admin\\\":true,\\\"x\\\":\\\"\"}";
    arena_init(&memory, 4096, 8 << 20);
    cr_assert(json_read(&memory, text, sizeof text - 1, &message, &e));
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(json_template, .init = set_up, .fini = tear_down);

static const json_template *compile(const char *text)
{
    return json_template_compile(&memory, text, &known, false, &scope, &e);
}

static const char *written(const char *text)
{
    buffer out;
    buffer_init(&out, &memory, 1 << 20);
    const json_template *t = compile(text);
    cr_assert_not_null(t, "%s", e.message);
    cr_assert(json_template_write(t, &message, &memory, &out, &x), "%s", x.message);
    buffer_add_byte(&out, '\0');
    return out.bytes;
}

static void expect_refused(const char *text, const char *sentence)
{
    cr_expect_null(compile(text));
    cr_expect_eq(e.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(e.message, sentence), "%s", e.message);
}

static void expect_failure(const char *text, exception_type type)
{
    buffer out;
    buffer_init(&out, &memory, 1 << 20);
    const json_template *t = compile(text);
    cr_assert_not_null(t, "%s", e.message);
    cr_expect_not(json_template_write(t, &message, &memory, &out, &x));
    cr_expect_eq(x.type, type, "%s", x.message);
}

Test(json_template, keeps_what_is_constant)
{
    cr_expect_str_eq(written("{\"a\": [1, -2.5, true, false, null, \"t\"], \"b\": {}, \"c\": []}"),
                     "{\"a\":[1,-2.5,true,false,null,\"t\"],\"b\":{},\"c\":[]}");
    cr_expect_str_eq(written("\"only {{ message.n }}\""), "\"only 3\"");
}

Test(json_template, lets_no_value_out_of_its_string)
{
    cr_expect_str_eq(written("{\"to\":\"{{ message.to }}\",\"x\":\"<{{ message['break'] }}>\"}"),
                     "{\"to\":\"a\\\"b\\\\\\n\",\"x\":\"<\\\",\\\"admin\\\":true,\\\"x\\\":\\\">\"}");
}

Test(json_template, takes_a_value_of_any_kind_for_one_expression)
{
    cr_expect_str_eq(
        written("[\"{{ message.n }}\",\"{{message.f}}\",\"{{ message.yes }}\",\"{{ message.list }}\"]"),
        "[3,1.5,true,[1,\"x\"]]");
    cr_expect_str_eq(written("{\"data\":\"{{ message.map }}\",\"n\":\"{{ message.n + 1 }}\"}"),
                     "{\"data\":{\"k\":\"v\"},\"n\":4}");
    cr_expect_str_eq(
        written("[\"{{ message.n }} \",\" {{ message.n }}\",\"{{ message.n }}{{ message.n }}\"]"),
        "[\"3 \",\" 3\",\"33\"]");
    cr_expect_str_eq(written("[\"{{ str(message.n) }}\",\"{{ message.to | upper }}\"]"),
                     "[\"3\",\"A\\\"B\\\\\\n\"]");
}

Test(json_template, leaves_out_what_is_none)
{
    cr_expect_str_eq(written("{\"a\":\"{{ message.none }}\",\"b\":1,\"c\":\"{{ message.get('c') }}\"}"),
                     "{\"b\":1}");
    cr_expect_str_eq(written("{\"a\":1,\"b\":\"{{ None }}\",\"c\":2}"), "{\"a\":1,\"c\":2}");
    cr_expect_str_eq(written("[\"{{ None }}\",1,\"{{ None }}\",{\"x\":\"{{ None }}\"},\"{{ None }}\"]"),
                     "[1,{}]");
}

Test(json_template, puts_secrets_into_strings)
{
    buffer out;
    cr_expect_str_eq(written("{\"a\":\"Bearer ${TOKEN}\"}"), "{\"a\":\"Bearer t\\\"k\"}");
    buffer_init(&out, &memory, 1 << 20);
    const json_template *t =
        json_template_compile(&memory, "[\"${TOKEN}\",\"{{ message.n }}\"]", &known, true, &scope, &e);
    cr_assert(json_template_write(t, &message, &memory, &out, &x));
    buffer_add_byte(&out, '\0');
    cr_expect_str_eq(out.bytes, "[\"***\",3]");
}

Test(json_template, errors_name_the_place)
{
    expect_refused("{\"a\":", "is no JSON, byte 5");
    expect_refused("{\"a\":{\"b\":[1,\"x {{ 1 + }}\"]}}", "/a/b/1: SyntaxError: byte");
    expect_refused("[\"{{ payload.x }}\"]", "/0: NameError: byte");
    expect_refused("\"{{ a\"", "the text: SyntaxError");
    expect_refused("{\"a\":\"${NONE}\"}", "/a: nothing is known of ${NONE}");
}

Test(json_template, a_value_that_is_missing_or_has_no_json_form_is_an_error)
{
    expect_failure("{\"a\":\"{{ message.absent }}\"}", EXCEPTION_ATTRIBUTE);
    expect_failure("{\"a\":\"{{ message.none }}!\"}", EXCEPTION_TYPE);
    expect_failure("{\"a\":\"{{ {1: 2} }}\"}", EXCEPTION_VALUE);
    expect_failure("[\"{{ 1e308 * 10 }}\"]", EXCEPTION_VALUE);
}
