/* What is known to be wrong with a template's expressions before it is rendered, and what is not reported. */
#include <criterion/criterion.h>

#include "engine/expression/template_check.h"
#include "engine/limits.h"
#include "engine/value/json.h"

static const char schema_text[] =
    "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    " \"amount\": {\"type\": \"integer\"}, \"name\": {\"type\": \"string\"},"
    " \"phone\": {\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"null\"}], \"default\": null},"
    " \"address\": {\"type\": \"object\", \"additionalProperties\": false,"
    "  \"properties\": {\"city\": {\"type\": \"string\"}}},"
    " \"lines\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/Line\"}},"
    " \"gifts\": {\"anyOf\": [{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/Line\"}}, {\"type\": "
    "\"null\"}]},"
    " \"tags\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}},"
    " \"open\": {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\"}}}},"
    "\"$defs\": {\"Line\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
    " \"sku\": {\"type\": \"string\"}, \"count\": {\"type\": \"integer\"},"
    " \"parts\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}}}}}}";

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

TestSuite(expression_template_check, .init = setup, .fini = teardown);

static const char *const names[] = {"payload", "steps"};
static const expression_scope scope = {.names = names, .count = 2};

static void check(const char *source)
{
    const value *const schemas[] = {&schema, NULL};
    exception x;
    cr_assert(template_check(&memory, source, strlen(source), &scope, schemas, &findings, &x), "%s: %s",
              source, x.message);
}

/* The finding stands where `at` begins in the source. */
static void reports(const char *source, const char *at, const char *words)
{
    check(source);
    cr_assert_eq(findings.count, 1, "%s: %zu findings, %s", source, findings.count,
                 findings.items[0].message);
    cr_expect_eq(findings.items[0].position, (size_t)(strstr(source, at) - source), "%s: %zu", source,
                 findings.items[0].position);
    cr_expect_not_null(strstr(findings.items[0].message, words), "%s: %s", source, findings.items[0].message);
}

static void accepts(const char *source)
{
    check(source);
    cr_expect_eq(findings.count, 0, "%s: %s", source, findings.items[0].message);
}

Test(expression_template_check, every_place_of_an_expression)
{
    reports("a {{ payload.amout }}", "amout", "did you mean 'amount'?");
    reports("{%- if payload.amout > 1 -%} x {% endif %}", "amout", "did you mean 'amount'?");
    reports("{% if payload.name %}{% elif payload.nam %}{% endif %}", "nam %}{% endif",
            "did you mean 'name'?");
    reports("{% if payload.name %}x{% else %}{{ payload.nam }}{% endif %}", "nam }}", "did you mean 'name'?");
    reports("{% for x in payload.tag %}{% endfor %}", "tag", "did you mean 'tags'?");
    reports("{% for x in payload.tags %}{% else %}{{ payload.tag }}{% endfor %}", "tag }}", "'tags'?");
    reports("one\r\n{# payload.nam #}\xc3\xa4{{\n payload.nam\n }}", "nam\n", "did you mean 'name'?");
    reports("{{ payload.nam | upper }}", "nam", "did you mean 'name'?");
    reports("{{ payload.phone | default(payload.fone) }}", "fone", "did you mean 'phone'?");
    reports("{{ payload.name() }}", "() }}", "leave out the parentheses");
    reports("{{ payload.amount[0] }}", "[0]", "a number has no items");
    reports("{{ 'n: ' + payload.amount }}", "+", "always fails");
    accepts("payload.amout {# {{ payload.amout }} #} {{ 'payload.amout' }} {{ payload.amount }}");
}

Test(expression_template_check, what_may_be_missing)
{
    accepts("{{ payload.nick | default('you') }}");
    accepts("{{ payload['nick'] | default }}");
    accepts("{{ payload.address.town.part | upper | default('-') }}");
    accepts("{% for x in payload.parts | default([]) %}{{ x.a.b }}{% endfor %}");
    accepts("{% if payload.nick is defined %}x{% endif %}");
    accepts("{% if payload.nick is not defined and payload.address.town is not defined %}x{% endif %}");
    accepts("{{ payload.get('nick', 'you') }}{{ payload.get('nick') or 'you' }}");
    accepts("{{ payload.address.get('town', '-') | upper }}");
    accepts(
        "{% for line in payload.lines %}{{ line.get('note', '') }}{{ line.note | default('') }}{% endfor %}");
    accepts("{% if payload.phone is defined %}{{ payload.phone }}{% endif %}");
    accepts("{% if payload.open.b is defined %}{{ payload.open.b.c }}{% endif %}");
    accepts("{{ payload.open.b }}{{ steps.mail.status }}");
    reports("{% if payload.nick is defined %}{{ payload.nick }}{% endif %}", "nick }}", "no key 'nick'");
    reports("{{ payload.get('name').first }}", "first }}", "no attribute 'first'");
}

