#include <criterion/criterion.h>

#include "engine/value/avro.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 1024, 1 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(value_avro_frame, .init = set_up, .fini = tear_down);

static buffer new_buffer(void)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 16);
    return b;
}

Test(value_avro_frame, reads_both_framings)
{
    avro_frame frame;
    cr_assert(avro_frame_read("\xC3\x01\x01\x23\x45\x67\x89\xAB\xCD\xEF", 10, &frame, NULL));
    cr_expect_eq(frame.framing, AVRO_SINGLE_OBJECT);
    cr_expect_eq(frame.schema, UINT64_C(0xEFCDAB8967452301));
    cr_expect_eq(frame.header_size, 10u);
    cr_assert(avro_frame_read("\x00\x01\x02\x03\xF4\x99", 6, &frame, NULL));
    cr_expect_eq(frame.framing, AVRO_CONFLUENT);
    cr_expect_eq(frame.schema, 0x010203F4u);
    cr_expect_eq(frame.header_size, 5u);
    cr_assert(avro_frame_read("\x00\xFF\xFF\xFF\xFF", 5, &frame, NULL));
    cr_expect_eq(frame.schema, 0xFFFFFFFFu, "an id is not negative");
}

Test(value_avro_frame, refuses_what_has_no_header)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"", 0},
        {"\xC3", 1},
        {"\xC3\x01\x01\x02\x03\x04\x05\x06\x07", 9},
        {"\xC3\x02\x01\x02\x03\x04\x05\x06\x07\x08", 10},
        {"\x00\x01\x02\x03", 4},
        {"\x01\x01\x02\x03\x04\x05\x06\x07\x08\x09", 10},
        {"{\"workflow_id\":1}", 17},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        avro_frame frame;
        error e = {0};
        cr_expect_not(avro_frame_read(cases[i].bytes, cases[i].size, &frame, &e), "%zu", i);
        cr_expect_eq(e.code, ERROR_DECODE);
    }
}

Test(value_avro_frame, writes_the_header_that_it_reads)
{
    buffer b = new_buffer();
    avro_write_frame(&b, UINT64_C(0x63dd24e7cc258f8a));
    cr_assert_eq(b.size, 10u);
    cr_expect_eq(memcmp(b.bytes, "\xC3\x01\x8a\x8f\x25\xcc\xe7\x24\xdd\x63", 10), 0);
    avro_frame frame;
    cr_assert(avro_frame_read(b.bytes, b.size, &frame, NULL));
    cr_expect_eq(frame.schema, UINT64_C(0x63dd24e7cc258f8a));
}

Test(value_avro_frame, writes_longs_as_the_specification_shows)
{
    static const struct {
        int64_t n;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x00", 1},
        {-1, "\x01", 1},
        {1, "\x02", 1},
        {-2, "\x03", 1},
        {2, "\x04", 1},
        {-64, "\x7f", 1},
        {64, "\x80\x01", 2},
        {INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
        {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer b = new_buffer();
        avro_write_long(&b, cases[i].n);
        cr_assert_eq(b.size, cases[i].size, "%zu", i);
        cr_expect_eq(memcmp(b.bytes, cases[i].bytes, b.size), 0, "%zu", i);
    }
}

Test(value_avro_frame, writes_strings_with_their_length)
{
    buffer b = new_buffer();
    avro_write_string(&b, "foo", 3);
    avro_write_string(&b, "", 0);
    cr_assert_eq(b.size, 5u);
    cr_expect_eq(memcmp(b.bytes,
                        "\x06"
                        "foo\x00",
                        5),
                 0);
}
