/* format % arguments for any format and a few arguments of every kind, within the budget. Input: one byte
 * that chooses the arguments, then the format. */
#include "engine/expression/text/text_methods.h"
#include "engine/limits.h"
#include "engine/value/utf8.h"

enum { ARENA_BYTES = 16 << 20 };

static value make_map(arena *a, value v)
{
    map_builder b;
    map_builder_init(&b, a);
    if (!map_builder_put(&b, value_cstring("k"), v) || !map_builder_put(&b, value_cstring(""), value_int(7)))
        return value_null();
    return map_builder_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || !utf8_valid((const char *)data + 1, size - 1, NULL))
        return 0;
    arena a;
    arena_init(&a, 4096, ARENA_BYTES);
    exception x = {0};
    evaluation ev = {.arena = &a,
                     .steps_left = LIMIT_EXPRESSION_STEPS,
                     .memory_left = LIMIT_EXPRESSION_MEMORY,
                     .exception = &x};
    const value samples[] = {
        value_int(INT64_MIN),
        value_float(-1234.5e-3),
        value_cstring("a\xC3\xA9\xE2\x82\xAC'"),
        value_bool(true),
        value_null(),
        value_float(1e300),
        value_int(0x1F600),
        value_int(-12),
    };
    enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };
    value arguments = value_list(samples + data[0] % SAMPLE_COUNT, SAMPLE_COUNT - data[0] % SAMPLE_COUNT);
    if (data[0] & 0x80)
        arguments = make_map(&a, arguments);
    else if (data[0] & 0x40)
        arguments = arguments.items[0];
    else
        arguments.kind = VALUE_TUPLE;
    value format = value_string((const char *)data + 1, size - 1), result;
    bool done = text_format_percent(&ev, &format, &arguments, &result);
    if (done ? result.count > LIMIT_EXPRESSION_MEMORY || !utf8_valid(result.text, result.count, NULL)
             : x.type == EXCEPTION_NONE)
        __builtin_trap();
    arena_free(&a);
    return 0;
}