Test(expression_template_check, variables_of_loops_have_the_shape_of_the_items)
{
    reports("{% for line in payload.lines %}{{ line.skuu }}{% endfor %}", "skuu", "did you mean 'sku'?");
    reports("{% for gift in payload.gifts %}{{ gift.skuu }}{% endfor %}", "skuu", "did you mean 'sku'?");
    reports("{% for l in payload.lines %}{% for p in l.parts %}{{ p.x }}{% endfor %}{% endfor %}", "x }}",
            "a string has no attribute");
    reports("{% for c in payload.name %}{{ c.x }}{% endfor %}", "x }}", "a string has no attribute");
    reports("{% for l in payload.lines[1:] if 1 else [] %}{{ l.sku }}{% endfor %}{{ payload.l }}", "l }}",
            "no key 'l'");
    accepts("{% for line in payload.lines %}{{ line.sku }}{{ loop.index }}{{ loop.whatever.x }}{% endfor %}");
    accepts("{% for key, item in payload.open.items() %}{{ key.x }}{{ item.y }}{% endfor %}");
    accepts("{% for a, b in payload.lines %}{{ a.x }}{{ b.y }}{% endfor %}");
    accepts("{% for s in steps.all %}{{ s.x }}{% endfor %}");
}

Test(expression_template_check, a_variable_hides_the_name_only_within_its_loop)
{
    accepts("{% for payload in payload.lines %}{{ payload.sku }}{% endfor %}{{ payload.name }}");
    reports("{% for payload in payload.lines %}{{ payload.name }}{% endfor %}", "name", "no key 'name'");
    reports("{% for payload in payload.lines %}{% else %}{{ payload.sku }}{% endfor %}", "sku",
            "no key 'sku'");
    reports(
        "{% for x in payload.lines %}{% for x in payload.tags %}{{ x.a }}{% endfor %}{{ x.sku }}{% endfor %}",
        "a }}", "a string has no attribute");
    accepts("{% for line in payload.lines %}{{ [line.x for line in steps.all] }}{{ line.sku }}{% endfor %}");
}

Test(expression_template_check, loops_over_what_has_no_items)
{
    reports("{% for x in payload.amount %}{% endfor %}", "payload", "a number has no items to go over");
    reports("{% for x in payload.items %}{% endfor %}", "payload", "write ['items']");
    accepts("{% for x in payload.address %}{{ x }}{% endfor %}");
    accepts("{% for x in payload.open.items() %}{{ x }}{% endfor %}");
}

Test(expression_template_check, findings_of_all_expressions_in_order)
{
    check("{{ payload.a }}{% if payload.b %}{{ payload.c }}{% endif %}");
    cr_assert_eq(findings.count, 3);
    cr_expect_eq(findings.items[0].position, 11);
    cr_expect_eq(findings.items[1].position, 29);
    cr_expect_eq(findings.items[2].position, 44);
}

Test(expression_template_check, many_expressions_need_no_more_memory_than_one)
{
    static char source[LIMIT_TEMPLATE_BYTES];
    static const char part[] = "                                             {{ payload.amout }}";
    size_t size = 0;
    for (; size + sizeof part < sizeof source; size += sizeof part - 1)
        memcpy(source + size, part, sizeof part);
    check(source);
    cr_expect_eq(findings.count, CHECK_FINDINGS_MAX);
}

Test(expression_template_check, what_does_not_compile_is_an_exception)
{
    const value *const schemas[] = {&schema, NULL};
    exception x;
    cr_expect_not(template_check(&memory, "a {{ 1 + }}", 11, &scope, schemas, &findings, &x));
    cr_expect_eq(x.type, EXCEPTION_SYNTAX);
    cr_expect_not(template_check(&memory, "a {{ nobody }}", 14, &scope, schemas, &findings, &x));
    cr_expect_eq(x.type, EXCEPTION_NAME);
    cr_expect_eq(x.position, 5);
}
