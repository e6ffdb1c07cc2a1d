/* An expression over a payload: compiled, taken apart, evaluated twice. Whatever the source, it ends within
 * its budgets, the second time as the first. */
#include <stdlib.h>

#include "engine/expression/program/disassembler.h"
#include "engine/expression/text/text_methods.h"
#include "engine/value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char payload_text[] = "{\"amount\": 120, \"price\": 19.99, \"phone\": null, \"name\": \"Ann "
                                   "Lee\", \"tags\": [\"vip\", \"\\u00e4\"],"
                                   " \"items\": [{\"sku\": \"A\", \"n\": 2}, {\"sku\": \"B\", \"n\": "
                                   "-9223372036854775808}], \"paid\": true, \"get\": {}}";

/* The outcome as text: a value's repr(), or an exception. */
static value run(const expression *p, const value *payload, arena *a)
{
    exception x;
    evaluation ev;
    value result;
    value text;
    evaluation_init(&ev, a, &x);
    if (expression_evaluate(p, payload, a, &result, &x)) {
        expression_truth(&result);
        if (text_repr(&ev, &result, &text))
            return text;
    }
    if (x.type == EXCEPTION_NONE || x.type > EXCEPTION_RESOURCE || strlen(x.message) >= sizeof x.message)
        abort();
    char *copy = arena_copy(a, x.message, strlen(x.message));
    return copy == NULL ? value_null() : value_cstring(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"payload"};
    const expression_scope scope = {.names = names, .count = 1};
    arena a;
    value payload;
    exception x;
    arena_init(&a, 1 << 12, 64 << 20);
    if (!json_read(&a, payload_text, sizeof payload_text - 1, &payload, NULL))
        abort();
    const expression *p = expression_compile(&a, (const char *)data, size, &scope, &x);
    if (p == NULL && (x.type == EXCEPTION_NONE || x.position > size))
        abort();
    if (p != NULL) {
        buffer out;
        buffer_init(&out, &a, 1 << 20);
        disassembler_write(&out, p);
        value first = run(p, &payload, &a);
        value second = run(p, &payload, &a);
        if (!value_equal(&first, &second))
            abort();
    }
    arena_free(&a);
    return 0;
}
