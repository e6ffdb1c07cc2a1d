#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

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

/* A kind that a single branch takes is decided by what that branch asserts. */
Test(schema_validate, the_only_branch_for_a_kind_decides)
{
    static const check checks[] = {
        {"{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^a$\"},{\"type\":\"null\"}]}", "\"a\"", "\"b\""},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", "1"},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "\"\"", "[]"},
        {"{\"minLength\":2,\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "\"ab\"", "\"a\""},
        {"{\"enum\":[\"a\",\"b\"],\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "\"a\"", "\"c\""},
        {"{\"type\":\"null\",\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", "\"a\""},
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"oneOf\":[{\"maxLength\":1},{\"type\":"
         "\"null\"}]}",
         "\"a\"", "\"ab\""},
        {"{\"anyOf\":[{\"type\":\"integer\",\"minimum\":2},{\"type\":\"string\"}]}", "3.0", "2.5"},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\",\"maximum\":9}]}", "2.5", "2.0"},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "2.0", "2.5"},
        {"{\"oneOf\":[{\"type\":\"string\"},{\"minLength\":1},{\"type\":\"null\"}]}", "\"\"", "\"a\""},
        {"{\"allOf\":[{\"type\":\"string\",\"maxLength\":1}]}", "\"a\"", "\"ab\""},
        {"{\"allOf\":[{\"type\":\"string\"},{\"maxLength\":1}]}", "\"a\"", "\"ab\""},
        {"{\"not\":{\"type\":\"string\"}}", "null", "\"a\""},
        {"{\"allOf\":[{\"type\":[\"string\",\"integer\"]},{\"type\":\"integer\"}]}", "1", "\"a\""},
        {"{\"$defs\":{\"s\":{\"type\":\"string\",\"minLength\":1}},"
         "\"anyOf\":[{\"$ref\":\"#/$defs/s\"},{\"type\":\"null\"}]}",
         "\"a\"", "\"\""},
        {"{\"$defs\":{\"s\":{\"anyOf\":[{\"const\":\"a\"},{\"type\":\"null\"}]}},"
         "\"allOf\":[{\"$ref\":\"#/$defs/s\"}]}",
         "\"a\"", "\"b\""},
        {"{\"anyOf\":[{\"type\":\"array\",\"minItems\":1},{\"type\":\"object\"}]}", "[1]", "[]"},
        {"{\"anyOf\":[{\"type\":\"array\",\"items\":{\"const\":1}},{\"type\":\"object\"}]}", "[1]", "[2]"},
        {"{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"null\"}],\"unevaluatedProperties\":false}", "{}",
         "{\"a\":1}"},
        {"{\"anyOf\":[{\"type\":\"object\",\"unevaluatedProperties\":false},{\"type\":\"null\"}]}", "{}",
         "{\"a\":1}"},
        {"{\"anyOf\":[{\"type\":\"array\",\"unevaluatedItems\":false},{\"type\":\"null\"}]}", "[]", "[1]"},
        {"{\"minLength\":2,\"minItems\":1,\"enum\":[\"a\",\"bc\",[]]}", "\"bc\"", "\"a\""},
        {"{\"minimum\":2,\"minLength\":1,\"enum\":[1,3,\"\"]}", "3", "1"},
        {"{\"minimum\":2,\"minLength\":1,\"enum\":[1,3,\"\"]}", "3.0", "4"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        cr_expect(valid(checks[i].schema, checks[i].good), "%s takes %s", checks[i].schema, checks[i].good);
        cr_expect(!valid(checks[i].schema, checks[i].bad), "%s refuses %s", checks[i].schema, checks[i].bad);
    }
}

