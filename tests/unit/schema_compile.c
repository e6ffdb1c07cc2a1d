#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/limits.h"
#include "engine/schema/schema.h"
#include "engine/value/json.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, 256 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(schema_compile, .init = set_up, .fini = tear_down);

static value json(const char *text, size_t size)
{
    value v;
    error e = {0};
    if (!json_read(&memory, text, size, &v, &e))
        cr_assert(false, "%.200s: %s", text, e.message);
    return v;
}

static error_code compile(const char *text, error *e)
{
    value document = json(text, strlen(text));
    *e = (error){0};
    schema *s = schema_new(&document, e);
    error_code code = s == NULL ? e->code : ERROR_NONE;
    schema_free(s);
    return code;
}

typedef struct mistake {
    const char *schema;
    const char *message; /* how it begins */
} mistake;

Test(schema_compile, errors_begin_with_the_pointer_of_the_keyword)
{
    static const mistake mistakes[] = {
        {"1", ": a schema must be"},
        {"{\"type\":\"int\"}", "/type: "},
        {"{\"type\":[]}", "/type: "},
        {"{\"minLength\":-1}", "/minLength: "},
        {"{\"maxItems\":1.5}", "/maxItems: "},
        {"{\"minimum\":\"1\"}", "/minimum: "},
        {"{\"multipleOf\":0}", "/multipleOf: "},
        {"{\"properties\":{\"a~/b\":{\"pattern\":\"(\"}}}", "/properties/a~0~1b/pattern: "},
        {"{\"patternProperties\":{\"[\":{}}}", "/patternProperties: "},
        {"{\"properties\":[]}", "/properties: "},
        {"{\"properties\":{\"a\":1}}", "/properties/a: "},
        {"{\"required\":\"a\"}", "/required: "},
        {"{\"required\":[1]}", "/required: "},
        {"{\"enum\":1}", "/enum: "},
        {"{\"anyOf\":[]}", "/anyOf: "},
        {"{\"anyOf\":[{},{\"not\":1}]}", "/anyOf/1/not: "},
        {"{\"items\":[]}", "/items: "},
        {"{\"prefixItems\":{}}", "/prefixItems: "},
        {"{\"uniqueItems\":1}", "/uniqueItems: "},
        {"{\"dependentRequired\":{\"a\":1}}", "/dependentRequired: "},
        {"{\"contains\":{},\"minContains\":-1}", "/minContains: "},
        {"{\"format\":1}", "/format: "},
        {"{\"$ref\":1}", "/$ref: "},
        {"{\"$ref\":\"#/nothing\"}", "/$ref: "},
        {"{\"$ref\":\"#/enum/0\",\"enum\":[1]}", "/$ref: "},
        {"{\"$ref\":\"#nothing\"}", "/$ref: "},
        {"{\"$ref\":\"#/%zz\"}", "/$ref: "},
        {"{\"$ref\":\"#/~2\"}", "/$ref: "},
        {"{\"$id\":\"a#b\"}", "/$id: "},
        {"{\"$anchor\":\"1\"}", "/$anchor: "},
        {"{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", "/$defs/b/$anchor: "},
        {"{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}", "/$defs/b: "},
    };
    error e;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        cr_expect_eq(compile(mistakes[i].schema, &e), ERROR_INVALID_SCHEMA, "%s", mistakes[i].schema);
        cr_expect(strncmp(e.message, mistakes[i].message, strlen(mistakes[i].message)) == 0, "%s: %s",
                  mistakes[i].schema, e.message);
    }
}

Test(schema_compile, follows_nothing_out_of_the_document)
{
    static const char *const remote[] = {
        "{\"$ref\":\"https://example.com/schema.json\"}",
        "{\"$ref\":\"other.json#/a\"}",
        "{\"$dynamicRef\":\"other.json\"}",
        "{\"$id\":\"https://example.com/a/b\",\"$ref\":\"c\"}",
        "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\"}",
        "{\"$schema\":\"https://example.com/own\"}",
    };
    error e;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        cr_expect_eq(compile(remote[i], &e), ERROR_UNSUPPORTED, "%s: %s", remote[i], e.message);
}

