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
    const char *at;
    const char *end;
    unsigned depth;
    bool located; /* the error names its field already */
    error *error;
} reader;

static bool read_value(reader *r, const avro_node *n, value *out);

static bool fail(reader *r, error_code code, const char *what)
{
    return error_set(r->error, code, (size_t)(r->at - r->start), "%s", what);
}

static bool no_memory(reader *r)
{
    return fail(r, arena_failure(r->arena), "the values need more memory than there is");
}

static size_t bytes_left(const reader *r)
{
    return (size_t)(r->end - r->at);
}

/* ---- pieces ---- */

static bool read_long_slowly(reader *r, int64_t *out)
{
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->at == r->end)
            return fail(r, ERROR_DECODE, "the data ends inside a number");
        uint64_t byte = (unsigned char)*r->at++;
        if (shift == 63 && byte > 1)
            break;
        n |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
            return true;
        }
    }
    return fail(r, ERROR_DECODE, "a number has more than 64 bits");
}

static inline bool read_long(reader *r, int64_t *out)
{
    if (r->at < r->end && (unsigned char)*r->at < 0x80) {
        int64_t n = *r->at++;
        *out = (n >> 1) ^ -(n & 1);
        return true;
    }
    return read_long_slowly(r, out);
}

static bool read_bytes(reader *r, const char **bytes, size_t *size)
{
    int64_t length;
    if (!read_long(r, &length))
        return false;
    if ((uint64_t)length > bytes_left(r)) /* a negative one as well */
        return fail(r, ERROR_DECODE, "a length is beyond the end of the data");
    *bytes = r->at;
    *size = (size_t)length;
    r->at += length;
    return true;
}

static bool take(reader *r, size_t size, const char **bytes)
{
    if (size > bytes_left(r))
        return fail(r, ERROR_DECODE, "the data ends too early");
    *bytes = r->at;
    r->at += size;
    return true;
}

/* ---- numbers ---- */

/* The instant or date of a number, as text; `format` gives 0 where the calendar has no such. */
static bool format_instant(reader *r, size_t (*format)(int64_t, char *), int64_t number, value *out)
{
    char *text = arena_alloc(r->arena, TIMESTAMP_TEXT_SIZE);
    if (text == NULL)
        return no_memory(r);
    size_t size = format(number, text);
    if (size == 0)
        return fail(r, ERROR_DECODE, "a date or time is outside the years 1 to 9999, or of its day");
    *out = value_string(text, size);
    out->flags = VALUE_ASCII;
    return true;
}

static bool millis_to_micros(reader *r, int64_t millis, int64_t *micros)
{
    if (__builtin_mul_overflow(millis, 1000, micros))
        return fail(r, ERROR_DECODE, "a date or time is outside the years 1 to 9999, or of its day");
    return true;
}

static bool show_number(reader *r, const avro_node *n, int64_t number, value *out)
{
    int64_t micros = number;
    switch ((avro_logical)n->logical) {
    case AVRO_DATE:
        return format_instant(r, timestamp_format_date, number, out);
    case AVRO_TIME_MILLIS:
        return millis_to_micros(r, number, &micros) && format_instant(r, timestamp_format_time, micros, out);
    case AVRO_TIME_MICROS:
        return format_instant(r, timestamp_format_time, micros, out);
    case AVRO_TIMESTAMP_MILLIS:
        return millis_to_micros(r, number, &micros) && format_instant(r, timestamp_format, micros, out);
    case AVRO_TIMESTAMP_MICROS:
        return format_instant(r, timestamp_format, micros, out);
    case AVRO_LOCAL_TIMESTAMP_MILLIS:
        return millis_to_micros(r, number, &micros) && format_instant(r, timestamp_format_local, micros, out);
    case AVRO_LOCAL_TIMESTAMP_MICROS:
        return format_instant(r, timestamp_format_local, micros, out);
    default:
        *out = value_int(number);
        return true;
    }
}

static bool read_integer(reader *r, const avro_node *n, value *out)
{
    int64_t number;
    if (!read_long(r, &number))
        return false;
    if (n->type == AVRO_TYPE_INT && (number < INT32_MIN || number > INT32_MAX))
        return fail(r, ERROR_DECODE, "an int has more than 32 bits");
    return show_number(r, n, number, out);
}

static bool read_boolean(reader *r, value *out)
{
    const char *byte;
    if (!take(r, 1, &byte))
        return false;
    if (*byte != 0 && *byte != 1)
        return fail(r, ERROR_DECODE, "a boolean is neither 0 nor 1");
    *out = value_bool(*byte == 1);
    return true;
}

