/* CPU time of validating one realistic payload: three items, two patterns, an enum, some 300 bytes. */
#include "engine/schema/schema.h"
#include "engine/value/json.h"
#include "tests/bench/measure.h"

static const char schema_text[] =
    "{\"$defs\":{\"Item\":{\"type\":\"object\",\"title\":\"Item\",\"required\":[\"sku\",\"name\","
    "\"quantity\",\"price\"],\"properties\":{\"sku\":{\"type\":\"string\",\"pattern\":"
    "\"^[A-Z]{3}-[0-9]{4}$\"},\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":80},"
    "\"quantity\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},\"price\":{\"type\":\"number\","
    "\"exclusiveMinimum\":0}}}},\"type\":\"object\",\"title\":\"Order\",\"required\":[\"order_id\","
    "\"email\",\"status\",\"amount\",\"items\"],\"properties\":{\"order_id\":{\"type\":\"string\","
    "\"pattern\":\"^ord_[0-9a-f]{12}$\"},\"email\":{\"type\":\"string\",\"maxLength\":254},\"phone\":{"
    "\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"default\":null},\"status\":{\"enum\":["
    "\"placed\",\"paid\",\"shipped\",\"delivered\"]},\"amount\":{\"type\":\"number\",\"minimum\":0},"
    "\"items\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":50,\"items\":{\"$ref\":\"#/$defs/Item\"}"
    "}},\"additionalProperties\":false}";

static const char payload_text[] =
    "{\"order_id\":\"ord_0123456789ab\",\"email\":\"ada@example.com\",\"phone\":null,\"status\":"
    "\"shipped\",\"amount\":104.97,\"items\":[{\"sku\":\"ABC-0001\",\"name\":\"Lamp\",\"quantity\":1,"
    "\"price\":59.99},{\"sku\":\"ABC-0002\",\"name\":\"Bulb\",\"quantity\":2,\"price\":7.49},{\"sku\":"
    "\"XYZ-9000\",\"name\":\"Shade\",\"quantity\":1,\"price\":30}]}";

int main(int argc, char **argv)
{
    long rounds = measure_rounds(argc, argv);
    arena memory;
    value document;
    value payload;
    error e = {0};
    arena_init(&memory, 4096, 1 << 20);
    if (!json_read(&memory, schema_text, sizeof schema_text - 1, &document, &e) ||
        !json_read(&memory, payload_text, sizeof payload_text - 1, &payload, &e)) {
        fprintf(stderr, "%s\n", e.message);
        return 1;
    }
    schema *s = schema_new(&document, &e);
    validator *v = validator_new();
    if (s == NULL || v == NULL || !schema_validate(s, v, &payload, &e)) {
        fprintf(stderr, "%s\n", e.message);
        return 1;
    }
    double begun = measure_cpu_ns();
    long valid = 0;
    for (long i = 0; i < rounds; i++)
        valid += schema_validate(s, v, &payload, NULL);
    measure_print("schema_validate of an order of 300 bytes", begun, rounds);
    validator_free(v);
    schema_free(s);
    arena_free(&memory);
    return valid != rounds;
}
