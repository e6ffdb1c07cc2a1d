/* Reads Avro binary data by a plan, straight into values.
 *
 * Every length and count is compared with the bytes that are left before it becomes memory: an item of an
 * array takes at least its type's size_min, and items that take no byte have their own limit. What remains
 * possible, small data that becomes larger values, is bounded by the arena's budget; nesting by
 * LIMIT_VALUE_DEPTH. */
#include <math.h>

#include "engine/limits.h"
#include "engine/value/avro_plan.h"
#include "engine/value/base64.h"
#include "engine/value/timestamp.h"
#include "engine/value/utf8.h"

typedef struct reader {
    arena *arena;
    const char *start;
    const char *end;
    unsigned depth;
    bool located; /* the error names its field already */
    error *error;
} reader;

/* Reads a value at `at`: the place behind what was read, NULL after an error. So the place stays in a
 * register, and a function for each type keeps the frames small. */
typedef const char *read_type(reader *r, const char *at, const avro_node *n, value *out);

static read_type read_null, read_boolean, read_integer, read_float, read_string, read_binary, read_enum,
    read_array, read_map, read_record, read_union;

static read_type *const read_functions[] = {
    [AVRO_TYPE_NULL] = read_null,    [AVRO_TYPE_BOOLEAN] = read_boolean, [AVRO_TYPE_INT] = read_integer,
    [AVRO_TYPE_LONG] = read_integer, [AVRO_TYPE_FLOAT] = read_float,     [AVRO_TYPE_DOUBLE] = read_float,
    [AVRO_TYPE_BYTES] = read_binary, [AVRO_TYPE_STRING] = read_string,   [AVRO_TYPE_ARRAY] = read_array,
    [AVRO_TYPE_MAP] = read_map,      [AVRO_TYPE_UNION] = read_union,     [AVRO_TYPE_RECORD] = read_record,
    [AVRO_TYPE_ENUM] = read_enum,    [AVRO_TYPE_FIXED] = read_binary,
};

static inline const char *read_value(reader *r, const char *at, const avro_node *n, value *out)
{
    return read_functions[n->type](r, at, n, out);
}

static const char *fail(reader *r, const char *at, error_code code, const char *what)
{
    (void)error_set(r->error, code, (size_t)(at - r->start), "%s", what);
    return NULL;
}

static const char *no_memory(reader *r, const char *at)
{
    return fail(r, at, arena_failure(r->arena), "the values need more memory than there is");
}

static size_t bytes_left(const reader *r, const char *at)
{
    return (size_t)(r->end - at);
}

/* ---- pieces ---- */

static APART const char *read_long_slowly(reader *r, const char *at, int64_t *out)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (at == r->end)
            return fail(r, at, ERROR_DECODE, "the data ends inside a number");
        uint64_t byte = (unsigned char)*at++;
        if (shift == 63 && byte > 1)
            break;
        n |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
            return at;
        }
    }
    return fail(r, at, ERROR_DECODE, "a number has more than 64 bits");
}

static inline const char *read_long(reader *r, const char *at, int64_t *out)
{
    if (at < r->end && (unsigned char)*at < 0x80) {
        int64_t n = *at;
        *out = (n >> 1) ^ -(n & 1);
        return at + 1;
    }
    return read_long_slowly(r, at, out);
}

/* Bytes behind their length: where they begin; they end where the next value begins, `*size` further. */
static const char *read_bytes(reader *r, const char *at, size_t *size)
{
    int64_t length;
    at = read_long(r, at, &length);
    if (at == NULL)
        return NULL;
    if ((uint64_t)length > bytes_left(r, at)) /* a negative one as well */
        return fail(r, at, ERROR_DECODE, "a length is beyond the end of the data");
    *size = (size_t)length;
    return at;
}

static const char *fail_early_end(reader *r, const char *at)
{
    return fail(r, at, ERROR_DECODE, "the data ends too early");
}

/* ---- numbers ---- */

/* The instant or date of a number, as text; `format` gives 0 where the calendar has no such. */
static const char *format_instant(reader *r, const char *at, size_t (*format)(int64_t, char *),
                                  int64_t number, value *out)
{
    char *text = arena_alloc(r->arena, TIMESTAMP_TEXT_SIZE);
    if (text == NULL)
        return no_memory(r, at);
    size_t size = format(number, text);
    if (size == 0)
        return fail(r, at, ERROR_DECODE, "a date or time is outside the years 1 to 9999, or of its day");
    *out = value_string(text, size);
    out->flags = VALUE_ASCII;
    return at;
}

