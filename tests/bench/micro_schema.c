/* CPU time of validating one realistic payload: three items, two patterns, an enum, some 300 bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/schema/schema.h"
#include "engine/value/json.h"

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

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
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
    double start = cpu_seconds();
    long valid = 0;
    for (long i = 0; i < rounds; i++)
        valid += schema_validate(s, v, &payload, NULL);
    double seconds = cpu_seconds() - start;
    printf("schema_validate: %zu bytes, %.0f ns each over %ld rounds, all valid: %s\n",
           sizeof payload_text - 1, seconds / (double)rounds * 1e9, rounds, valid == rounds ? "yes" : "no");
    validator_free(v);
    schema_free(s);
    arena_free(&memory);
    return valid != rounds;
}