/* Little-endian, `size` bytes. */
static uint64_t load_little(const char *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = size; i-- > 0;)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static bool read_float(reader *r, const avro_node *n, value *out)
{
    const char *bytes;
    if (!take(r, n->size_min, &bytes))
        return false;
    double number;
    if (n->type == AVRO_TYPE_DOUBLE) {
        uint64_t bits = load_little(bytes, 8);
        memcpy(&number, &bits, sizeof number);
    } else {
        uint32_t bits = (uint32_t)load_little(bytes, 4);
        float single;
        memcpy(&single, &bits, sizeof single);
        number = (double)single;
    }
    if (!isfinite(number))
        return fail(r, ERROR_DECODE, "a number is not finite");
    *out = value_float(number);
    return true;
}

/* ---- text and bytes ---- */

static bool read_string(reader *r, value *out)
{
    const char *text;
    size_t size;
    bool ascii;
    if (!read_bytes(r, &text, &size))
        return false;
    if (!utf8_valid(text, size, &ascii))
        return fail(r, ERROR_DECODE, "a string is not UTF-8");
    *out = value_string(text, size);
    out->flags = ascii ? VALUE_ASCII : 0;
    return true;
}

static bool show_base64(reader *r, const char *bytes, size_t size, value *out)
{
    char *text = arena_alloc(r->arena, base64_size(size));
    if (text == NULL)
        return no_memory(r);
    base64_encode(bytes, size, text);
    *out = value_string(text, base64_size(size));
    out->flags = VALUE_ASCII;
    return true;
}

static bool show_bytes(reader *r, const avro_node *n, const char *bytes, size_t size, value *out)
{
    switch ((avro_logical)n->logical) {
    case AVRO_DECIMAL:
        if (size > LIMIT_AVRO_DECIMAL_BYTES)
            return fail(r, ERROR_LIMIT, "a decimal is too long");
        return avro_decimal_text(r->arena, bytes, size, n->scale, out) || no_memory(r);
    case AVRO_UUID:
        return avro_uuid_text(r->arena, bytes, out) || no_memory(r);
    case AVRO_DURATION:
        return avro_duration_text(r->arena, bytes, out) || no_memory(r);
    default:
        return show_base64(r, bytes, size, out);
    }
}

static bool read_binary(reader *r, const avro_node *n, value *out)
{
    const char *bytes;
    size_t size = n->count;
    bool ok = n->type == AVRO_TYPE_FIXED ? take(r, size, &bytes) : read_bytes(r, &bytes, &size);
    return ok && show_bytes(r, n, bytes, size, out);
}

static bool read_enum(reader *r, const avro_node *n, value *out)
{
    int64_t index;
    if (!read_long(r, &index))
        return false;
    if (index < 0 || index >= n->count)
        return fail(r, ERROR_DECODE, "an enum has no symbol of this number");
    *out = n->symbols[index];
    return true;
}

/* ---- arrays and maps ---- */

/* A run of items. Where the writer gave its size in bytes, the items must end there. */
typedef struct block {
    size_t count;    /* 0: the array or map ends here */
    const char *end; /* NULL where not known */
} block;

static bool read_block_size(reader *r, block *b)
{
    int64_t size;
    if (!read_long(r, &size))
        return false;
    if ((uint64_t)size > bytes_left(r)) /* a negative one as well */
        return fail(r, ERROR_DECODE, "a block's size is beyond the end of the data");
    b->end = r->at + size;
    return true;
}

/* item_size_min: as of a node; seen: items read before this block. */
static bool read_block(reader *r, size_t item_size_min, size_t seen, block *b)
{
    int64_t count;
    *b = (block){0};
    if (!read_long(r, &count))
        return false;
    if (count == INT64_MIN)
        return fail(r, ERROR_DECODE, "a block's count is out of range");
    if (count < 0) {
        count = -count;
        if (!read_block_size(r, b))
            return false;
    }
    if (item_size_min == 0 && (uint64_t)count > LIMIT_AVRO_EMPTY_ITEMS - seen)
        return fail(r, ERROR_LIMIT, "an array has too many items that take no byte");
    if (item_size_min > 0 && (uint64_t)count > bytes_left(r) / item_size_min)
        return fail(r, ERROR_DECODE, "a block has more items than the data has bytes for");
    b->count = (size_t)count;
    return true;
}

static bool end_block(reader *r, const block *b)
{
    if (b->end != NULL && r->at != b->end)
        return fail(r, ERROR_DECODE, "a block's items do not have its size");
    return true;
}

