#include <criterion/criterion.h>

#include "worker/shard/accumulator.h"

enum { PARTITIONS = 4, SIZE = 2000, COUNT = 1200 };

static rd_kafka_t *producer;
static accumulator a;
static int reported[PARTITIONS];
static int latest; /* number of the message that was reported last */
static char bytes[COUNT][SIZE];

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    int number = (int)(((const char *)message->payload - bytes[0]) / SIZE);
    cr_expect_eq(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_expect_gt(number, latest, "%d behind %d", number, latest);
    latest = number;
    reported[message->partition]++;
    accumulator_delivered(message);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *text)
{
    cr_assert_eq(rd_kafka_conf_set(conf, name, text, NULL, 0), RD_KAFKA_CONF_OK);
}

static void set_up(void)
{
    error e;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "test.mock.num.brokers", "1");
    set(conf, "partitioner", "murmur2_random");
    set(conf, "linger.ms", "60000");
    set(conf, "enable.idempotence", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    cr_assert_not_null(producer);
    memset(reported, 0, sizeof reported);
    latest = -1;
    cr_assert(accumulator_open(&a, producer, "events", &e), "%s", e.message);
    accumulator_begin(&a);
}

static void tear_down(void)
{
    accumulator_close(&a);
    rd_kafka_destroy(producer);
}

TestSuite(shard_accumulator, .init = set_up, .fini = tear_down);

static char key[] = "customer-7";

static void add(int number)
{
    const rd_kafka_message_t message = {
        .payload = bytes[number], .len = SIZE, .key = key, .key_len = sizeof key - 1};
    cr_assert_eq(accumulator_add(&a, &message), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Until the topic is known librdkafka chooses for all. */
static void learn_partitions(void)
{
    const rd_kafka_metadata_t *metadata;
    cr_assert_eq(rd_kafka_metadata(producer, 0, a.topic, &metadata, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_metadata_destroy(metadata);
}

Test(shard_accumulator, events_of_a_key_go_to_its_partition_in_their_order)
{
    learn_partitions();
    for (int i = 0; i < COUNT; i++)
        add(i);
    cr_expect_eq(a.partition_count, PARTITIONS);
    cr_assert_eq(accumulator_flush(&a), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(rd_kafka_flush(producer, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
    int32_t expected = rd_kafka_msg_partitioner_murmur2(a.topic, key, sizeof key - 1, PARTITIONS, NULL, NULL);
    cr_expect_eq(reported[expected], COUNT);
}

Test(shard_accumulator, it_is_crowded_until_the_first_request_is_answered)
{
    learn_partitions();
    cr_expect_not(accumulator_is_crowded(&a));
    for (int i = 0; i < 400; i++)
        add(i);
    cr_expect_not(accumulator_is_crowded(&a), "less than a request");
    for (int i = 400; i < COUNT - 400; i++)
        add(i);
    cr_expect(accumulator_is_crowded(&a));
    for (int waits = 0; accumulator_is_crowded(&a) && waits < 1000; waits++)
        rd_kafka_poll(producer, 10);
    cr_expect_not(accumulator_is_crowded(&a));
    cr_assert_eq(accumulator_flush(&a), RD_KAFKA_RESP_ERR_NO_ERROR);
    cr_assert_eq(rd_kafka_flush(producer, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
    accumulator_begin(&a);
    cr_expect_not(accumulator_is_crowded(&a));
}
