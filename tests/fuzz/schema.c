/* A schema on the first line, instances on the others: compiled, validated, explained and filled. */
#include <stdlib.h>
#include <string.h>

#include "engine/schema/schema.h"
#include "engine/value/json.h"

enum { MEMORY_BUDGET = 16 << 20 };

/* A broken promise of schema.h, for the fuzzer to see. */
static void require(bool promise)
{
    if (!promise)
        abort();
}

static void run_instance(const schema *s, validator *v, arena *memory, const char *text, size_t size)
{
    value instance;
    error e = {0};
    if (!json_read(memory, text, size, &instance, &e))
        return;
    const schema_finding *findings;
    size_t count = 0;
    bool valid = schema_validate(s, v, &instance, &e);
    require(valid || e.code == ERROR_INVALID_PAYLOAD || e.code == ERROR_LIMIT);
    bool is_limit = !valid && e.code == ERROR_LIMIT;
    if (schema_explain(s, v, &instance, memory, &findings, &count, &e) && !is_limit)
        require(valid == (count == 0));
    value filled = instance;
    if (!schema_fill_defaults(s, memory, &filled, &e))
        require(value_equal(&filled, &instance));
}

static void run_instances(const schema *s, arena *memory, const char *text, const char *end)
{
    validator *v = validator_new();
    while (v != NULL && text < end) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        line_end = line_end == NULL ? end : line_end;
        run_instance(s, v, memory, text, (size_t)(line_end - text));
        text = line_end + (line_end < end);
    }
    validator_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line_end = size == 0 ? NULL : memchr(text, '\n', size);
    if (line_end == NULL)
        return 0;
    arena memory;
    value document;
    error e = {0};
    arena_init(&memory, 4096, MEMORY_BUDGET);
    if (json_read(&memory, text, (size_t)(line_end - text), &document, &e)) {
        schema *s = schema_new(&document, &e);
        if (s != NULL)
            run_instances(s, &memory, line_end + 1, text + size);
        schema_free(s);
    }
    arena_free(&memory);
    return 0;
}