static const char *format_millis(reader *r, const char *at, size_t (*format)(int64_t, char *), int64_t millis,
                                 value *out)
{
    int64_t micros;
    if (__builtin_mul_overflow(millis, 1000, &micros))
        return fail(r, at, ERROR_DECODE, "a date or time is outside the years 1 to 9999, or of its day");
    return format_instant(r, at, format, micros, out);
}

static const char *show_number(reader *r, const char *at, const avro_node *n, int64_t number, value *out)
{
    switch ((avro_logical)n->logical) {
    case AVRO_DATE:
        return format_instant(r, at, timestamp_format_date, number, out);
    case AVRO_TIME_MILLIS:
        return format_millis(r, at, timestamp_format_time, number, out);
    case AVRO_TIME_MICROS:
        return format_instant(r, at, timestamp_format_time, number, out);
    case AVRO_TIMESTAMP_MILLIS:
        return format_millis(r, at, timestamp_format, number, out);
    case AVRO_TIMESTAMP_MICROS:
        return format_instant(r, at, timestamp_format, number, out);
    case AVRO_LOCAL_TIMESTAMP_MILLIS:
        return format_millis(r, at, timestamp_format_local, number, out);
    case AVRO_LOCAL_TIMESTAMP_MICROS:
        return format_instant(r, at, timestamp_format_local, number, out);
    default:
        *out = value_int(number);
        return at;
    }
}

static const char *read_integer(reader *r, const char *at, const avro_node *n, value *out)
{
    int64_t number;
    at = read_long(r, at, &number);
    if (at == NULL)
        return NULL;
    if (n->type == AVRO_TYPE_INT && (number < INT32_MIN || number > INT32_MAX))
        return fail(r, at, ERROR_DECODE, "an int has more than 32 bits");
    if (n->logical != AVRO_PLAIN)
        return show_number(r, at, n, number, out);
    *out = value_int(number);
    return at;
}

static const char *read_null(reader *r, const char *at, const avro_node *n, value *out)
{
    (void)r;
    (void)n;
    *out = value_null();
    return at;
}

static const char *read_boolean(reader *r, const char *at, const avro_node *n, value *out)
{
    (void)n;
    if (at == r->end)
        return fail_early_end(r, at);
    char byte = *at++;
    if (byte != 0 && byte != 1)
        return fail(r, at, ERROR_DECODE, "a boolean is neither 0 nor 1");
    *out = value_bool(byte == 1);
    return at;
}

/* Little-endian. */
static uint32_t load_uint32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static const char *read_float(reader *r, const char *at, const avro_node *n, value *out)
{
    if (n->size_min > bytes_left(r, at))
        return fail_early_end(r, at);
    double number;
    if (n->type == AVRO_TYPE_DOUBLE) {
        uint64_t bits = (uint64_t)load_uint32(at + 4) << 32 | load_uint32(at);
        memcpy(&number, &bits, sizeof number);
    } else {
        uint32_t bits = load_uint32(at);
        float single;
        memcpy(&single, &bits, sizeof single);
        number = (double)single;
    }
    at += n->size_min;
    if (!isfinite(number))
        return fail(r, at, ERROR_DECODE, "a number is not finite");
    *out = value_float(number);
    return at;
}

/* ---- text and bytes ---- */

static APART const char *read_string_slowly(reader *r, const char *at, value *out)
{
    size_t size;
    bool ascii;
    at = read_bytes(r, at, &size);
    if (at == NULL)
        return NULL;
    if (!utf8_valid(at, size, &ascii))
        return fail(r, at + size, ERROR_DECODE, "a string is not UTF-8");
    *out = value_string(at, size);
    out->flags = ascii ? VALUE_ASCII : 0;
    return at + size;
}

/* Most are ASCII and shorter than 64 bytes, so that their length is one byte, which is even. */
static const char *read_string(reader *r, const char *at, const avro_node *n, value *out)
{
    (void)n;
    if (at < r->end) {
        size_t length = (unsigned char)*at;
        size_t size = length / 2;
        if ((length & 0x81) == 0 && size < bytes_left(r, at) && utf8_is_ascii(at + 1, size)) {
            *out = value_string(at + 1, size);
            out->flags = VALUE_ASCII;
            return at + 1 + size;
        }
    }
    return read_string_slowly(r, at, out);
}