static bool read_array(reader *r, const avro_node *n, value *out)
{
    list_builder items;
    list_builder_init(&items, r->arena);
    block b;
    for (;;) {
        if (!read_block(r, n->items->size_min, items.count, &b))
            return false;
        if (b.count == 0)
            break;
        if (!list_builder_reserve(&items, b.count))
            return no_memory(r);
        for (size_t i = 0; i < b.count; i++) {
            value item;
            if (!read_value(r, n->items, &item))
                return false;
            if (!list_builder_add(&items, item))
                return no_memory(r);
        }
        if (!end_block(r, &b))
            return false;
    }
    *out = list_builder_finish(&items);
    return end_block(r, &b);
}

static bool read_entry(reader *r, const avro_node *n, map_builder *entries)
{
    value key, item;
    if (!read_string(r, &key) || !read_value(r, n->items, &item))
        return false;
    return map_builder_put(entries, key, item) || no_memory(r);
}

static bool read_map(reader *r, const avro_node *n, value *out)
{
    map_builder entries;
    map_builder_init(&entries, r->arena);
    block b;
    for (;;) {
        if (!read_block(r, 1 + (size_t)n->items->size_min, entries.count, &b))
            return false;
        if (b.count == 0)
            break;
        for (size_t i = 0; i < b.count; i++)
            if (!read_entry(r, n, &entries))
                return false;
        if (!end_block(r, &b))
            return false;
    }
    *out = map_builder_finish(&entries);
    return end_block(r, &b);
}

/* ---- records and unions ---- */

static bool read_record(reader *r, const avro_node *n, value *out)
{
    value_member *members = map_like(&n->prototype, r->arena, out);
    if (members == NULL)
        return no_memory(r);
    for (uint32_t i = 0; i < n->count; i++) {
        if (read_value(r, n->children[i], &members[i].value))
            continue;
        if (!r->located) {
            r->located = true;
            (void)error_prefix(r->error, "%s.%s", n->name.text, members[i].key.text);
        }
        return false;
    }
    return true;
}

static bool read_union(reader *r, const avro_node *n, value *out)
{
    int64_t index;
    if (!read_long(r, &index))
        return false;
    if (index < 0 || index >= n->count)
        return fail(r, ERROR_DECODE, "a union has no branch of this number");
    return read_value(r, n->children[index], out);
}

static bool read_nested(reader *r, const avro_node *n, value *out)
{
    if (r->depth == LIMIT_VALUE_DEPTH)
        return fail(r, ERROR_LIMIT, "the data is nested too deeply");
    r->depth++;
    bool ok = n->type == AVRO_TYPE_RECORD  ? read_record(r, n, out)
              : n->type == AVRO_TYPE_ARRAY ? read_array(r, n, out)
                                           : read_map(r, n, out);
    r->depth--;
    return ok;
}

static bool read_value(reader *r, const avro_node *n, value *out)
{
    switch ((avro_type)n->type) {
    case AVRO_TYPE_NULL:
        *out = value_null();
        return true;
    case AVRO_TYPE_BOOLEAN:
        return read_boolean(r, out);
    case AVRO_TYPE_INT:
    case AVRO_TYPE_LONG:
        return read_integer(r, n, out);
    case AVRO_TYPE_FLOAT:
    case AVRO_TYPE_DOUBLE:
        return read_float(r, n, out);
    case AVRO_TYPE_STRING:
        return read_string(r, out);
    case AVRO_TYPE_BYTES:
    case AVRO_TYPE_FIXED:
        return read_binary(r, n, out);
    case AVRO_TYPE_ENUM:
        return read_enum(r, n, out);
    case AVRO_TYPE_UNION:
        return read_union(r, n, out);
    case AVRO_TYPE_RECORD:
    case AVRO_TYPE_ARRAY:
    case AVRO_TYPE_MAP:
        return read_nested(r, n, out);
    }
    return fail(r, ERROR_DECODE, "the plan has an unknown type");
}

bool avro_decode(const avro_plan *plan, arena *a, const char *bytes, size_t size, value *out, error *e)
{
    reader r = {.arena = a, .start = bytes, .at = bytes, .end = bytes + size, .error = e};
    if (size > LIMIT_VALUE_COUNT / 2) /* its base64 text must fit a value */
        return fail(&r, ERROR_LIMIT, "the data is too long");
    if (!read_value(&r, plan->root, out))
        return false;
    return r.at == r.end || fail(&r, ERROR_DECODE, "bytes follow the data");
}
