/* Any bytes as a template of each kind: it is refused, or renders within its bounds. */
#include <stdlib.h>

#include "engine/expression/template/template.h"
#include "engine/expression/template_check.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/utf8.h"

static const char payload[] =
    "{\"name\":\"<Ada>\",\"none\":null,\"qty\":2,\"price\":12.5,\"tags\":[\"a\",\"b\"],"
    "\"map\":{\"x\":1},\"pairs\":[[1,2]],\"when\":\"2026-03-01T08:05:09Z\"}";

static void check(const value *payload_value, const char *source, size_t size, template_kind kind)
{
    static const char *const names[] = {"payload"};
    expression_scope scope = {.names = names, .count = 1};
    exception x = {0};
    arena memory;
    buffer out;
    arena_init(&memory, 4096, 32 << 20);
    buffer_init(&out, &memory, SIZE_MAX);
    const template *t = template_compile(&memory, source, size, kind, &scope, &x);
    bool ok = t != NULL && template_render(t, payload_value, &memory, &out, &x);
    if (ok && (out.size > LIMIT_RENDERED_BYTES || !utf8_valid(out.bytes, out.size, NULL)))
        abort();
    if (!ok && (x.type == EXCEPTION_NONE || x.position > size || x.message[0] == '\0'))
        abort();
    if (ok && kind == TEMPLATE_LINE)
        for (size_t i = 0; i < out.size; i++)
            if (out.bytes[i] == '\n' || out.bytes[i] == '\r' || out.bytes[i] == '\0')
                abort();
    arena_free(&memory);
}

/* It can be checked where it compiles. A schema that knows other keys finds as much as it can. */
static void check_statically(const char *source, size_t size)
{
    static const char schema_text[] =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"name\":{\"type\":\"string\"},"
        "\"pairs\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}}";
    static const char *const names[] = {"payload"};
    expression_scope scope = {.names = names, .count = 1};
    exception x = {0};
    check_findings found;
    arena memory;
    value schema;
    error e;
    arena_init(&memory, 4096, 32 << 20);
    if (!json_read(&memory, schema_text, sizeof schema_text - 1, &schema, &e))
        abort();
    const value *const schemas[] = {&schema};
    bool checked = template_check(&memory, source, size, &scope, schemas, &found, &x);
    if (!checked && (x.type == EXCEPTION_NONE || x.position > size || x.message[0] == '\0'))
        abort();
    for (size_t i = 0; checked && i < found.count; i++)
        if (found.items[i].position >= size || found.items[i].message[0] == '\0')
            abort();
    if (checked != (template_compile(&memory, source, size, TEMPLATE_TEXT, &scope, &x) != NULL))
        abort();
    arena_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    arena memory;
    value payload_value;
    error e;
    arena_init(&memory, 4096, 1 << 20);
    if (!json_read(&memory, payload, sizeof payload - 1, &payload_value, &e))
        abort();
    for (int kind = TEMPLATE_TEXT; kind <= TEMPLATE_URL; kind++)
        check(&payload_value, (const char *)bytes, size, (template_kind)kind);
    check_statically((const char *)bytes, size);
    arena_free(&memory);
    return 0;
}
