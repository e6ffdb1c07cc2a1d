#include <criterion/criterion.h>
#include <stdio.h>

#include "worker/shard/execution_key.h"
#include "worker/shard/keys.h"
#include "worker/shard/resp.h"

static config settings;
static const char *topics[] = {"orders", "t"};
static arena memory;

static void begin(void)
{
    settings.group = "notifications";
    settings.triggers.items = topics;
    settings.triggers.count = 2;
    arena_init(&memory, 1024, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(shard_execution_key, .init = begin, .fini = end);

static identity id_of(int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    value workflow = value_cstring("w"), trigger = value_cstring(text);
    origin from = {0};
    return identity_of_execution(&workflow, &trigger, &from);
}

static void write_get(buffer *b, uint32_t topic, int32_t partition, const identity *id)
{
    buffer key;
    buffer_init(&key, &memory, KEY_BYTES_MAX);
    key_write_execution(&key, settings.group, topics[topic], partition, id->text);
    RESP_COMMAND(b, resp_text("GET"), resp_bytes(key.bytes, key.size));
}

Test(shard_execution_key, is_what_a_command_has_for_any_partition_in_any_order)
{
    static const struct {
        uint32_t topic;
        int32_t partition;
    } places[] = {{0, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 1}, {0, 1}, {0, 100000}, {1, 7}, {0, 0}};
    static const char get[] = "*2\r\n$3\r\nGET\r\n";
    execution_key key;
    execution_key_init(&key, &settings);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        buffer expected, got;
        identity id = id_of((int)i);
        buffer_init(&expected, &memory, 1024);
        buffer_init(&got, &memory, 1024);
        write_get(&expected, places[i].topic, places[i].partition, &id);
        execution_key_write(&key, &got, get, sizeof get - 1, places[i].topic, places[i].partition, &id);
        cr_assert_not(got.failed);
        cr_assert_eq(got.size, expected.size);
        cr_expect_arr_eq(got.bytes, expected.bytes, got.size, "place %zu", i);
    }
    execution_key_free(&key);
}

Test(shard_execution_key, fails_where_there_is_no_room)
{
    execution_key key;
    buffer b;
    identity id = id_of(1);
    execution_key_init(&key, &settings);
    buffer_init(&b, &memory, 40);
    execution_key_write(&key, &b, "", 0, 0, 0, &id);
    cr_expect(b.failed);
    execution_key_free(&key);
}

Test(shard_execution_key, fails_where_the_name_is_too_long)
{
    static char group[KEY_BYTES_MAX + 1];
    execution_key key;
    buffer b;
    identity id = id_of(1);
    memset(group, 'g', KEY_BYTES_MAX);
    settings.group = group;
    execution_key_init(&key, &settings);
    for (int i = 0; i < 2; i++) {
        buffer_init(&b, &memory, 4096);
        execution_key_write(&key, &b, "", 0, 0, 0, &id);
        cr_expect(b.failed, "time %d", i);
    }
    execution_key_free(&key);
}
