/* What one evaluation costs: CPU nanoseconds of conditions as people write them, compiled once, over a
 * payload as triggers carry it. CPython's eval() of compiled code is the peer
 * (tests/bench/micro_expression.py). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/expression/expression.h"
#include "engine/value/json.h"

static const char payload_text[] =
    "{\"amount\": 120, \"price\": 19.99, \"currency\": \"EUR\", \"phone\": null, \"name\": \"Ann Lee\","
    " \"email\": \"ann@example.org\", \"tags\": [\"vip\", \"new\"], \"paid\": true,"
    " \"items\": [{\"sku\": \"A-1\", \"quantity\": 2, \"price\": 9.5}, {\"sku\": \"B\", \"quantity\": 1, "
    "\"price\": 3.0}]}";

static const char *const sources[] = {
    "payload.amount < 100 or payload.phone is None",
    "payload.paid and 'vip' in payload.tags",
    "payload.currency.lower() == 'eur'",
    "10 < payload.amount <= 500",
    "sum(i.quantity * i.price for i in payload['items']) > 20",
    "[i.sku for i in payload['items'] if i.quantity > 1]",
};

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of several rounds: other work on the machine only ever adds. */
static double measure(const expression *p, const value *values, arena *a, size_t rounds, size_t repeats)
{
    double best = 1e18;
    for (size_t r = 0; r < rounds; r++) {
        double start = cpu_ns();
        for (size_t i = 0; i < repeats; i++) {
            value result;
            exception x;
            arena_mark mark = arena_get_mark(a);
            if (!expression_evaluate(p, values, a, &result, &x))
                abort();
            arena_rewind(a, mark);
        }
        double each = (cpu_ns() - start) / (double)repeats;
        best = each < best ? each : best;
    }
    return best;
}

int main(void)
{
    static const char *const names[] = {"payload"};
    const expression_scope scope = {.names = names, .count = 1};
    arena a;
    value payload;
    exception x;
    arena_init(&a, 1 << 16, 1 << 24);
    if (!json_read(&a, payload_text, sizeof payload_text - 1, &payload, NULL))
        return 1;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        const expression *p = expression_compile(&a, sources[i], strlen(sources[i]), &scope, &x);
        if (p == NULL)
            return 1;
        printf("%8.1f ns  %s\n", measure(p, &payload, &a, 20, 100000), sources[i]);
    }
    arena_free(&a);
    return 0;
}
