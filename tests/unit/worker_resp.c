#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>

#include "worker/shard/resp.h"

static arena memory;

static void begin(void)
{
    arena_init(&memory, 256, 1 << 20);
}

static void end(void)
{
    arena_free(&memory);
}

TestSuite(worker_resp, .init = begin, .fini = end);

Test(worker_resp, writes_texts_bytes_and_integers)
{
    buffer b;
    buffer_init(&b, &memory, 1024);
    RESP_COMMAND(&b, resp_text("SET"), resp_bytes("k\0y", 3), resp_text(""), resp_text("PX"),
                 resp_int(86400));
    const char expected[] = "*5\r\n$3\r\nSET\r\n$3\r\nk\0y\r\n$0\r\n\r\n$2\r\nPX\r\n$5\r\n86400\r\n";
    cr_assert_not(b.failed);
    cr_assert_eq(b.size, sizeof expected - 1);
    cr_expect_arr_eq(b.bytes, expected, b.size);
}

Test(worker_resp, agrees_with_hiredis)
{
    int64_t integers[] = {0, 7, -1, 10, 99, -100, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        buffer b;
        char *theirs;
        char number[32];
        buffer_init(&b, &memory, 1024);
        RESP_COMMAND(&b, resp_text("ZADD"), resp_text("key"), resp_int(integers[i]), resp_bytes(NULL, 0));
        snprintf(number, sizeof number, "%" PRId64, integers[i]);
        int size = redisFormatCommand(&theirs, "ZADD key %s %s", number, "");
        cr_assert_eq((int)b.size, size);
        cr_expect_arr_eq(b.bytes, theirs, b.size);
        redisFreeCommand(theirs);
    }
}

Test(worker_resp, a_buffer_that_is_too_small_fails)
{
    buffer b;
    buffer_init(&b, &memory, 10);
    RESP_COMMAND(&b, resp_text("GET"), resp_text("key"));
    cr_expect(b.failed);
}
