#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/avro.h"

static avro_plan *compile(const char *text)
{
    error e = {0};
    avro_plan *plan = avro_plan_new(text, strlen(text), &e);
    cr_assert_not_null(plan, "%s: %s", text, e.message);
    return plan;
}

static void expect_refused(const char *text, error_code code, const char *message)
{
    error e = {0};
    avro_plan *plan = avro_plan_new(text, strlen(text), &e);
    cr_expect_null(plan, "%s", text);
    cr_expect_eq(e.code, code, "%s: %s", text, error_reason(e.code));
    cr_expect_not_null(strstr(e.message, message), "%s: %s", text, e.message);
    avro_plan_free(plan);
}

/* Fingerprints from fastavro 1.12:
 *   from fastavro.schema import fingerprint, to_parsing_canonical_form as pcf
 *   int.from_bytes(bytes.fromhex(fingerprint(pcf(json.loads(TEXT)), "CRC-64-AVRO")), "little") */
Test(value_avro_plan, makes_the_canonical_form_and_its_fingerprint)
{
    static const struct {
        const char *text;
        const char *canonical;
        uint64_t fingerprint;
    } cases[] = {
        {"\"null\"", "\"null\"", UINT64_C(0x63dd24e7cc258f8a)},
        {"\"string\"", "\"string\"", UINT64_C(0x8f014872634503c7)},
        {"{\"type\":\"int\"}", "\"int\"", UINT64_C(0x7275d51a3f395c8f)},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "\"long\"",
         UINT64_C(0xd054e14493f41db7)},
        {"[ \"null\" , {\"type\":\"string\"} ]", "[\"null\",\"string\"]", UINT64_C(0x9845f21eb77ec49d)},
        {"{\"type\":\"array\",\"items\":{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":9,"
         "\"scale\":2}}",
         "{\"type\":\"array\",\"items\":\"bytes\"}", UINT64_C(0x341d1012c323c00b)},
        {"{\"values\":\"double\",\"type\":\"map\",\"doc\":\"x\"}", "{\"type\":\"map\",\"values\":\"double\"}",
         UINT64_C(0x572192e1302bce17)},
        {"{\"type\":\"fixed\",\"name\":\"md5\",\"namespace\":\"x.y\",\"size\":16,\"aliases\":[\"z\"]}",
         "{\"name\":\"x.y.md5\",\"type\":\"fixed\",\"size\":16}", UINT64_C(0x2cf3170c21127679)},
        {"{\"type\":\"fixed\",\"name\":\"x.y.md5\",\"namespace\":\"ignored\",\"size\":16}",
         "{\"name\":\"x.y.md5\",\"type\":\"fixed\",\"size\":16}", UINT64_C(0x2cf3170c21127679)},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"],\"default\":\"A\",\"doc\":\"d\"}",
         "{\"name\":\"E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}", UINT64_C(0xae10ce05eafd7355)},
        {"{\"type\":\"enum\",\"name\":\"E\",\"namespace\":\"\",\"symbols\":[\"A_1\"]}",
         "{\"name\":\"E\",\"type\":\"enum\",\"symbols\":[\"A_1\"]}", UINT64_C(0x14f06f6f8455e092)},
        {"{\"fields\":[{\"type\":\"boolean\",\"name\":\"a\",\"default\":true,\"order\":\"ignore\",\"doc\":"
         "\"d\"},{\"name\":\"b\",\"type\":[\"null\",\"R\"]}],\"name\":\"R\",\"type\":\"record\"}",
         "{\"name\":\"R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":\"boolean\"},{\"name\":"
         "\"b\",\"type\":[\"null\",\"R\"]}]}",
         UINT64_C(0x65d0acd7201234eb)},
        {"{\"type\":\"record\",\"name\":\"Outer\",\"namespace\":\"n\",\"fields\":[{\"name\":\"in\",\"type\":{"
         "\"type\":\"record\",\"name\":\"m.In\",\"fields\":[{\"name\":\"e\",\"type\":{\"type\":\"enum\","
         "\"name\":\"E\",\"symbols\":[\"X\"]}},{\"name\":\"f\",\"type\":\"E\"},{\"name\":\"o\",\"type\":["
         "\"null\",\"n.Outer\"]}]}},{\"name\":\"again\",\"type\":\"m.In\"}]}",
         "{\"name\":\"n.Outer\",\"type\":\"record\",\"fields\":[{\"name\":\"in\",\"type\":{\"name\":\"m.In\","
         "\"type\":\"record\",\"fields\":[{\"name\":\"e\",\"type\":{\"name\":\"m.E\",\"type\":\"enum\","
         "\"symbols\":[\"X\"]}},{\"name\":\"f\",\"type\":\"m.E\"},{\"name\":\"o\",\"type\":[\"null\",\"n."
         "Outer\"]}]}},{\"name\":\"again\",\"type\":\"m.In\"}]}",
         UINT64_C(0xe40bde74670c628d)},
        {"{\"type\":\"record\",\"name\":\"Esc\\u0061ped\",\"fields\":[{\"name\":\"\\u0066\",\"type\":"
         "\"str\\u0069ng\"}]}",
         "{\"name\":\"Escaped\",\"type\":\"record\",\"fields\":[{\"name\":\"f\",\"type\":\"string\"}]}",
         UINT64_C(0xc238347ca98269fc)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        avro_plan *plan = compile(cases[i].text);
        cr_expect_str_eq(avro_plan_canonical(plan), cases[i].canonical);
        cr_expect_eq(avro_plan_fingerprint(plan), cases[i].fingerprint, "%s: %016" PRIx64, cases[i].text,
                     avro_plan_fingerprint(plan));
        avro_plan_free(plan);
    }
}

