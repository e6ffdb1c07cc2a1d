#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/avro.h"
#include "engine/value/json.h"

static arena memory;
static avro_plan *plan;

static void set_up(void)
{
    arena_init(&memory, 1024, LIMIT_TRIGGER_DECODED_BYTES);
}

static void tear_down(void)
{
    avro_plan_free(plan);
    arena_free(&memory);
}

TestSuite(value_avro_reader, .init = set_up, .fini = tear_down);

static void compile(const char *schema)
{
    error e = {0};
    avro_plan_free(plan);
    plan = avro_plan_new(schema, strlen(schema), &e);
    cr_assert_not_null(plan, "%s: %s", schema, e.message);
}

/* The decoded value as JSON, or the reason of its refusal. */
static const char *decode(const char *bytes, size_t size)
{
    value v;
    error e = {0};
    if (!avro_decode(plan, &memory, bytes, size, &v, &e)) {
        cr_assert_leq(e.position, size);
        return error_reason(e.code);
    }
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, &v);
    buffer_add_byte(&b, '\0');
    cr_assert_not(b.failed);
    return b.bytes;
}

typedef struct decode_case {
    const char *schema;
    const char *bytes;
    size_t size;
    const char *json;
} decode_case;

/* A string literal as bytes and their count. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static void check(const decode_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        compile(cases[i].schema);
        cr_expect_str_eq(decode(cases[i].bytes, cases[i].size), cases[i].json, "%zu, %s: %s", i,
                         cases[i].schema, decode(cases[i].bytes, cases[i].size));
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static const char refused[] = "decode_failed";
static const char limited[] = "limit_exceeded";

Test(value_avro_reader, reads_the_examples_of_the_specification)
{
    static const decode_case cases[] = {
        {"\"string\"", BYTES("\x06\x66\x6f\x6f"), "\"foo\""},
        {"{\"type\":\"record\",\"name\":\"test\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"},"
         "{\"name\":\"b\",\"type\":\"string\"}]}",
         BYTES("\x36\x06\x66\x6f\x6f"), "{\"a\":27,\"b\":\"foo\"}"},
        {"{\"type\":\"enum\",\"name\":\"Foo\",\"symbols\":[\"A\",\"B\",\"C\",\"D\"]}", BYTES("\x06"),
         "\"D\""},
        {"{\"type\":\"array\",\"items\":\"long\"}", BYTES("\x04\x06\x36\x00"), "[3,27]"},
        {"[\"null\",\"string\"]", BYTES("\x00"), "null"},
        {"[\"null\",\"string\"]", BYTES("\x02\x02\x61"), "\"a\""},
    };
    CHECK(cases);
}

Test(value_avro_reader, reads_every_type)
{
    static const decode_case cases[] = {
        {"\"null\"", BYTES(""), "null"},
        {"\"boolean\"", BYTES("\x00"), "false"},
        {"\"boolean\"", BYTES("\x01"), "true"},
        {"\"int\"", BYTES("\xff\xff\xff\xff\x0f"), "-2147483648"},
        {"\"int\"", BYTES("\xfe\xff\xff\xff\x0f"), "2147483647"},
        {"\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "-9223372036854775808"},
        {"\"long\"", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "9223372036854775807"},
        {"\"long\"", BYTES("\x82\x80\x80\x00"), "1"}, /* longer than it must be, as some writers pad */
        {"\"float\"", BYTES("\xcd\xcc\xcc\x3d"), "0.10000000149011612"},
        {"\"double\"", BYTES("\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "0.1"},
        {"\"double\"", BYTES("\x00\x00\x00\x00\x00\x00\x00\x80"), "-0.0"},
        {"\"bytes\"", BYTES("\x06\xff\xfe\xfd"), "\"//79\""},
        {"\"bytes\"", BYTES("\x00"), "\"\""},
        {"\"string\"", BYTES("\x00"), "\"\""},
        {"\"string\"", BYTES("\x08\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\""},
        {"\"string\"", BYTES("\x02\x00"), "\"\\u0000\""},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", BYTES("foo"), "\"Zm9v\""},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}", BYTES(""), "\"\""},
        {"{\"type\":\"array\",\"items\":\"long\"}", BYTES("\x00"), "[]"},
        {"{\"type\":\"array\",\"items\":\"int\"}", BYTES("\x02\x02\x04\x04\x06\x00"), "[1,2,3]"},
        {"{\"type\":\"array\",\"items\":\"int\"}", BYTES("\x03\x04\x02\x04\x02\x06\x00"), "[1,2,3]"},
        {"{\"type\":\"map\",\"values\":\"int\"}", BYTES("\x00"), "{}"},
        {"{\"type\":\"map\",\"values\":\"int\"}", BYTES("\x04\x02\x61\x02\x02\x62\x04\x00"),
         "{\"a\":1,\"b\":2}"},
        {"{\"type\":\"map\",\"values\":\"int\"}", BYTES("\x01\x06\x02\x61\x02\x00"), "{\"a\":1}"},
        {"{\"type\":\"map\",\"values\":\"int\"}", BYTES("\x04\x02\x61\x02\x02\x61\x04\x00"), "{\"a\":2}"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}", BYTES(""), "{}"},
        {"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"v\",\"type\":\"int\"},"
         "{\"name\":\"next\",\"type\":[\"null\",\"R\"]}]}",
         BYTES("\x02\x02\x04\x00"), "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}"},
    };
    CHECK(cases);
}

