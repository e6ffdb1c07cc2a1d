/* Logical types: which one a schema's object has, and those that are more than a number of some unit
 * (decimal, uuid, duration) as text. */
#include "engine/limits.h"
#include "engine/value/avro_plan.h"

enum {
    LIMB_COUNT = LIMIT_AVRO_DECIMAL_BYTES / 4,
    /* 8 bits are 2.41 digits; nine at a time are written, so the highest group may hold zeros. */
    DIGITS_SIZE = LIMIT_AVRO_DECIMAL_BYTES * 241 / 100 + 9,
    GROUP = 1000000000,
    GROUP_DIGITS = 9,
    /* Python writes an exponent where more than this many zeros would follow the point. */
    LEADING_ZEROS_MAX = 5,
};

static_assert(LIMIT_AVRO_DECIMAL_BYTES % 4 == 0, "decimals are cut into limbs of 4 bytes");

static value finish_text(const char *text, size_t size)
{
    value v = value_string(text, size);
    v.flags = VALUE_ASCII;
    return v;
}

/* ---- which ---- */

/* A fixed of n bytes holds floor(log10(2^(8n-1) - 1)) digits. */
static int64_t fixed_digits(uint32_t size)
{
    return size == 0 ? 0 : (int64_t)(((double)size * 8 - 1) * 0.30102999566398119521);
}

static bool decimal_fits(const value *type, const avro_node *n, uint32_t *scale)
{
    const value *precision = value_field(type, "precision");
    const value *given_scale = value_field(type, "scale");
    value zero = value_int(0);
    if (given_scale == NULL)
        given_scale = &zero;
    if (precision == NULL || precision->kind != VALUE_INT || given_scale->kind != VALUE_INT ||
        given_scale->integer < 0 || given_scale->integer > precision->integer || precision->integer < 1 ||
        precision->integer > INT32_MAX)
        return false;
    *scale = (uint32_t)given_scale->integer;
    return n->type == AVRO_TYPE_BYTES || precision->integer <= fixed_digits(n->count);
}

avro_logical avro_logical_of(const value *type, const avro_node *n, uint32_t *scale)
{
    static const struct {
        const char *name;
        avro_type type;
        uint32_t fixed_size; /* 0: any */
        avro_logical logical;
    } known[] = {
        {"decimal", AVRO_TYPE_BYTES, 0, AVRO_DECIMAL},
        {"decimal", AVRO_TYPE_FIXED, 0, AVRO_DECIMAL},
        {"uuid", AVRO_TYPE_FIXED, 16, AVRO_UUID},
        {"duration", AVRO_TYPE_FIXED, 12, AVRO_DURATION},
        {"date", AVRO_TYPE_INT, 0, AVRO_DATE},
        {"time-millis", AVRO_TYPE_INT, 0, AVRO_TIME_MILLIS},
        {"time-micros", AVRO_TYPE_LONG, 0, AVRO_TIME_MICROS},
        {"timestamp-millis", AVRO_TYPE_LONG, 0, AVRO_TIMESTAMP_MILLIS},
        {"timestamp-micros", AVRO_TYPE_LONG, 0, AVRO_TIMESTAMP_MICROS},
        {"local-timestamp-millis", AVRO_TYPE_LONG, 0, AVRO_LOCAL_TIMESTAMP_MILLIS},
        {"local-timestamp-micros", AVRO_TYPE_LONG, 0, AVRO_LOCAL_TIMESTAMP_MICROS},
    };
    const value *name = value_field(type, "logicalType");
    if (name == NULL)
        return AVRO_PLAIN;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (n->type == known[i].type && value_is_text(name, known[i].name)) {
            bool fits = known[i].logical == AVRO_DECIMAL
                            ? decimal_fits(type, n, scale)
                            : known[i].fixed_size == 0 || n->count == known[i].fixed_size;
            return fits ? known[i].logical : AVRO_PLAIN;
        }
    return AVRO_PLAIN;
}

/* ---- decimal ---- */

/* The magnitude of a two's complement number as 32-bit limbs, lowest first; returns their count. */
static size_t load_magnitude(const char *bytes, size_t size, bool negative, uint32_t limbs[LIMB_COUNT])
{
    size_t count = (size + 3) / 4;
    memset(limbs, 0, count * sizeof *limbs);
    uint32_t carry = negative; /* -x is ~x + 1 */
    for (size_t i = 0; i < size; i++) {
        uint32_t byte = (unsigned char)bytes[size - 1 - i];
        uint32_t sum = (negative ? ~byte & 0xFF : byte) + carry;
        carry = sum >> 8;
        limbs[i / 4] |= (sum & 0xFF) << (i % 4 * 8);
    }
    /* The carry goes nowhere: the magnitude of -2^(n-1) fits n bits without a sign. */
    return count;
}

