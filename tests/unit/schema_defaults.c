#include <criterion/criterion.h>

#include "engine/schema/schema.h"
#include "engine/value/json.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(schema_defaults, .init = set_up, .fini = tear_down);

static value json(const char *text)
{
    value v;
    error e = {0};
    if (!json_read(&memory, text, strlen(text), &v, &e))
        cr_assert(false, "%s: %s", text, e.message);
    return v;
}

static const char *fill(const char *schema_text, const char *instance_text)
{
    error e = {0};
    value document = json(schema_text);
    value instance = json(instance_text);
    schema *s = schema_new(&document, &e);
    cr_assert(s != NULL, "%s", e.message);
    cr_assert(schema_fill_defaults(s, &memory, &instance, &e), "%s", e.message);
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, &instance);
    buffer_add_byte(&b, '\0');
    cr_assert(!b.failed);
    schema_free(s);
    return b.bytes;
}

Test(schema_defaults, fills_what_is_missing)
{
    static const struct {
        const char *schema;
        const char *instance;
        const char *filled;
    } checks[] = {
        {"{\"properties\":{\"a\":{\"default\":1},\"b\":{\"default\":null},\"c\":{}}}", "{\"x\":0}",
         "{\"x\":0,\"a\":1,\"b\":null}"},
        {"{\"properties\":{\"a\":{\"default\":1}}}", "{\"a\":null}", "{\"a\":null}"},
        {"{\"properties\":{\"a\":{\"default\":1}}}", "[{}]", "[{}]"},
        {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":[1]}}}}}", "{\"z\":1,\"a\":{}}",
         "{\"z\":1,\"a\":{\"b\":[1]}}"},
        {"{\"items\":{\"properties\":{\"n\":{\"default\":1}}}}", "[{\"n\":2},{}]", "[{\"n\":2},{\"n\":1}]"},
        {"{\"prefixItems\":[{},{\"properties\":{\"n\":{\"default\":1}}}]}", "[{},{},{}]",
         "[{},{\"n\":1},{}]"},
        {"{\"additionalProperties\":{\"properties\":{\"n\":{\"default\":1}}}}", "{\"k\":{}}",
         "{\"k\":{\"n\":1}}"},
        {"{\"$defs\":{\"T\":{\"properties\":{\"n\":{\"default\":1}}}},\"properties\":{\"t\":{\"$ref\":\"#/"
         "$defs/T\"}}"
         "}",
         "{\"t\":{}}", "{\"t\":{\"n\":1}}"},
        {"{\"$defs\":{\"T\":{\"default\":7}},\"properties\":{\"t\":{\"$ref\":\"#/$defs/T\"}}}", "{}",
         "{\"t\":7}"},
        {"{\"allOf\":[{\"properties\":{\"a\":{\"default\":1}}},{\"properties\":{\"b\":{\"default\":2}}}]}",
         "{}", "{\"a\":1,\"b\":2}"},
        {"{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":{\"n\":{"
         "\"default\":1}}}],\"default\":null}}}",
         "{\"a\":{}}", "{\"a\":{\"n\":1}}"},
        {"{\"oneOf\":[{\"properties\":{\"k\":{\"const\":\"a\"},\"n\":{\"default\":1}}},{\"properties\":{"
         "\"k\":{"
         "\"const\":\"b\"},\"n\":{\"default\":2}}}]}",
         "{\"k\":\"b\"}", "{\"k\":\"b\",\"n\":2}"},
        {"{\"oneOf\":[{\"properties\":{\"k\":{\"const\":\"a\"},\"n\":{\"default\":1}}},{\"properties\":{"
         "\"k\":{"
         "\"const\":\"b\"},\"n\":{\"default\":2}}}]}",
         "{\"k\":\"a\"}", "{\"k\":\"a\",\"n\":1}"},
        {"{\"properties\":{\"a\":{\"default\":{},\"properties\":{\"b\":{\"default\":1}}}}}", "{}",
         "{\"a\":{}}"},
        {"{\"$defs\":{\"A\":{\"items\":{\"$ref\":\"#/$defs/B\"}},\"B\":{\"properties\":{\"c\":{\"$ref\":\"#/"
         "$defs/C\"}}},"
         "\"C\":{\"properties\":{\"n\":{\"default\":1}}}},\"properties\":{\"z\":{},\"a\":{\"$ref\":\"#/$defs/"
         "A\"}}}",
         "{\"z\":{},\"a\":[{\"c\":{}}]}", "{\"z\":{},\"a\":[{\"c\":{\"n\":1}}]}"},
        {"{\"$defs\":{\"C\":{\"properties\":{\"n\":{\"default\":1}}},\"B\":{\"properties\":{\"c\":{\"$ref\":"
         "\"#/$defs/C\"}}},"
         "\"A\":{\"items\":{\"$ref\":\"#/$defs/B\"}}},\"properties\":{\"z\":{},\"a\":{\"$ref\":\"#/$defs/"
         "A\"}}}",
         "{\"z\":{},\"a\":[{\"c\":{}}]}", "{\"z\":{},\"a\":[{\"c\":{\"n\":1}}]}"},
        {"{\"properties\":{\"a\":{\"default\":1},\"b\":{\"default\":2}}}", "{\"b\":0,\"a\":0}",
         "{\"b\":0,\"a\":0}"},
        {"{\"properties\":{\"a\":{\"default\":1},\"b\":{\"default\":2}}}", "{\"b\":0,\"c\":0}",
         "{\"b\":0,\"c\":0,\"a\":1}"},
        {"{\"properties\":{\"next\":{\"$ref\":\"#\"},\"n\":{\"default\":0}}}",
         "{\"next\":{\"next\":{\"n\":1}}}", "{\"next\":{\"next\":{\"n\":1},\"n\":0},\"n\":0}"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        cr_expect_str_eq(fill(checks[i].schema, checks[i].instance), checks[i].filled);
}

Test(schema_defaults, copies_nothing_where_nothing_is_missing)
{
    error e = {0};
    value document =
        json("{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":1}}},\"c\":{\"default\":1}}}");
    value instance = json("{\"a\":{\"b\":2},\"c\":3}");
    const value_member *members = instance.members;
    schema *s = schema_new(&document, &e);
    arena none;
    arena_init(&none, 256, 0);
    cr_expect(schema_fill_defaults(s, &none, &instance, &e), "%s", e.message);
    cr_expect_eq(instance.members, members);
    arena_free(&none);
    schema_free(s);
}

Test(schema_defaults, leaves_the_instance_where_memory_ends)
{
    error e = {0};
    value document = json("{\"properties\":{\"a\":{\"default\":1}}}");
    value instance = json("{}");
    schema *s = schema_new(&document, &e);
    arena none;
    arena_init(&none, 256, 0);
    cr_expect(!schema_fill_defaults(s, &none, &instance, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    cr_expect_eq(instance.count, 0);
    arena_free(&none);
    schema_free(s);
}

Test(schema_defaults, ends_in_a_circle_of_references)
{
    error e = {0};
    value document = json("{\"allOf\":[{\"$ref\":\"#\"}],\"properties\":{\"a\":{\"default\":1}}}");
    value instance = json("{}");
    schema *s = schema_new(&document, &e);
    cr_assert_not_null(s);
    cr_expect(!schema_fill_defaults(s, &memory, &instance, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    schema_free(s);
}