Test(value_avro_reader, shows_logical_types)
{
    /* The texts are those of pydantic's JSON mode. */
    static const decode_case cases[] = {
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", BYTES("\xda\xc4\x02"), "\"2026-11-24\""},
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", BYTES("\x01"), "\"1969-12-31\""},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", BYTES("\x02"), "\"00:00:00.001000\""},
        {"{\"type\":\"long\",\"logicalType\":\"time-micros\"}", BYTES("\x02"), "\"00:00:00.000001\""},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", BYTES("\xd0\x0f"),
         "\"1970-01-01T00:00:01Z\""},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", BYTES("\x01"),
         "\"1969-12-31T23:59:59.999000Z\""},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", BYTES("\x02"),
         "\"1970-01-01T00:00:00.000001Z\""},
        {"{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}", BYTES("\x00"),
         "\"1970-01-01T00:00:00\""},
        {"{\"type\":\"long\",\"logicalType\":\"local-timestamp-micros\"}", BYTES("\x02"),
         "\"1970-01-01T00:00:00.000001\""},
        {"{\"type\":\"string\",\"logicalType\":\"uuid\"}", BYTES("\x02\x61"), "\"a\""},
        {"{\"type\":\"fixed\",\"name\":\"U\",\"size\":16,\"logicalType\":\"uuid\"}",
         BYTES("\x77\xfe\x8e\x62\x38\x7b\x5d\x93\x96\xcc\xe6\xfa\x17\xff\x24\xce"),
         "\"77fe8e62-387b-5d93-96cc-e6fa17ff24ce\""},
    };
    CHECK(cases);
}

Test(value_avro_reader, ignores_a_logical_type_that_does_not_fit)
{
    static const decode_case cases[] = {
        {"{\"type\":\"string\",\"logicalType\":\"date\"}", BYTES("\x02\x61"), "\"a\""},
        {"{\"type\":\"long\",\"logicalType\":\"date\"}", BYTES("\x02"), "1"},
        {"{\"type\":\"int\",\"logicalType\":\"whatever\"}", BYTES("\x02"), "1"},
        {"{\"type\":\"int\",\"logicalType\":7}", BYTES("\x02"), "1"},
        {"{\"type\":\"fixed\",\"name\":\"U\",\"size\":2,\"logicalType\":\"uuid\"}", BYTES("fo"), "\"Zm8=\""},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\"}", BYTES("\x02\x61"), "\"YQ==\""},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":3}", BYTES("\x02\x61"),
         "\"YQ==\""},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":0}", BYTES("\x02\x61"), "\"YQ==\""},
        {"{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":2,\"scale\":-1}", BYTES("\x02\x61"),
         "\"YQ==\""},
        {"{\"type\":\"fixed\",\"name\":\"D\",\"size\":1,\"logicalType\":\"decimal\",\"precision\":3}",
         BYTES("a"), "\"YQ==\""},
        {"{\"type\":\"fixed\",\"name\":\"D\",\"size\":1,\"logicalType\":\"decimal\",\"precision\":2}",
         BYTES("a"), "\"97\""},
    };
    CHECK(cases);
}

#define DECIMAL(scale) \
    "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":40,\"scale\":" #scale "}"

