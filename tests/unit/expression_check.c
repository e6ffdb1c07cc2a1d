/* What is known to be wrong before an expression runs, by a schema as pydantic writes it; and what is not
 * reported. */
#include <criterion/criterion.h>

#include "engine/expression/check.h"
#include "engine/value/json.h"

static const char schema_text[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    " \"amount\": {\"type\": \"integer\"}, \"price\": {\"type\": \"number\"}, \"paid\": {\"type\": "
    "\"boolean\"},"
    " \"status\": {\"enum\": [\"new\", \"paid\"]}, \"name\": {\"type\": \"string\"},"
    " \"phone\": {\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"null\"}], \"default\": null},"
    " \"address\": {\"$ref\": \"#/$defs/Address\"},"
    " \"billing\": {\"anyOf\": [{\"$ref\": \"#/$defs/Address\"}, {\"type\": \"null\"}]},"
    " \"wrapped\": {\"allOf\": [{\"$ref\": \"#/$defs/Address\"}], \"description\": \"x\"},"
    " \"items\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/Item\"}},"
    " \"tags\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}},"
    " \"extra\": {\"type\": \"object\"}, \"open\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": "
    "\"string\"}}},"
    " \"anything\": {}, \"either\": {\"type\": [\"string\", \"integer\"]},"
    " \"never\": {\"type\": \"string\", \"const\": 5}, \"loop\": {\"$ref\": \"#/$defs/Loop\"},"
    " \"patterned\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {},"
    "  \"patternProperties\": {\"^x\": {}}}},"
    "\"$defs\": {\"Address\": {\"type\": \"object\", \"additionalProperties\": false,"
    " \"properties\": {\"city\": {\"type\": \"string\"}, \"zip\": {\"type\": \"string\"}}},"
    " \"Item\": {\"type\": \"object\", \"additionalProperties\": false,"
    " \"properties\": {\"sku\": {\"type\": \"string\"}, \"quantity\": {\"type\": \"integer\"}}},"
    " \"Loop\": {\"$ref\": \"#/$defs/Loop\"}}}";

static arena memory;
static value schema;
static check_findings findings;

static void setup(void)
{
    arena_init(&memory, 1 << 16, 4 << 20);
    cr_assert(json_read(&memory, schema_text, sizeof schema_text - 1, &schema, NULL));
}

static void teardown(void)
{
    arena_free(&memory);
}

TestSuite(expression_check, .init = setup, .fini = teardown);

static void check(const char *source)
{
    static const char *const names[] = {"payload", "steps"};
    static const expression_scope scope = {.names = names, .count = 2};
    const value *const schemas[] = {&schema, NULL};
    exception x;
    cr_assert(check_expression(&memory, source, strlen(source), &scope, schemas, &findings, &x), "%s: %s",
              source, x.message);
}

static void reports(const char *source, size_t position, const char *words)
{
    check(source);
    cr_assert_eq(findings.count, 1, "%s: %zu findings, %s", source, findings.count,
                 findings.items[0].message);
    cr_expect_eq(findings.items[0].position, position, "%s: %zu", source, findings.items[0].position);
    cr_expect_not_null(strstr(findings.items[0].message, words), "%s: %s", source, findings.items[0].message);
}

static void accepts(const char *source)
{
    check(source);
    cr_expect_eq(findings.count, 0, "%s: %s", source, findings.items[0].message);
}

Test(expression_check, keys_that_a_closed_object_cannot_have)
{
    reports("payload.amout < 5", 8, "did you mean 'amount'?");
    reports("payload['amout'] < 5", 7, "did you mean 'amount'?");
    reports("payload.whatever", 8, "allows no others");
    reports("payload.address.town", 16, "no key 'town'");
    reports("payload.wrapped.citty", 16, "did you mean 'city'?");
    reports("payload.billing and payload.billing.town", 36, "no key 'town'");
    reports("payload.get('amuont')", 12, "did you mean 'amount'?");
    reports("[i.skuu for i in payload['items']]", 3, "did you mean 'sku'?");
    reports("payload['items'][0].skuu", 20, "did you mean 'sku'?");
    reports("any(i.quantity > 1 and i.prize for i in payload['items'])", 25, "no key 'prize'");
}

Test(expression_check, keys_of_what_is_open_or_unknown)
{
    accepts("payload.extra.foo + payload.open.b");
    accepts("payload.open.a.upper()");
    accepts("payload.anything.a[0].b()");
    accepts("steps.mail.status == 5");
    accepts("payload.loop.x.y");
    accepts("payload.patterned.xy");
    accepts("{'a': 1}.b");
    accepts("[payload for payload in steps][0].whatever");
    accepts("payload.address.get('city', 1) + 1");
}

Test(expression_check, calls_of_what_is_no_function)
{
    reports("payload.amount()", 14, "leave out the parentheses");
    reports("'a'()", 3, "a string is called");
    reports("len(payload.tags)()", 17, "a number is called");
    reports("payload.anything()", 16, "this is called, but is no function");
    accepts("payload.name.upper()");
    accepts("[f(1) for f in [len, str]]");
}

Test(expression_check, items_of_what_has_none)
{
    reports("payload.amount[0]", 14, "a number has no items");
    reports("payload.paid['a']", 12, "a truth value has no items");
    reports("payload.tags['a']", 12, "have numbers, not names");
    reports("payload.name['a']", 12, "have numbers, not names");
    reports("payload.address[1:]", 15, "no slices");
    reports("[x for x in payload.amount]", 12, "no items to go over");
    reports("payload.items[0]", 8, "write ['items']");
    reports("[x for x in payload.address.keys]", 12, "a function has no items to go over");
    accepts("payload.phone[0]");
    accepts("payload.either[0]");
    accepts("payload.name[1:][0].upper()");
    accepts("payload.items()");
}

Test(expression_check, attributes_of_what_has_none)
{
    reports("payload.tags.sku", 13, "a list has no attribute 'sku'");
    reports("payload.name.foo()", 13, "a string has no attribute 'foo'");
    reports("payload.amount.upper()", 15, "a number has no attribute");
    accepts("payload.phone.strip()");
    accepts("payload.tags.index('a')");
}

Test(expression_check, orders_and_sums_that_always_fail)
{
    reports("payload.name < 5", 13, "'<' between a string and a number");
    reports("5 >= payload.status", 2, "between a number and a string");
    reports("payload.tags > 1", 13, "between a list and a number");
    reports("1 < payload.amount < payload.name", 19, "between a number and a string");
    reports("payload.name + 1", 13, "'+' between a string and a number");
    reports("'n: ' + payload.amount", 6, "'+' between a string and a number");
    reports("payload.name / 2", 13, "'/' between");
    reports("-payload.name", 0, "has no negative");
    reports("payload.name.lower() + len(payload.tags)", 21, "between a string and a number");
    reports("1 in payload.amount", 2, "nothing can be in a number");
    reports("1 in payload.name", 2, "only a string can be in a string");
    accepts("payload.amount < payload.price");
    accepts("payload.paid < 5");
    accepts("payload.phone < 'a'");
    accepts("payload.either < 5");
    accepts("payload.never < 5");
    accepts("payload.name == 5");
    accepts("payload.name * payload.amount");
    accepts("payload.name % payload.amount");
    accepts("'%s' % payload.amount + payload.name");
    accepts("(payload.phone or 'x') + 'y'");
    accepts("(payload.amount if steps else payload.name) < 5");
    accepts("set(payload.tags) - {'a'} <= {'b'}");
    accepts("payload.extra.keys() & payload.tags");
    accepts("payload.tags + ['x']");
    accepts("(payload.tags and 5) < 6");
}

Test(expression_check, several_findings_in_order)
{
    check("payload.amout < 5 or payload.name < 5 or payload.paid()");
    cr_assert_eq(findings.count, 3);
    cr_expect_eq(findings.items[0].position, 8);
    cr_expect_eq(findings.items[1].position, 34);
    cr_expect_eq(findings.items[2].position, 53);
}

Test(expression_check, findings_are_bounded)
{
    char source[1024] = "payload.x";
    for (size_t i = strlen(source); i + 10 < sizeof source; i += 10)
        memcpy(source + i, "+payload.x", 11);
    check(source);
    cr_expect_eq(findings.count, CHECK_FINDINGS_MAX);
}

Test(expression_check, what_does_not_parse_is_an_exception)
{
    static const expression_scope scope = {.names = NULL, .count = 0};
    exception x;
    cr_expect_not(check_expression(&memory, "1 +", 3, &scope, NULL, &findings, &x));
    cr_expect_eq(x.type, EXCEPTION_SYNTAX);
}

Test(expression_check, the_shape_of_the_value_comes_with_the_findings)
{
    static const char *const names[] = {"payload"};
    static const expression_scope scope = {.names = names, .count = 1};
    static const struct {
        const char *source;
        unsigned kinds;
    } cases[] = {
        {"payload.amount > 1", SHAPE_BOOL},
        {"payload.phone", SHAPE_STRING | SHAPE_NULL},
        {"payload.amount * 60", SHAPE_INT | SHAPE_FLOAT},
        {"payload.tags", SHAPE_LIST},
        {"[1]", SHAPE_LIST},
        {"payload.amount if payload.paid else None", SHAPE_INT | SHAPE_FLOAT | SHAPE_NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const value *const schemas[] = {&schema};
        const char *source = cases[i].source;
        exception x;
        shape result;
        cr_assert(
            check_expression_shape(&memory, source, strlen(source), &scope, schemas, &findings, &result, &x));
        cr_expect_eq(findings.count, 0u, "%s", source);
        cr_expect_eq(result.kinds, cases[i].kinds, "%s: %x", source, result.kinds);
    }
}