Test(schema_compile, knows_the_metaschemas)
{
    error e;
    cr_expect_eq(compile("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", &e), ERROR_NONE, "%s",
                 e.message);
    cr_expect_eq(compile("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}", &e), ERROR_NONE, "%s",
                 e.message);
    cr_expect_eq(compile("{\"$ref\":\"https://json-schema.org/draft/2020-12/meta/core#meta\"}", &e),
                 ERROR_NONE, "%s", e.message);
}

Test(schema_compile, draft_07_has_its_own_keywords)
{
    error e;
    /* items of several schemas are draft-07's, and nothing beside its $ref counts. */
    cr_expect_eq(compile("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[{}]}", &e),
                 ERROR_NONE);
    cr_expect_eq(
        compile("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$ref\":\"#/definitions/a\","
                "\"definitions\":{\"a\":{}},\"minimum\":\"x\"}",
                &e),
        ERROR_NONE);
    cr_expect_eq(compile("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"prefixItems\":1}", &e),
                 ERROR_NONE);
}

static char *repeat(const char *before, const char *middle, const char *behind, size_t count)
{
    size_t before_size = strlen(before);
    size_t behind_size = strlen(behind);
    size_t middle_size = strlen(middle);
    char *text = arena_alloc(&memory, count * (before_size + behind_size) + middle_size + 1);
    char *p = text;
    for (size_t i = 0; i < count; i++, p += before_size)
        memcpy(p, before, before_size);
    memcpy(p, middle, middle_size);
    p += middle_size;
    for (size_t i = 0; i < count; i++, p += behind_size)
        memcpy(p, behind, behind_size);
    *p = '\0';
    return text;
}

Test(schema_compile, bounds_nesting_and_keywords)
{
    error e;
    cr_expect_eq(compile(repeat("{\"not\":", "{}", "}", LIMIT_SCHEMA_DEPTH - 1), &e), ERROR_NONE, "%s",
                 e.message);
    /* JSON itself ends at the same depth, so the document is built in two halves. */
    const char *half = repeat("{\"not\":", "{}", "}", 100);
    value inner = json(half, strlen(half));
    for (int i = 0; i < 100; i++) {
        map_builder b;
        map_builder_init(&b, &memory);
        cr_assert(map_builder_put(&b, value_cstring("not"), inner));
        inner = map_builder_finish(&b);
    }
    cr_expect_null(schema_new(&inner, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    char *many = repeat("{},", "{}", "", LIMIT_SCHEMA_KEYWORDS);
    char *text = arena_alloc(&memory, strlen(many) + 32);
    snprintf(text, strlen(many) + 32, "{\"allOf\":[%s]}", many);
    cr_expect_eq(compile(text, &e), ERROR_LIMIT);
}

Test(schema_compile, keeps_nothing_of_the_document)
{
    arena other;
    value document;
    value instance;
    error e = {0};
    static const char text[] =
        "{\"required\":[\"name\"],\"properties\":{\"name\":{\"enum\":[\"long enough a text\"]}}}";
    arena_init(&other, 4096, 1 << 20);
    char *copy = arena_copy(&memory, text, sizeof text - 1);
    cr_assert(json_read(&other, copy, sizeof text - 1, &document, &e));
    schema *s = schema_new(&document, &e);
    cr_assert_not_null(s);
    arena_free(&other);
    memset(copy, 'x', sizeof text - 1);
    validator *v = validator_new();
    instance = json("{\"name\":\"long enough a text\"}", 29);
    cr_expect(schema_validate(s, v, &instance, &e), "%s", e.message);
    validator_free(v);
    schema_free(s);
}