static const char *show_base64(reader *r, const char *at, size_t size, value *out)
{
    char *text = arena_alloc(r->arena, base64_size(size));
    if (text == NULL)
        return no_memory(r, at + size);
    base64_encode(at, size, text);
    *out = value_string(text, base64_size(size));
    out->flags = VALUE_ASCII;
    return at + size;
}

/* [at, at + size), which are there. */
static const char *show_bytes(reader *r, const char *at, const avro_node *n, size_t size, value *out)
{
    bool ok;
    switch ((avro_logical)n->logical) {
    case AVRO_DECIMAL:
        if (size > LIMIT_AVRO_DECIMAL_BYTES)
            return fail(r, at + size, ERROR_LIMIT, "a decimal is too long");
        ok = avro_decimal_text(r->arena, at, size, n->scale, out);
        break;
    case AVRO_UUID:
        ok = avro_uuid_text(r->arena, at, out);
        break;
    case AVRO_DURATION:
        ok = avro_duration_text(r->arena, at, out);
        break;
    default:
        return show_base64(r, at, size, out);
    }
    return ok ? at + size : no_memory(r, at + size);
}

static const char *read_binary(reader *r, const char *at, const avro_node *n, value *out)
{
    size_t size = n->count;
    if (n->type == AVRO_TYPE_BYTES) {
        at = read_bytes(r, at, &size);
        if (at == NULL)
            return NULL;
    } else if (size > bytes_left(r, at)) {
        return fail_early_end(r, at);
    }
    return show_bytes(r, at, n, size, out);
}

static const char *read_enum(reader *r, const char *at, const avro_node *n, value *out)
{
    int64_t index;
    at = read_long(r, at, &index);
    if (at == NULL)
        return NULL;
    if (index < 0 || index >= n->count)
        return fail(r, at, ERROR_DECODE, "an enum has no symbol of this number");
    *out = n->symbols[index];
    return at;
}

/* ---- arrays and maps ---- */

/* A run of items. Where the writer gave its size in bytes, the items must end there. */
typedef struct block {
    size_t count;    /* 0: the array or map ends here */
    const char *end; /* NULL where not known */
} block;

static const char *read_block_size(reader *r, const char *at, block *b)
{
    int64_t size;
    at = read_long(r, at, &size);
    if (at == NULL)
        return NULL;
    if ((uint64_t)size > bytes_left(r, at)) /* a negative one as well */
        return fail(r, at, ERROR_DECODE, "a block's size is beyond the end of the data");
    b->end = at + size;
    return at;
}

/* item_size_min: as of a node; seen: items read before this block. */
static const char *read_block(reader *r, const char *at, size_t item_size_min, size_t seen, block *b)
{
    int64_t count;
    *b = (block){0};
    at = read_long(r, at, &count);
    if (at == NULL || count == 0)
        return at;
    if (count == INT64_MIN)
        return fail(r, at, ERROR_DECODE, "a block's count is out of range");
    if (count < 0) {
        count = -count;
        at = read_block_size(r, at, b);
        if (at == NULL)
            return NULL;
    }
    if (item_size_min == 0 && (uint64_t)count > LIMIT_AVRO_EMPTY_ITEMS - seen)
        return fail(r, at, ERROR_LIMIT, "an array has too many items that take no byte");
    size_t left = bytes_left(r, at); /* as item_size_min below 2^29: their product fits */
    if (item_size_min > 0 && ((uint64_t)count > left || (uint64_t)count * item_size_min > left))
        return fail(r, at, ERROR_DECODE, "a block has more items than the data has bytes for");
    b->count = (size_t)count;
    return at;
}

static const char *end_block(reader *r, const char *at, const block *b)
{
    if (b->end != NULL && at != b->end)
        return fail(r, at, ERROR_DECODE, "a block's items do not have its size");
    return at;
}

/* Arrays, maps and records; who has entered leaves by r->depth--. After an error nobody counts. */
static bool enter(reader *r, const char *at)
{
    if (r->depth == LIMIT_VALUE_DEPTH)
        return fail(r, at, ERROR_LIMIT, "the data is nested too deeply") != NULL;
    r->depth++;
    return true;
}

