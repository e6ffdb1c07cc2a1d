/* CPU time of rendering a mail of ten lines. */
#include <string.h>

#include "engine/expression/template/template.h"
#include "engine/value/json.h"
#include "tests/bench/measure.h"

static const char source[] =
    "Hello {{ payload.customer_name }},\n"
    "\n"
    "your order {{ payload.order_id }} has left our warehouse.\n"
    "Shipped at: {{ payload.shipped_at }}\n"
    "Articles: {{ len(payload.lines) }}, first of them {{ payload.lines[0].title }}\n"
    "Total: {{ payload.amount }} {{ payload.currency }}\n"
    "Follow it here: {{ payload.tracking_url }}\n"
    "\n"
    "Thank you for your order. If something is wrong with it, just answer this mail.\n"
    "Your shop\n";

static const char payload[] =
    "{\"order_id\":\"ORD-4711\",\"customer_name\":\"Ada Lovelace\",\"amount\":149.95,\"currency\":\"GBP\","
    "\"lines\":[{\"sku\":\"BOK-0042\",\"title\":\"Notes on the Analytical Engine\",\"quantity\":1}],"
    "\"tracking_url\":\"https://track.example/4711\",\"shipped_at\":\"2026-11-24T11:33:05.123Z\"}";

int main(int argc, char **argv)
{
    static const char *const names[] = {"payload"};
    const expression_scope scope = {.names = names, .count = 1};
    long rounds = measure_rounds(argc, argv);
    arena memory, scratch;
    value values[1];
    buffer out;
    exception x;
    error e;
    arena_init(&memory, 4096, 1 << 20);
    arena_init(&scratch, 16 << 10, 1 << 20);
    template *t = template_compile(&memory, source, strlen(source), TEMPLATE_TEXT, &scope, &x);
    if (t == NULL || !json_read(&memory, payload, strlen(payload), values, &e))
        return 1;
    double begun = measure_cpu_ns();
    for (long i = 0; i < rounds; i++) {
        arena_reset(&scratch);
        buffer_init(&out, &scratch, 1 << 16);
        if (!template_render(t, values, &scratch, &out, &x))
            return 1;
    }
    measure_print("a mail of ten lines", begun, rounds);
    arena_free(&scratch);
    arena_free(&memory);
    return 0;
}
