#include <criterion/criterion.h>

#include "engine/schema/schema.h"
#include "engine/value/json.h"

static arena memory;
static validator *machine;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
    machine = validator_new();
    cr_assert_not_null(machine);
}

static void tear_down(void)
{
    validator_free(machine);
    arena_free(&memory);
}

TestSuite(schema_validate, .init = set_up, .fini = tear_down);

static value json(const char *text)
{
    value v;
    error e = {0};
    if (!json_read(&memory, text, strlen(text), &v, &e))
        cr_assert(false, "%s: %s", text, e.message);
    return v;
}

static bool valid(const char *schema_text, const char *instance_text)
{
    error e = {0};
    value document = json(schema_text);
    value instance = json(instance_text);
    schema *s = schema_new(&document, &e);
    cr_assert(s != NULL, "%s: %s", schema_text, e.message);
    bool ok = schema_validate(s, machine, &instance, &e);
    cr_assert(ok || e.code == ERROR_INVALID_PAYLOAD, "%s: %s", schema_text, e.message);
    schema_free(s);
    return ok;
}

typedef struct check {
    const char *schema;
    const char *good;
    const char *bad;
} check;

Test(schema_validate, keywords_accept_and_refuse)
{
    static const check checks[] = {
        {"{\"type\":\"integer\"}", "1.0", "1.5"},
        {"{\"type\":[\"null\",\"string\"]}", "null", "1"},
        {"{\"minimum\":9007199254740993}", "9007199254740993", "9007199254740992"},
        {"{\"exclusiveMaximum\":2}", "1.999", "2"},
        {"{\"multipleOf\":0.01}", "19.99", "19.995"},
        {"{\"multipleOf\":10}", "1e300", "15"},
        {"{\"minLength\":2}", "\"\xC3\xA9\xC3\xA9\"", "\"\xC3\xA9\""},
        {"{\"maxLength\":2}", "\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"", "\"abc\""},
        {"{\"pattern\":\"^a+$\"}", "\"aaa\"", "\"aaa\\n\""},
        {"{\"items\":{\"type\":\"string\"},\"maxItems\":2}", "[\"a\"]", "[\"a\",1]"},
        {"{\"prefixItems\":[{\"const\":1}],\"items\":false}", "[1]", "[1,2]"},
        {"{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,2]", "[1,1]"},
        {"{\"uniqueItems\":true}", "[1,true,{\"a\":1,\"b\":2},{\"a\":1}]",
         "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]"},
        {"{\"uniqueItems\":true}", "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,[0],{\"a\":1,\"b\":0}]",
         "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,{\"a\":1,\"b\":0},{\"b\":0,\"a\":1.0}]"},
        {"{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"a\":1}", "{\"a\":1,\"c\":1}"},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"a\":\"x\"}",
         "{\"a\":\"x\",\"b\":1}"},
        {"{\"patternProperties\":{\"^x-\":{\"type\":\"integer\"}}}", "{\"x-a\":1,\"b\":\"\"}",
         "{\"x-a\":\"\"}"},
        {"{\"propertyNames\":{\"maxLength\":2}}", "{\"ab\":1}", "{\"abc\":1}"},
        {"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1,\"b\":1}", "{\"a\":1}"},
        {"{\"enum\":[\"red\",\"green\"]}", "\"green\"", "\"blue\""},
        {"{\"enum\":[1,{\"a\":[1]}]}", "{\"a\":[1.0]}", "{\"a\":[2]}"},
        {"{\"const\":1}", "1.0", "true"},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "1", "3"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":5}]}", "5", "4"},
        {"{\"oneOf\":[{\"minimum\":1},{\"maximum\":3}]}", "0", "2"},
        {"{\"not\":{\"type\":\"string\"}}", "1", "\"\""},
        {"{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":1},\"else\":{\"minimum\":0}}", "\"a\"", "-1"},
        {"{\"$defs\":{\"a\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/a\"}", "\"\"", "1"},
        {"{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#\"}}", "{\"a\":{\"b\":{}}}",
         "{\"a\":{\"b\":1}}"},
        {"{\"allOf\":[{\"properties\":{\"a\":{}}}],\"unevaluatedProperties\":false}", "{\"a\":1}",
         "{\"b\":1}"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        cr_expect(valid(checks[i].schema, checks[i].good), "%s takes %s", checks[i].schema, checks[i].good);
        cr_expect(!valid(checks[i].schema, checks[i].bad), "%s refuses %s", checks[i].schema, checks[i].bad);
    }
}