Test(value_avro_plan, has_the_fingerprints_of_avros_own_test_data)
{
    /* share/test/data/schema-tests.txt */
    avro_plan *plan = compile("\"null\"");
    cr_expect_eq(avro_plan_fingerprint(plan), UINT64_C(7195948357588979594));
    avro_plan_free(plan);
    plan = compile("{\"type\":\"boolean\"}");
    cr_expect_eq((int64_t)avro_plan_fingerprint(plan), INT64_C(-6970731678124411036));
    avro_plan_free(plan);
}

Test(value_avro_plan, the_canonical_form_is_its_own)
{
    avro_plan *plan = compile("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":["
                              "{\"name\":\"next\",\"type\":[\"null\",\"R\"]},"
                              "{\"name\":\"f\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}},"
                              "{\"name\":\"g\",\"type\":{\"type\":\"map\",\"values\":\"F\"}}]}");
    avro_plan *again = compile(avro_plan_canonical(plan));
    cr_expect_str_eq(avro_plan_canonical(plan), avro_plan_canonical(again));
    cr_expect_eq(avro_plan_fingerprint(plan), avro_plan_fingerprint(again));
    avro_plan_free(plan);
    avro_plan_free(again);
}

Test(value_avro_plan, refuses_what_is_no_schema)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "JSON"},
        {"{", "expected a string"},
        {"1", "neither a name"},
        {"{}", "a type has no name"},
        {"\"strng\"", "strng is no type"},
        {"\"a b\"", "not valid"},
        {"\"a..b\"", "not valid"},
        {"[]", "no branches"},
        {"[\"int\",\"int\"]", "two branches"},
        {"[\"int\",{\"type\":\"int\",\"logicalType\":\"date\"}]", "two branches"},
        {"[[\"int\"]]", "right inside"},
        {"[{\"type\":\"map\",\"values\":\"int\"},{\"type\":\"map\",\"values\":\"long\"}]", "two branches"},
        {"{\"type\":\"array\"}", "no items"},
        {"{\"type\":\"map\"}", "no values"},
        {"{\"type\":\"record\",\"fields\":[]}", "no valid name"},
        {"{\"type\":\"record\",\"name\":\"1a\",\"fields\":[]}", "no valid name"},
        {"{\"type\":\"record\",\"name\":\"a.\",\"fields\":[]}", "no valid name"},
        {"{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a b\",\"fields\":[]}", "namespace"},
        {"{\"type\":\"record\",\"name\":\"R\"}", "R has no list of fields"},
        {"{\"type\":\"record\",\"name\":\"x.int\",\"fields\":[]}", "primitive"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[\"a\"]}", "no valid name"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}", "no valid name"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a-b\",\"type\":\"int\"}]}",
         "no valid name"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}", "R.a: it has no type"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"S\"}]}",
         "R.a: S is no type"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
         "{\"name\":\"a\",\"type\":\"int\"}]}",
         "a stands twice"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":"
         "{\"type\":\"fixed\",\"name\":\"R\",\"size\":1}}]}",
         "R is defined twice"},
        {"{\"type\":\"enum\",\"name\":\"E\"}", "E has no list of symbols"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", "E has no symbols"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}", "A stands twice"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A B\"]}", "no valid name"},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[{\"name\":\"A\"}]}", "no valid name"},
        {"{\"type\":\"fixed\",\"name\":\"F\"}", "F has no valid size"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "F has no valid size"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":1.5}", "F has no valid size"},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":9223372036854775807}", "F has no valid size"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].text, ERROR_INVALID_SCHEMA, cases[i].message);
}