/* Instances of every kind, as members and items too, where the ways to check them differ. */
Test(schema_validate, members_in_any_order_and_number)
{
    static const char rule[] = "{\"properties\":{\"a\":{\"type\":\"integer\"},\"bb\":{\"minLength\":1},\"c\":"
                               "{\"items\":{\"const\":1}}},"
                               "\"required\":[\"bb\",\"d\"],\"additionalProperties\":{\"type\":\"null\"}}";
    static const struct {
        const char *instance;
        bool valid;
    } checks[] = {
        {"{\"a\":1,\"bb\":\"x\",\"c\":[1,1],\"d\":null}", true},
        {"{\"d\":null,\"c\":[],\"bb\":\"x\",\"a\":1}", true},
        {"{\"bb\":\"x\",\"e\":null,\"d\":null,\"f\":null}", true},
        {"{\"bb\":\"x\",\"d\":1}", false},
        {"{\"bb\":\"x\",\"e\":1,\"d\":null}", false},
        {"{\"a\":1,\"bb\":\"x\"}", false},
        {"{\"a\":1,\"d\":null}", false},
        {"{\"bb\":\"\",\"d\":null}", false},
        {"{\"bb\":\"x\",\"d\":null,\"c\":[1,2]}", false},
        {"{\"bb\":\"x\",\"d\":null,\"a\":1.5}", false},
        {"{\"bb\":\"x\",\"d\":null,\"a\":2.0}", true},
        {"{}", false},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        cr_expect_eq(valid(rule, checks[i].instance), checks[i].valid, "%s", checks[i].instance);
}

Test(schema_validate, a_name_may_be_required_twice)
{
    static const char rule[] = "{\"required\":[\"x\",\"y\",\"x\"]}";
    cr_expect(valid(rule, "{\"x\":1,\"y\":1}"));
    cr_expect(valid(rule, "{\"y\":1,\"x\":1}"));
    cr_expect(!valid(rule, "{\"y\":1}"));
}

static error_code limit_of(const char *schema_text, const char *instance_text)
{
    error e = {0};
    value document = json(schema_text);
    value instance = json(instance_text);
    schema *s = schema_new(&document, &e);
    cr_assert(s != NULL, "%s", e.message);
    bool ok = schema_validate(s, machine, &instance, &e);
    schema_free(s);
    return ok ? ERROR_NONE : e.code;
}

Test(schema_validate, endless_work_is_an_error_and_no_answer, .timeout = 60)
{
    static const check checks[] = {
        {"{\"$ref\":\"#\"}", "1", NULL},
        {"{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}},\"$ref\":\"#/$defs/a\"}",
         "1", NULL},
        {"{\"not\":{\"not\":{\"$ref\":\"#\"}}}", "1", NULL},
        {"{\"anyOf\":[{\"$ref\":\"#\"},true]}", "1", NULL},
        {"{\"pattern\":\"^(a+)+$\"}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"", NULL},
        {"{\"not\":{\"pattern\":\"^(a+)+$\"}}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"", NULL},
        {"{\"patternProperties\":{\"^(a+)+$\":{}}}", "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\":1}",
         NULL},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        cr_expect_eq(limit_of(checks[i].schema, checks[i].good), ERROR_LIMIT, "%s", checks[i].schema);
}

/* 2^40 visits without ever being deep. */
Test(schema_validate, wide_work_is_bounded, .timeout = 60)
{
    char text[4096];
    size_t size = (size_t)snprintf(text, sizeof text, "{\"$defs\":{\"0\":{\"type\":\"object\"}");
    for (int i = 1; i <= 40; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 ",\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},{\"$ref\":\"#/$defs/%d\"}]}",
                                 i, i - 1, i - 1);
    snprintf(text + size, sizeof text - size, "},\"$ref\":\"#/$defs/40\"}");
    cr_expect_eq(limit_of(text, "{}"), ERROR_LIMIT);
}

Test(schema_validate, a_limit_does_not_outlive_its_validation)
{
    cr_expect_eq(limit_of("{\"$ref\":\"#\"}", "1"), ERROR_LIMIT);
    cr_expect_eq(limit_of("{\"items\":{\"type\":\"integer\"}}", "[1]"), ERROR_NONE);
}

/* More than one word of marks, and branches that fail after marking. */
Test(schema_validate, evaluated_members_of_large_instances)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    for (int i = 0; i < 200; i++)
        buffer_format(&b, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
    buffer_add(&b, "}", 2);
    static const char by_pattern[] = "{\"anyOf\":[{\"patternProperties\":{\"^k\":{}},\"required\":["
                                     "\"missing\"]},{\"patternProperties\":{\"%s\":{}}}],"
                                     "\"unevaluatedProperties\":false}";
    char text[256];
    snprintf(text, sizeof text, by_pattern, "^k[0-9]+$");
    cr_expect(valid(text, b.bytes));
    snprintf(text, sizeof text, by_pattern, "^k[0-9]{1,2}$");
    cr_expect(!valid(text, b.bytes));
}

Test(schema_validate, only_json_is_an_instance)
{
    error e = {0};
    value document = json("{}");
    value tuple = {.kind = VALUE_TUPLE};
    schema *s = schema_new(&document, &e);
    cr_expect(!schema_validate(s, machine, &tuple, &e));
    cr_expect_eq(e.code, ERROR_INVALID_PAYLOAD);
    schema_free(s);
}

Test(schema_validate, finds_keys_of_every_length)
{
    char schema_text[512];
    char instance_text[128];
    for (size_t length = 0; length <= 40; length++) {
        char key[48];
        memset(key, 'a', sizeof key);
        key[length] = '\0';
        snprintf(schema_text, sizeof schema_text,
                 "{\"properties\":{\"%s\":{\"const\":1}},\"additionalProperties\":false}", key);
        snprintf(instance_text, sizeof instance_text, "{\"%s\":1}", key);
        cr_expect(valid(schema_text, instance_text), "%s", instance_text);
        for (size_t i = 0; i < length; i++) {
            key[i] = 'b';
            snprintf(instance_text, sizeof instance_text, "{\"%s\":1}", key);
            cr_expect(!valid(schema_text, instance_text), "%s", instance_text);
            key[i] = 'a';
        }
    }
}

typedef struct shared {
    const schema *schema;
    const value *good;
    const value *bad;
    bool agreed;
} shared;

static void *validate_often(void *argument)
{
    shared *s = argument;
    validator *own = validator_new();
    s->agreed = own != NULL;
    for (int i = 0; i < 2000 && s->agreed; i++)
        s->agreed =
            schema_validate(s->schema, own, s->good, NULL) && !schema_validate(s->schema, own, s->bad, NULL);
    validator_free(own);
    return NULL;
}

/* One compiled schema, a validator a thread; a data race would show under ThreadSanitizer. */
Test(schema_validate, threads_share_a_schema)
{
    enum { THREADS = 4 };
    error e = {0};
    value document = json("{\"items\":{\"pattern\":\"^a+$\",\"format\":\"hostname\"},\"uniqueItems\":true}");
    value good = json("[\"a\",\"aa\"]");
    value bad = json("[\"a\",\"ab\"]");
    schema *s = schema_new(&document, &e);
    pthread_t threads[THREADS];
    shared runs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        runs[i] = (shared){.schema = s, .good = &good, .bad = &bad};
        cr_assert_eq(pthread_create(&threads[i], NULL, validate_often, &runs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(runs[i].agreed);
    }
    schema_free(s);
}