Test(value_avro_reader, shows_decimals_exactly)
{
    /* str(Decimal(int.from_bytes(bytes, "big", signed=True)).scaleb(-scale)) of Python */
    static const decode_case cases[] = {
        {DECIMAL(0), BYTES("\x00"), "\"0\""},
        {DECIMAL(2), BYTES("\x00"), "\"0.00\""},
        {DECIMAL(2), BYTES("\x02\x00"), "\"0.00\""},
        {DECIMAL(2), BYTES("\x04\x04\xd2"), "\"12.34\""},
        {DECIMAL(2), BYTES("\x04\xfb\x2e"), "\"-12.34\""},
        {DECIMAL(2), BYTES("\x02\x05"), "\"0.05\""},
        {DECIMAL(2), BYTES("\x02\xff"), "\"-0.01\""},
        {DECIMAL(0), BYTES("\x02\x80"), "\"-128\""},
        {DECIMAL(0), BYTES("\x04\x00\x80"), "\"128\""},
        {DECIMAL(0), BYTES("\x08\x80\x00\x00\x00"), "\"-2147483648\""},
        {DECIMAL(0), BYTES("\x0a\xff\x00\x00\x00\x00"), "\"-4294967296\""},
        {DECIMAL(0), BYTES("\x08\x3b\x9a\xca\x00"), "\"1000000000\""},
        {DECIMAL(6), BYTES("\x02\x01"), "\"0.000001\""},
        {DECIMAL(7), BYTES("\x02\x01"), "\"1E-7\""},
        {DECIMAL(7), BYTES("\x02\x0c"), "\"0.0000012\""},
        {DECIMAL(9), BYTES("\x04\x04\xd2"), "\"0.000001234\""},
        {DECIMAL(10), BYTES("\x04\x04\xd2"), "\"1.234E-7\""},
        {DECIMAL(10), BYTES("\x00"), "\"0E-10\""},
        {DECIMAL(10), BYTES("\x10\x80\x00\x00\x00\x00\x00\x00\x00"), "\"-922337203.6854775808\""},
        {DECIMAL(0), BYTES("\x22\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
         "\"340282366920938463463374607431768211456\""},
        {DECIMAL(38), BYTES("\x22\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
         "\"-3.40282366920938463463374607431768211456\""},
    };
    CHECK(cases);
}

Test(value_avro_reader, bounds_decimals)
{
    char bytes[2 + LIMIT_AVRO_DECIMAL_BYTES + 1];
    memset(bytes, 0xFF, sizeof bytes);
    compile(DECIMAL(0));
    memcpy(bytes, "\x80\x04", 2); /* 256 */
    cr_expect_str_eq(decode(bytes, 2 + 256), "\"-1\"");
    bytes[2] = (char)0x80;
    cr_expect_eq(strlen(decode(bytes, 2 + 256)), 617u + 3, "2 ** 2047 has 617 digits");
    memcpy(bytes, "\x82\x04", 2);
    cr_expect_str_eq(decode(bytes, 2 + 257), limited);
}

Test(value_avro_reader, shows_durations)
{
#define DURATION "{\"type\":\"fixed\",\"name\":\"D\",\"size\":12,\"logicalType\":\"duration\"}"
    static const decode_case cases[] = {
        {DURATION, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), "\"PT0S\""},
        {DURATION, BYTES("\x03\0\0\0\x04\0\0\0\x8e\x13\0\0"), "\"P3M4DT5.006S\""},
        {DURATION, BYTES("\0\0\0\0\x04\0\0\0\0\0\0\0"), "\"P4D\""},
        {DURATION, BYTES("\xff\xff\xff\xff\0\0\0\0\xe8\x03\0\0"), "\"P4294967295MT1S\""},
    };
    CHECK(cases);
}

Test(value_avro_reader, refuses_bytes_that_are_no_value)
{
    static const decode_case cases[] = {
        {"\"null\"", BYTES("\x00"), refused},
        {"\"boolean\"", BYTES("\x02"), refused},
        {"\"boolean\"", BYTES("\x01\x00"), refused},
        {"\"int\"", BYTES("\x80\x80\x80\x80\x10"), refused}, /* 2^31 */
        {"\"int\"", BYTES("\x81\x80\x80\x80\x10"), refused}, /* -2^31 - 1 */
        {"\"long\"", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), refused},
        {"\"long\"", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), refused},
        {"\"float\"", BYTES("\x00\x00\xc0\x7f"), refused},
        {"\"float\"", BYTES("\x00\x00\x80\xff"), refused},
        {"\"double\"", BYTES("\x00\x00\x00\x00\x00\x00\xf8\x7f"), refused},
        {"\"double\"", BYTES("\x00\x00\x00\x00\x00\x00\xf0\x7f"), refused},
        {"\"string\"", BYTES("\x01"), refused},
        {"\"string\"", BYTES("\x04\x61"), refused},
        {"\"string\"", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), refused},
        {"\"string\"", BYTES("\x02\xff"), refused},
        {"\"string\"", BYTES("\x06\xed\xa0\x80"), refused},
        {"\"string\"", BYTES("\x04\xc0\x80"), refused},
        {"\"bytes\"", BYTES("\x01"), refused},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", BYTES("\x02"), refused},
        {"{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", BYTES("\x01"), refused},
        {"[\"null\",\"int\"]", BYTES("\x04"), refused},
        {"[\"null\",\"int\"]", BYTES("\x01"), refused},
        {"{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", BYTES("fo"), refused},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", BYTES("\x01"), refused},
        {"{\"type\":\"int\",\"logicalType\":\"time-millis\"}", BYTES("\x80\xf0\xb2\x52"),
         refused}, /* 24:00 */
        {"{\"type\":\"int\",\"logicalType\":\"date\"}", BYTES("\xfe\xff\xff\xff\x0f"), refused},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}",
         BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), refused},
        {"{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}",
         BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), refused},
    };
    CHECK(cases);
}