Test(value_avro_plan, names_the_innermost_field)
{
    expect_refused(
        "{\"type\":\"record\",\"name\":\"Outer\",\"namespace\":\"n\",\"fields\":[{\"name\":\"o\",\"type\":"
        "{\"type\":\"record\",\"name\":\"Inner\",\"fields\":[{\"name\":\"i\",\"type\":\"no\"}]}}]}",
        ERROR_INVALID_SCHEMA, "n.Inner.i: n.no is no type that is known here");
}

/* Arrays around arrays. */
static char *nested_arrays(int depth)
{
    char *text = malloc((size_t)depth * 32 + 8);
    size_t size = 0;
    for (int i = 0; i < depth; i++)
        size += (size_t)sprintf(text + size, "{\"type\":\"array\",\"items\":");
    size += (size_t)sprintf(text + size, "\"int\"");
    for (int i = 0; i < depth; i++)
        text[size++] = '}';
    text[size] = '\0';
    return text;
}

Test(value_avro_plan, bounds_nesting)
{
    char *allowed = nested_arrays(LIMIT_AVRO_SCHEMA_DEPTH - 1);
    avro_plan_free(compile(allowed));
    free(allowed);
    char *refused = nested_arrays(LIMIT_AVRO_SCHEMA_DEPTH);
    expect_refused(refused, ERROR_LIMIT, "nested too deeply");
    free(refused);
}

static char *record_of_ints(int fields)
{
    char *text = malloc((size_t)fields * 40 + 64);
    size_t size = (size_t)sprintf(text, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[");
    for (int i = 0; i < fields; i++)
        size += (size_t)sprintf(text + size, "%s{\"name\":\"f%d\",\"type\":\"int\"}", i == 0 ? "" : ",", i);
    sprintf(text + size, "]}");
    return text;
}

Test(value_avro_plan, bounds_the_number_of_types)
{
    char *allowed = record_of_ints(LIMIT_AVRO_SCHEMA_NODES - 1);
    avro_plan_free(compile(allowed));
    free(allowed);
    char *refused = record_of_ints(LIMIT_AVRO_SCHEMA_NODES);
    expect_refused(refused, ERROR_LIMIT, "too many types");
    free(refused);
}

Test(value_avro_plan, bounds_the_text)
{
    size_t size = LIMIT_AVRO_SCHEMA_BYTES + 1;
    char *text = malloc(size);
    memset(text, ' ', size);
    memcpy(text, "\"int\"", 5);
    error e = {0};
    avro_plan *plan = avro_plan_new(text, size - 1, &e);
    cr_expect_not_null(plan, "%s", e.message);
    avro_plan_free(plan);
    cr_expect_null(avro_plan_new(text, size, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    free(text);
}

Test(value_avro_plan, needs_no_place_for_its_error)
{
    cr_expect_null(avro_plan_new("{", 1, NULL));
    cr_expect_null(avro_plan_new("\"no\"", 4, NULL));
    avro_plan_free(NULL);
}