/* Divides by GROUP in place and returns the remainder. */
static uint32_t divide_by_group(uint32_t *limbs, size_t *count)
{
    uint64_t remainder = 0;
    for (size_t i = *count; i-- > 0;) {
        uint64_t dividend = remainder << 32 | limbs[i];
        limbs[i] = (uint32_t)(dividend / GROUP);
        remainder = dividend % GROUP;
    }
    while (*count > 0 && limbs[*count - 1] == 0)
        --*count;
    return (uint32_t)remainder;
}

/* Writes the digits to the end of `digits`, at least one; returns where they begin. */
static size_t write_digits(uint32_t *limbs, size_t count, char digits[DIGITS_SIZE])
{
    size_t start = DIGITS_SIZE;
    while (count > 0) {
        uint32_t group = divide_by_group(limbs, &count);
        for (int i = 0; i < GROUP_DIGITS; i++, group /= 10)
            digits[--start] = (char)('0' + group % 10);
    }
    while (start < DIGITS_SIZE && digits[start] == '0')
        start++;
    if (start == DIGITS_SIZE)
        digits[--start] = '0';
    return start;
}

/* Digits with the point `scale` from the right: 12.50, 0.05, 5E-9. */
static void write_decimal(buffer *b, const char *digits, size_t count, uint32_t scale)
{
    if (scale == 0) {
        buffer_add(b, digits, count);
    } else if (scale < count) {
        buffer_add(b, digits, count - scale);
        buffer_add_byte(b, '.');
        buffer_add(b, digits + count - scale, scale);
    } else if (scale - count <= LEADING_ZEROS_MAX) {
        buffer_add_text(b, "0.");
        buffer_add(b, "00000", scale - count);
        buffer_add(b, digits, count);
    } else {
        buffer_add_byte(b, digits[0]);
        if (count > 1) {
            buffer_add_byte(b, '.');
            buffer_add(b, digits + 1, count - 1);
        }
        buffer_add_byte(b, 'E');
        buffer_add_int(b, (int64_t)count - 1 - scale);
    }
}

bool avro_decimal_text(arena *a, const char *bytes, size_t size, uint32_t scale, value *out)
{
    if (size > LIMIT_AVRO_DECIMAL_BYTES)
        return false;
    uint32_t limbs[LIMB_COUNT];
    char digits[DIGITS_SIZE];
    bool negative = size > 0 && (bytes[0] & 0x80) != 0;
    size_t start = write_digits(limbs, load_magnitude(bytes, size, negative, limbs), digits);
    buffer b;
    buffer_init(&b, a, DIGITS_SIZE + 32);
    if (negative)
        buffer_add_byte(&b, '-');
    write_decimal(&b, digits + start, DIGITS_SIZE - start, scale);
    *out = finish_text(b.bytes, b.size);
    return !b.failed;
}

/* ---- uuid ---- */

bool avro_uuid_text(arena *a, const char bytes[16], value *out)
{
    static const char hex[] = "0123456789abcdef";
    char *text = arena_alloc(a, 36);
    if (text == NULL)
        return false;
    *out = finish_text(text, 36);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = hex[(unsigned char)bytes[i] >> 4];
        *text++ = hex[bytes[i] & 15];
    }
    return true;
}

/* ---- duration ---- */

static uint32_t load_uint32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void write_unit(buffer *b, uint32_t number, char unit)
{
    if (number == 0)
        return;
    buffer_add_int(b, number);
    buffer_add_byte(b, unit);
}

bool avro_duration_text(arena *a, const char bytes[12], value *out)
{
    uint32_t months = load_uint32(bytes);
    uint32_t days = load_uint32(bytes + 4);
    uint32_t millis = load_uint32(bytes + 8);
    buffer b;
    buffer_init(&b, a, 64);
    buffer_add_byte(&b, 'P');
    write_unit(&b, months, 'M');
    write_unit(&b, days, 'D');
    if (millis % 1000 != 0)
        buffer_format(&b, "T%u.%03uS", millis / 1000, millis % 1000);
    else if (millis > 0 || (months == 0 && days == 0))
        buffer_format(&b, "T%uS", millis / 1000);
    *out = finish_text(b.bytes, b.size);
    return !b.failed;
}
