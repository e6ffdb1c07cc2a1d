/* What stands before the data in a message, and the primitives of Avro's binary encoding for writing. */
#include "engine/value/avro_plan.h"

enum {
    SINGLE_OBJECT_SIZE = AVRO_FRAME_SIZE, /* C3 01, fingerprint */
    CONFLUENT_SIZE = 5,                   /* 00, schema id */
};

static uint64_t load_fingerprint(const unsigned char *bytes)
{
    uint64_t fingerprint = 0;
    for (int i = 7; i >= 0; i--)
        fingerprint = fingerprint << 8 | bytes[i];
    return fingerprint;
}

static uint64_t load_schema_id(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

bool avro_frame_read(const char *bytes, size_t size, avro_frame *frame, error *e)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (size >= SINGLE_OBJECT_SIZE && b[0] == 0xC3 && b[1] == 0x01) {
        *frame = (avro_frame){AVRO_SINGLE_OBJECT, load_fingerprint(b + 2), SINGLE_OBJECT_SIZE};
        return true;
    }
    if (size >= CONFLUENT_SIZE && b[0] == 0x00) {
        *frame = (avro_frame){AVRO_CONFLUENT, load_schema_id(b + 1), CONFLUENT_SIZE};
        return true;
    }
    return error_set(e, ERROR_DECODE, 0,
                     "the message begins neither as Avro single-object encoding nor as Confluent's");
}

void avro_write_frame(buffer *b, uint64_t fingerprint)
{
    char header[SINGLE_OBJECT_SIZE] = {(char)0xC3, 0x01};
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        fingerprint = __builtin_bswap64(fingerprint);
    memcpy(header + 2, &fingerprint, sizeof fingerprint);
    buffer_add(b, header, sizeof header);
}

void avro_write_long(buffer *b, int64_t n)
{
    if (buffer_has_room(b, AVRO_LONG_SIZE_MAX))
        b->size = (size_t)(avro_put_long(b->bytes + b->size, n) - b->bytes);
}

void avro_write_string(buffer *b, const char *text, size_t size)
{
    avro_write_long(b, (int64_t)size);
    buffer_add(b, text, size);
}
