/* CPU time of decoding one realistic trigger of some 220 bytes into values: ours, and as a measure of the
 * machine avro-c's generic reader, which ends before one has a value. */
#include <avro.h>

#include "engine/limits.h"
#include "engine/value/avro.h"
#include "tests/bench/measure.h"

static const char schema_text[] =
    "{\"type\":\"record\",\"name\":\"OrderShippedTrigger\",\"namespace\":\"shop\",\"fields\":["
    "{\"name\":\"workflow_id\",\"type\":\"string\"},{\"name\":\"recipient\",\"type\":\"string\"},"
    "{\"name\":\"data\",\"type\":{\"type\":\"record\",\"name\":\"OrderShipped\",\"fields\":["
    "{\"name\":\"order_id\",\"type\":\"string\"},{\"name\":\"customer_name\",\"type\":\"string\"},"
    "{\"name\":\"email\",\"type\":[\"null\",\"string\"]},{\"name\":\"phone\",\"type\":[\"null\",\"string\"]},"
    "{\"name\":\"amount\",\"type\":\"double\"},"
    "{\"name\":\"currency\",\"type\":{\"type\":\"enum\",\"name\":\"Currency\",\"symbols\":[\"EUR\",\"USD\"]}}"
    ","
    "{\"name\":\"lines\",\"type\":{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Line\","
    "\"fields\":[{\"name\":\"sku\",\"type\":\"string\"},{\"name\":\"title\",\"type\":\"string\"},"
    "{\"name\":\"quantity\",\"type\":\"int\"}]}}},"
    "{\"name\":\"tracking_url\",\"type\":\"string\"},"
    "{\"name\":\"shipped_at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}}]}},"
    "{\"name\":\"metadata\",\"type\":[\"null\",{\"type\":\"map\",\"values\":\"string\"}]},"
    "{\"name\":\"trigger_id\",\"type\":[\"null\",\"string\"]}]}";

/* ---- the message ---- */

static void write_text(buffer *b, const char *text)
{
    avro_write_string(b, text, strlen(text));
}

static void write_optional(buffer *b, const char *text)
{
    avro_write_long(b, 1);
    write_text(b, text);
}

static void write_line(buffer *b, const char *sku, const char *title, int64_t quantity)
{
    write_text(b, sku);
    write_text(b, title);
    avro_write_long(b, quantity);
}

static void write_trigger(buffer *b)
{
    const double amount = 149.95;
    write_text(b, "order_shipped");
    write_text(b, "customer-1001");
    write_text(b, "ORD-4711");
    write_text(b, "Ada Lovelace");
    write_optional(b, "ada@example.com");
    write_optional(b, "+442071838750");
    buffer_add(b, &amount, sizeof amount); /* this machine is little-endian, or the numbers are odd */
    avro_write_long(b, 0);
    avro_write_long(b, 2);
    write_line(b, "BOK-0042", "Notes on the Analytical Engine", 1);
    write_line(b, "PEN-0007", "Fountain pen", 2);
    avro_write_long(b, 0);
    write_text(b, "https://track.example/4711");
    avro_write_long(b, INT64_C(1795519985123));
    avro_write_long(b, 1);
    avro_write_long(b, 1);
    write_text(b, "source");
    write_text(b, "warehouse-2");
    avro_write_long(b, 0);
    write_optional(b, "shipment-4711");
}

/* ---- the measure ---- */

typedef struct peer {
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_reader_t reader;
} peer;

static bool decode_ours(const avro_plan *plan, arena *a, const buffer *message)
{
    value v;
    arena_reset(a);
    return avro_decode(plan, a, message->bytes, message->size, &v, NULL);
}

static bool decode_peer(peer *p, const buffer *message)
{
    avro_value_reset(&p->value);
    avro_reader_memory_set_source(p->reader, message->bytes, (int64_t)message->size);
    return avro_value_read(p->reader, &p->value) == 0;
}

static void measure_ours(const avro_plan *plan, arena *a, const buffer *message, long rounds)
{
    double begun = measure_cpu_ns();
    for (long i = 0; i < rounds; i++)
        if (!decode_ours(plan, a, message))
            abort();
    measure_print("avro_decode of a trigger of 220 bytes", begun, rounds);
}

static void measure_peer(peer *p, const buffer *message, long rounds)
{
    double begun = measure_cpu_ns();
    for (long i = 0; i < rounds; i++)
        if (!decode_peer(p, message))
            abort();
    measure_print("avro-c's avro_value_read of the same", begun, rounds);
}

int main(int argc, char **argv)
{
    long rounds = measure_rounds(argc, argv);
    arena memory, values;
    buffer message;
    error e = {0};
    arena_init(&memory, 4096, 1 << 20);
    arena_init(&values, 16 << 10, LIMIT_TRIGGER_DECODED_BYTES);
    buffer_init(&message, &memory, 4096);
    write_trigger(&message);
    avro_plan *plan = avro_plan_new(schema_text, sizeof schema_text - 1, &e);
    peer p = {0};
    if (plan == NULL || avro_schema_from_json_length(schema_text, sizeof schema_text - 1, &p.schema) != 0)
        return 1;
    p.class = avro_generic_class_from_schema(p.schema);
    avro_generic_value_new(p.class, &p.value);
    p.reader = avro_reader_memory(message.bytes, (int64_t)message.size);
    measure_ours(plan, &values, &message, rounds);
    if (argc <= 2) /* a second argument leaves it out */
        measure_peer(&p, &message, rounds);
    avro_reader_free(p.reader);
    avro_value_decref(&p.value);
    avro_value_iface_decref(p.class);
    avro_schema_decref(p.schema);
    avro_plan_free(plan);
    arena_free(&values);
    arena_free(&memory);
    return 0;
}