static const char *read_array(reader *r, const char *at, const avro_node *n, value *out)
{
    list_builder items;
    list_builder_init(&items, r->arena);
    if (!enter(r, at))
        return NULL;
    for (;;) {
        block b;
        at = read_block(r, at, n->items->size_min, items.count, &b);
        if (at == NULL)
            return NULL;
        if (b.count == 0)
            break;
        if (!list_builder_reserve(&items, b.count))
            return no_memory(r, at);
        for (size_t i = 0; i < b.count; i++) {
            at = read_value(r, at, n->items, &items.items[items.count]);
            if (at == NULL)
                return NULL;
            items.count++;
        }
        at = end_block(r, at, &b);
        if (at == NULL)
            return NULL;
    }
    r->depth--;
    *out = list_builder_finish(&items);
    return at;
}

static const char *read_entry(reader *r, const char *at, const avro_node *n, map_builder *entries)
{
    value key, item;
    at = read_string(r, at, NULL, &key);
    if (at != NULL)
        at = read_value(r, at, n->items, &item);
    if (at == NULL || map_builder_put(entries, key, item))
        return at;
    return no_memory(r, at);
}

static const char *read_map(reader *r, const char *at, const avro_node *n, value *out)
{
    map_builder entries;
    map_builder_init(&entries, r->arena);
    if (!enter(r, at))
        return NULL;
    for (;;) {
        block b;
        at = read_block(r, at, 1 + (size_t)n->items->size_min, entries.count, &b);
        if (at == NULL)
            return NULL;
        if (b.count == 0)
            break;
        for (size_t i = 0; i < b.count && at != NULL; i++)
            at = read_entry(r, at, n, &entries);
        if (at == NULL || end_block(r, at, &b) == NULL)
            return NULL;
    }
    r->depth--;
    *out = map_builder_finish(&entries);
    return at;
}

/* ---- records and unions ---- */

/* Names the innermost field of an error. NULL. */
static const char *locate(reader *r, const avro_node *n, const value *field)
{
    if (!r->located) {
        r->located = true;
        (void)error_prefix(r->error, "%s.%s", n->name.text, field->text);
    }
    return NULL;
}

static const char *read_record(reader *r, const char *at, const avro_node *n, value *out)
{
    if (!enter(r, at))
        return NULL;
    value_member *members = map_like(&n->prototype, r->arena, out);
    if (members == NULL)
        return no_memory(r, at);
    const value_member *like = n->prototype.members;
    const avro_node *const *end = n->children + n->count;
    for (const avro_node *const *child = n->children; child < end; child++, members++, like++) {
        members->key = like->key;
        at = read_value(r, at, *child, &members->value);
        if (at == NULL)
            return locate(r, n, &like->key);
    }
    r->depth--;
    return at;
}

static APART const char *read_union_slowly(reader *r, const char *at, const avro_node *n, value *out)
{
    int64_t index;
    at = read_long(r, at, &index);
    if (at == NULL)
        return NULL;
    if (index < 0 || index >= n->count)
        return fail(r, at, ERROR_DECODE, "a union has no branch of this number");
    return read_value(r, at, n->children[index], out);
}

/* Few have more than 64 branches. */
static const char *read_union(reader *r, const char *at, const avro_node *n, value *out)
{
    if (at < r->end) {
        uint32_t doubled = (unsigned char)*at;
        if ((doubled & 0x81) == 0 && doubled / 2 < n->count)
            return read_value(r, at + 1, n->children[doubled / 2], out);
    }
    return read_union_slowly(r, at, n, out);
}

bool avro_decode(const avro_plan *plan, arena *a, const char *bytes, size_t size, value *out, error *e)
{
    if (size == 0)
        bytes = ""; /* it may be NULL, which is no place */
    reader r = {.arena = a, .start = bytes, .end = bytes + size, .error = e};
    if (size > LIMIT_VALUE_COUNT / 2) /* its base64 text must fit a value */
        return fail(&r, bytes, ERROR_LIMIT, "the data is too long") != NULL;
    const char *at = read_value(&r, bytes, plan->root, out);
    if (at != NULL && at != r.end)
        at = fail(&r, at, ERROR_DECODE, "bytes follow the data");
    return at != NULL;
}