Test(value_avro_reader, refuses_blocks_that_do_not_hold)
{
#define INTS "{\"type\":\"array\",\"items\":\"int\"}"
#define MAP "{\"type\":\"map\",\"values\":\"int\"}"
    static const decode_case cases[] = {
        {INTS, BYTES(""), refused},
        {INTS, BYTES("\x02\x02"), refused},     /* no end */
        {INTS, BYTES("\x06\x02\x02"), refused}, /* more items than bytes */
        {INTS, BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), refused},
        {INTS, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x02\x00"), refused}, /* -2^63 items */
        {INTS, BYTES("\x01\x04\x02\x00"), refused},     /* the block is shorter than its size */
        {INTS, BYTES("\x03\x02\x02\x02\x00"), refused}, /* or longer */
        {INTS, BYTES("\x01\x01\x02\x00"), refused},     /* a negative size */
        {INTS, BYTES("\x01\x40\x02\x00"), refused},     /* a size beyond the end */
        {MAP, BYTES("\x02\x02\x61"), refused},
        {MAP, BYTES("\x08\x02\x61\x02\x00\x02\x00"), refused}, /* an entry takes at least two bytes */
        {MAP, BYTES("\x02\x02\xff\x02\x00"), refused},
        {"{\"type\":\"array\",\"items\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":9}}",
         BYTES("\x04 123456789 12345678"), refused},
    };
    CHECK(cases);
}

Test(value_avro_reader, takes_no_memory_for_items_that_cannot_be_there)
{
    /* 50 items of at least 3 bytes in 60 bytes. */
    char bytes[61] = "\x64";
    compile("{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":[\"int\",\"string\"]}]}}");
    cr_expect_str_eq(decode(bytes, sizeof bytes), refused);
    cr_expect_eq(memory.used_bytes, 0u);
    compile("{\"type\":\"map\",\"values\":[\"int\",\"string\"]}");
    cr_expect_str_eq(decode(bytes, sizeof bytes), refused);
    cr_expect_eq(memory.used_bytes, 0u);
}

Test(value_avro_reader, bounds_items_that_take_no_byte)
{
    static const decode_case cases[] = {
        {"{\"type\":\"array\",\"items\":\"null\"}", BYTES("\x82\x40\x00"), limited},     /* 4097 */
        {"{\"type\":\"array\",\"items\":\"null\"}", BYTES("\x80\x40\x02\x00"), limited}, /* 4096 + 1 */
        {"{\"type\":\"array\",\"items\":\"null\"}", BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
         limited},
        {"{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}}",
         BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), limited},
        {"{\"type\":\"array\",\"items\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}}",
         BYTES("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"), limited},
        {"{\"type\":\"array\",\"items\":\"null\"}", BYTES("\x06\x00"), "[null,null,null]"},
    };
    CHECK(cases);
    compile("{\"type\":\"array\",\"items\":\"null\"}");
    value v;
    cr_assert(avro_decode(plan, &memory, "\x80\x40", 2 + 1, &v, NULL), "4096 nulls are allowed");
    cr_expect_eq(v.count, LIMIT_AVRO_EMPTY_ITEMS);
}

