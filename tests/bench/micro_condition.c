/* CPU time of an ordinary skip condition. */
#include <string.h>

#include "engine/expression/expression.h"
#include "engine/value/json.h"
#include "tests/bench/measure.h"

static const char source[] = "payload['amount'] < 100 or payload['phone'] is None";
static const char payload[] = "{\"order_id\":\"ORD-4711\",\"amount\":149.95,\"phone\":\"+442071838750\"}";

int main(int argc, char **argv)
{
    static const char *const names[] = {"payload"};
    const expression_scope scope = {.names = names, .count = 1};
    long rounds = measure_rounds(argc, argv), taken = 0;
    arena memory, scratch;
    value values[1], result;
    exception x;
    error e;
    arena_init(&memory, 4096, 1 << 20);
    arena_init(&scratch, 4096, 1 << 20);
    expression *p = expression_compile(&memory, source, strlen(source), &scope, &x);
    if (p == NULL || !json_read(&memory, payload, strlen(payload), values, &e))
        return 1;
    double begun = measure_cpu_ns();
    for (long i = 0; i < rounds; i++) {
        arena_reset(&scratch);
        if (!expression_evaluate(p, values, &scratch, &result, &x))
            return 1;
        taken += expression_truth(&result);
    }
    measure_print(source, begun, rounds);
    arena_free(&scratch);
    arena_free(&memory);
    return taken != 0;
}
