#include <criterion/criterion.h>

#include "worker/records/record_key.h"
#include "worker/shard/keys.h"

#define ID "77fe8e62-387b-5d93-96cc-e6fa17ff24ce"

static arena memory;

static void begin(void)
{
    arena_init(&memory, 256, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(records_key, .init = begin, .fini = end);

static bool read_key(const char *key, partition_name *p, value *id)
{
    return record_key_read(p, id, "g", key, strlen(key));
}

Test(records_key, reads_what_a_worker_writes)
{
    partition_name p;
    value id;
    buffer b;
    buffer_init(&b, &memory, KEY_BYTES_MAX);
    key_write_execution(&b, "a:{b", "my.topic-1_x", INT32_MAX, ID);
    cr_assert(record_key_read(&p, &id, "a:{b", b.bytes, b.size));
    cr_expect(value_is_text(&p.topic, "my.topic-1_x"));
    cr_expect_eq(p.number, INT32_MAX);
    cr_expect(value_is_text(&id, ID));
}

Test(records_key, refuses_every_other_key)
{
    static const char *const keys[] = {
        "",
        "g",
        "g:{",
        "g:{t/0}:execution:" ID "0",
        "g:{t/0}:execution:" ID ":" ID,
        "g:{t/0}:executions:" ID,
        "g:{t/00}:execution:" ID,
        "g:{t/-1}:execution:" ID,
        "g:{t/2147483648}:execution:" ID,
        "g:{t/99999999999}:execution:" ID,
        "g:{t/}:execution:" ID,
        "g:{/0}:execution:" ID,
        "g:{t}:execution:" ID,
        "g:{t t/0}:execution:" ID,
        "gg:{t/0}:execution:" ID,
        "h:{t/0}:execution:" ID,
        "}:execution:" ID,
    };
    partition_name p;
    value id;
    cr_assert(read_key("g:{t/0}:execution:" ID, &p, &id));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_expect_not(read_key(keys[i], &p, &id), "%s", keys[i]);
}

Test(records_key, partitions_sort_by_topic_and_number)
{
    static const char *const sorted[] = {"a/9", "a/10", "a.b/0", "b/0"};
    partition_name names[4];
    for (size_t i = 0; i < 4; i++)
        cr_assert(partition_name_read(&names[i], sorted[i], strlen(sorted[i])));
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            int order = partition_name_compare(&names[i], &names[j]);
            cr_expect_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s and %s", sorted[i], sorted[j]);
        }
}

Test(records_key, a_group_s_name_is_no_glob)
{
    static const char expected[] = "a\\*\\[b\\]\\?\\\\:{*}:execution:*";
    buffer b;
    buffer_init(&b, &memory, KEY_BYTES_MAX);
    record_key_write_pattern(&b, "a*[b]?\\");
    cr_assert_eq(b.size, sizeof expected - 1);
    cr_expect_arr_eq(b.bytes, expected, b.size);
}