Test(value_avro_reader, bounds_nesting)
{
    /* A list in which every item is a list, or null. */
    compile("{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"N\"]}]}");
    char bytes[LIMIT_VALUE_DEPTH + 1];
    memset(bytes, 2, sizeof bytes);
    bytes[LIMIT_VALUE_DEPTH - 1] = 0;
    value v;
    cr_expect(avro_decode(plan, &memory, bytes, LIMIT_VALUE_DEPTH, &v, NULL));
    memset(bytes, 2, sizeof bytes);
    bytes[LIMIT_VALUE_DEPTH] = 0;
    error e = {0};
    cr_expect_not(avro_decode(plan, &memory, bytes, sizeof bytes, &v, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    compile("{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":\"N\"}]}");
    cr_expect_str_eq(decode("", 0), limited, "no data holds a record that holds itself");
}

Test(value_avro_reader, bounds_memory_by_the_arena)
{
    /* Two records in each record, forty deep: 2^40 of them, and not a byte of data. */
    char schema[8192];
    size_t size = 0;
    for (int i = 0; i < 40; i++)
        size += (size_t)sprintf(
            schema + size, "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\",\"type\":", i);
    size += (size_t)sprintf(schema + size, "\"null\"},{\"name\":\"b\",\"type\":\"null\"}]}");
    for (int i = 39; i > 0; i--)
        size += (size_t)sprintf(schema + size, "},{\"name\":\"b\",\"type\":\"R%d\"}]}", i);
    compile(schema);
    cr_expect_str_eq(decode("", 0), limited);
}

Test(value_avro_reader, indexes_records_of_many_fields)
{
    char schema[4096] = "{\"type\":\"record\",\"name\":\"R\",\"fields\":[";
    char bytes[100];
    for (int i = 0; i < 100; i++) {
        sprintf(schema + strlen(schema), "%s{\"name\":\"f%d\",\"type\":\"int\"}", i == 0 ? "" : ",", i);
        bytes[i] = (char)(i >= 64 ? 0 : 2 * i);
    }
    strcat(schema, "]}");
    compile(schema);
    value first, second;
    cr_assert(avro_decode(plan, &memory, bytes, sizeof bytes, &first, NULL));
    memset(bytes, 0, sizeof bytes);
    cr_assert(avro_decode(plan, &memory, bytes, sizeof bytes, &second, NULL));
    cr_expect(first.flags & VALUE_INDEXED);
    for (int i = 0; i < 100; i++) {
        char name[16];
        sprintf(name, "f%d", i);
        cr_assert_not_null(value_field(&first, name));
        cr_expect_eq(value_field(&first, name)->integer, i >= 64 ? 0 : i);
        cr_expect_eq(value_field(&second, name)->integer, 0, "records share keys, never values");
    }
    cr_expect_null(value_field(&first, "f100"));
}

Test(value_avro_reader, says_where_it_failed_and_never_what)
{
    compile("{\"type\":\"record\",\"name\":\"T\",\"namespace\":\"n\",\"fields\":[{\"name\":\"data\",\"type\":"
            "{\"type\":\"record\",\"name\":\"D\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"},"
            "{\"name\":\"text\",\"type\":\"string\"}]}}]}");
    value v;
    error e = {0};
    cr_expect_not(avro_decode(plan, &memory, "\x02\x0esecre\xFFt", 9, &v, &e));
    cr_expect_str_eq(e.message, "n.D.text: a string is not UTF-8");
    cr_expect_eq(e.position, 9u);
}

Test(value_avro_reader, strings_borrow_from_the_bytes)
{
    static const char bytes[] = "\x06"
                                "foo";
    compile("\"string\"");
    value v;
    cr_assert(avro_decode(plan, &memory, bytes, 4, &v, NULL));
    cr_expect_eq(v.text, bytes + 1);
    cr_expect(v.flags & VALUE_ASCII);
    cr_expect_eq(memory.used_bytes, 0u);
}

/* The text behind a length of one byte, or, as some writers pad, of three. */
static bool decode_text(const char *text, size_t size, bool padded, value *v)
{
    char *bytes = arena_alloc(&memory, size + 3);
    size_t head = padded ? 3 : 0;
    if (padded)
        memcpy(bytes, (const char[]){(char)(0x80 | (size * 2 & 0x7F)), (char)(0x80 | size >> 6), 0}, 3);
    else
        for (size_t rest = size * 2; head == 0 || rest > 0; rest >>= 7)
            bytes[head++] = (char)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
    if (size > 0)
        memcpy(bytes + head, text, size);
    return avro_decode(plan, &memory, bytes, head + size, v, NULL);
}

Test(value_avro_reader, reads_texts_of_every_size_in_both_ways)
{
    compile("\"string\"");
    for (size_t size = 0; size <= 140; size++) {
        for (size_t odd = 0; odd <= size; odd++) { /* at `size` there is none */
            for (int kind = 0; kind < 2; kind++) {
                static const char *const two_bytes[] = {"\xC3\xA9", "\xC3\x28"}; /* valid, and not */
                char text[142];
                value fast, slow;
                memset(text, 'a', sizeof text);
                if (odd + 1 < size)
                    memcpy(text + odd, two_bytes[kind], 2);
                else if (odd < size)
                    text[odd] = '\x80';
                bool valid = odd >= size || (odd + 1 < size && kind == 0);
                cr_assert_eq(decode_text(text, size, false, &fast), valid, "%zu, %zu", size, odd);
                cr_assert_eq(decode_text(text, size, true, &slow), valid, "%zu, %zu", size, odd);
                if (!valid)
                    continue;
                cr_assert(fast.count == size);
                cr_assert(value_same_text(&fast, &slow) && memcmp(fast.text, text, size) == 0);
                cr_assert_eq(fast.flags, odd >= size ? VALUE_ASCII : 0, "%zu, %zu", size, odd);
                cr_assert_eq(slow.flags, fast.flags);
            }
        }
    }
}

Test(value_avro_reader, reads_no_text_beyond_its_data)
{
    compile("\"string\"");
    for (size_t size = 1; size <= 70; size++) {
        char bytes[2 + 70] = {0};
        size_t head = size < 64 ? 1 : 2;
        bytes[0] = (char)(size * 2 & 0x7F);
        if (head == 2)
            memcpy(bytes, (const char[]){(char)(bytes[0] | 0x80), (char)(size * 2 >> 7)}, 2);
        for (size_t there = 0; there <= size; there++) {
            char *exact = malloc(head + there); /* the sanitizer sees a byte too far */
            memcpy(exact, bytes, head + there);
            value v;
            error e = {0};
            cr_expect_eq(avro_decode(plan, &memory, exact, head + there, &v, &e), there == size);
            cr_expect(there == size || e.position == head);
            free(exact);
        }
    }
}

Test(value_avro_reader, reads_unions_of_many_branches)
{
    char schema[8192] = "[\"null\"";
    for (int i = 1; i < 70; i++)
        snprintf(schema + strlen(schema), sizeof schema - strlen(schema),
                 ",{\"type\":\"enum\",\"name\":\"E%d\",\"symbols\":[\"S%d\"]}", i, i);
    snprintf(schema + strlen(schema), sizeof schema - strlen(schema), "]");
    compile(schema);
    for (int i = 0; i < 80; i++) {
        char expected[16] = "null";
        char bytes[3] = {(char)(0x80 | (i * 2 & 0x7F)), (char)(i * 2 >> 7), 0};
        char small[2] = {(char)(i * 2), 0};
        if (i > 0)
            snprintf(expected, sizeof expected, "\"S%d\"", i);
        const char *answer = i < 70 ? expected : refused;
        size_t tail = i == 0 ? 0 : 1; /* null takes no byte */
        cr_expect_str_eq(decode(bytes, 2 + tail), answer, "%d", i);
        if (i < 64)
            cr_expect_str_eq(decode(small, 1 + tail), answer, "%d", i);
    }
    cr_expect_str_eq(decode("\x01", 1), refused); /* -1 */
}

Test(value_avro_reader, nothing_is_a_value_of_a_type_that_takes_no_byte)
{
    compile("\"null\"");
    cr_expect_str_eq(decode(NULL, 0), "null");
    compile("\"string\"");
    cr_expect_str_eq(decode(NULL, 0), refused);
}
