#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/schema/schema.h"
#include "engine/value/json.h"

static arena memory;
static validator *machine;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
    machine = validator_new();
}

static void tear_down(void)
{
    validator_free(machine);
    arena_free(&memory);
}

TestSuite(schema_explain, .init = set_up, .fini = tear_down);

static value json(const char *text)
{
    value v;
    error e = {0};
    if (!json_read(&memory, text, strlen(text), &v, &e))
        cr_assert(false, "%s: %s", text, e.message);
    return v;
}

/* One line a finding: "instance keyword message". */
static const char *explain(const char *schema_text, const char *instance_text)
{
    error e = {0};
    value document = json(schema_text);
    value instance = json(instance_text);
    const schema_finding *findings;
    size_t count;
    schema *s = schema_new(&document, &e);
    cr_assert(s != NULL, "%s", e.message);
    cr_assert(schema_explain(s, machine, &instance, &memory, &findings, &count, &e), "%s", e.message);
    schema_free(s);
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buffer_format(&b, "%s%s %s %s", i > 0 ? "\n" : "", findings[i].instance_location,
                      findings[i].keyword_location, findings[i].message);
    buffer_add_byte(&b, '\0');
    return b.bytes;
}

Test(schema_explain, says_where_and_which_rule)
{
    static const struct {
        const char *schema;
        const char *instance;
        const char *findings;
    } checks[] = {
        {"{\"type\":[\"integer\",\"null\"]}", "1.5", " /type must be null or integer, not number"},
        {"{\"properties\":{\"a/b\":{\"minimum\":5}}}", "{\"a/b\":4}",
         "/a~1b /properties/a~1b/minimum must be at least 5"},
        {"{\"items\":{\"maxLength\":1}}", "[\"a\",\"bc\",\"de\"]",
         "/1 /items/maxLength must have at most 1 characters\n/2 /items/maxLength must have at most 1 "
         "characters"},
        {"{\"required\":[\"a\",\"b\"],\"minProperties\":1}", "{}",
         " /minProperties must have at least 1 properties\n /required must have the property \"a\"\n "
         "/required must "
         "have the property \"b\""},
        {"{\"additionalProperties\":false}", "{\"x\":1}", "/x /additionalProperties is not allowed"},
        {"{\"$defs\":{\"T\":{\"pattern\":\"^a\"}},\"items\":{\"$ref\":\"#/$defs/T\"}}", "[\"b\"]",
         "/0 /$defs/T/pattern must match the pattern \"^a\""},
        {"{\"multipleOf\":0.05}", "0.07", " /multipleOf must be a multiple of 5e-2"},
        {"{\"uniqueItems\":true}", "[1,2,1.0]", " /uniqueItems must have no equal items; 0 and 2 are"},
        {"{\"enum\":[\"a\",\"b\"]}", "\"c\"", " /enum must be one of the 2 values that the schema names"},
        {"{\"const\":1}", "2", " /const must be the value that the schema names"},
        {"{\"not\":{}}", "2", " /not must not match the subschema"},
        {"{\"format\":\"date\"}", "\"x\"", " /format must have the format date"},
        {"{\"contains\":{\"type\":\"null\"},\"maxContains\":2}", "[1]",
         " /contains must have at least 1 and at most 2 items that match the subschema"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "4", " /anyOf/1/minimum must be at least 5"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "3",
         " /oneOf must match exactly one of 2 alternatives"},
        {"{\"anyOf\":[{\"minimum\":5},{\"maximum\":1}]}", "3",
         " /anyOf must match at least one of 2 alternatives"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
         " /dependentRequired must have the property \"b\""},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
         "/ab /propertyNames/maxLength must have at most 1 characters"},
        {"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}", "{\"a\":1,\"b\":2}",
         "/b /unevaluatedProperties is not allowed"},
        {"{\"if\":{\"type\":\"object\"},\"then\":{\"required\":[\"a\"]}}", "{}",
         " /then/required must have the property \"a\""},
        {"{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"minLength\":-1}",
         "/minLength https://json-schema.org/draft/2020-12/meta/validation#/$defs/nonNegativeInteger/minimum "
         "must "
         "be at least 0"},
        {"{\"minimum\":1}", "1", ""},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        cr_expect_str_eq(explain(checks[i].schema, checks[i].instance), checks[i].findings);
}

/* Payloads are private: their text must not reach a log through an error. */
Test(schema_explain, never_tells_the_value)
{
    static const char *const schemas[] = {
        "{\"items\":{\"const\":1}}",
        "{\"items\":{\"enum\":[1]}}",
        "{\"items\":{\"maxLength\":1}}",
        "{\"items\":{\"pattern\":\"^x\"}}",
        "{\"items\":{\"format\":\"date\"}}",
        "{\"items\":{\"type\":\"integer\"}}",
        "{\"items\":{\"not\":{}}}",
        "{\"items\":false}",
        "{\"items\":{\"anyOf\":[{\"maxLength\":1},{\"maxLength\":2}]}}",
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        const char *text = explain(schemas[i], "[\"secret\"]");
        cr_expect(strlen(text) > 0 && strstr(text, "secret") == NULL, "%s: %s", schemas[i], text);
    }
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (const char *p = text; *p != '\0'; p++)
        lines += *p == '\n';
    return lines;
}

Test(schema_explain, stops_at_the_limit)
{
    cr_expect_eq(count_lines(explain("{\"items\":{\"type\":\"string\"}}",
                                     "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]")),
                 LIMIT_SCHEMA_ERRORS);
    cr_expect_eq(count_lines(explain(
                     "{\"required\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\","
                     "\"l\",\"m\",\"n\",\"o\",\"p\",\"q\",\"r\"]}",
                     "{}")),
                 LIMIT_SCHEMA_ERRORS);
}

Test(schema_explain, the_first_finding_is_the_error)
{
    error e = {0};
    value document = json("{\"properties\":{\"a\":{\"minLength\":3}}}");
    value instance = json("{\"a\":\"x\"}");
    schema *s = schema_new(&document, &e);
    cr_expect(!schema_validate(s, machine, &instance, &e));
    cr_expect_eq(e.code, ERROR_INVALID_PAYLOAD);
    cr_expect_str_eq(e.message, "/a: must have at least 3 characters (/properties/a/minLength)");
    cr_expect(!schema_validate(s, machine, &instance, NULL));
    schema_free(s);
}

Test(schema_explain, reports_a_lack_of_memory)
{
    arena small;
    error e = {0};
    value document = json("{\"minimum\":3}");
    value instance = json("1");
    const schema_finding *findings;
    size_t count;
    arena_init(&small, 256, 400);
    schema *s = schema_new(&document, &e);
    cr_expect(!schema_explain(s, machine, &instance, &small, &findings, &count, &e));
    cr_expect_eq(e.code, ERROR_OUT_OF_MEMORY);
    arena_free(&small);
    schema_free(s);
}
