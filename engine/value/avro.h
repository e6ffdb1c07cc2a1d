/* avro: Avro binary data to values, by the writer's schema, and the primitives to write it (Avro 1.11
 * specification).
 *
 * avro-c checks the schema's text; reading is ours, because wire lengths must be bounded before they become
 * memory. A compiled plan is immutable and may be used by many threads at once. */
#ifndef ENGINE_VALUE_AVRO_H
#define ENGINE_VALUE_AVRO_H

#include "engine/value/buffer.h"
#include "engine/value/value.h"

typedef struct avro_plan avro_plan;

/* Compiles a schema's JSON text. NULL with ERROR_INVALID_SCHEMA, ERROR_LIMIT or ERROR_OUT_OF_MEMORY. */
MUST_CHECK avro_plan *avro_plan_new(const char *text, size_t size, error *e);
void avro_plan_free(avro_plan *plan); /* NULL is allowed */

/* CRC-64-AVRO of the schema's Parsing Canonical Form. */
uint64_t avro_plan_fingerprint(const avro_plan *plan);
/* The Parsing Canonical Form; NUL-terminated, lives as long as the plan. */
const char *avro_plan_canonical(const avro_plan *plan);

/* Decodes exactly [bytes, bytes + size) into values as pydantic's JSON mode shows them:
 *
 *     int, long               int
 *     float, double           float; NaN and infinities are refused
 *     string, uuid            the text, borrowed from `bytes`
 *     bytes, fixed            base64 text
 *     enum                    its symbol
 *     array; map, record      list; map
 *     union                   its branch, bare
 *     date, time-*            "2026-11-24", "11:53:05", "11:53:05.123000"
 *     timestamp-*             "2026-11-24T11:53:05Z", "2026-11-24T11:53:05.123000Z"
 *     local-timestamp-*       the same without Z
 *     decimal                 exact text as Python's str(Decimal): "12.50", "1E-7"
 *     uuid of a fixed         "77fe8e62-387b-5d93-96cc-e6fa17ff24ce"
 *     duration                ISO 8601: "P3M4DT5.006S", "PT0S"
 *
 * A logical type that is not here, or that does not fit its type, is ignored. Keys, symbols and member
 * indexes are shared with the plan; what remains lives in the arena.
 *
 * Errors, with the byte and the innermost field: ERROR_DECODE (short, trailing bytes, a number or index out
 * of range, a date outside the years 1 to 9999, a boolean that is neither, text that is not UTF-8, a block
 * whose count the bytes that are left cannot hold or whose size is wrong), ERROR_LIMIT (LIMIT_VALUE_DEPTH,
 * LIMIT_AVRO_EMPTY_ITEMS, LIMIT_AVRO_DECIMAL_BYTES, the arena's budget), ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool avro_decode(const avro_plan *plan, arena *a, const char *bytes, size_t size, value *out,
                            error *e);

typedef enum avro_framing {
    AVRO_SINGLE_OBJECT, /* C3 01, 8-byte little-endian fingerprint */
    AVRO_CONFLUENT,     /* 00, 4-byte big-endian schema id */
} avro_framing;

typedef struct avro_frame {
    avro_framing framing;
    uint64_t schema;    /* fingerprint or id */
    size_t header_size; /* the body begins here */
} avro_frame;

/* Reads the frame's header. ERROR_DECODE where it has neither form. */
MUST_CHECK bool avro_frame_read(const char *bytes, size_t size, avro_frame *frame, error *e);

/* Writing: each appends one encoded piece. Records are their fields in order. */
void avro_write_frame(buffer *b, uint64_t fingerprint); /* single-object header */
void avro_write_long(buffer *b, int64_t n);             /* also int, enum index, union branch */
void avro_write_string(buffer *b, const char *text, size_t size);

/* What a single-object header takes, and at most a long, and the length before a string of up to 4 GiB. */
enum { AVRO_FRAME_SIZE = 10, AVRO_LONG_SIZE_MAX = 10, AVRO_LENGTH_SIZE_MAX = 5 };

/* Writing where there is room, as the caller knows from the sizes above. Each returns where it has ended. */
static inline char *avro_put_long(char *to, int64_t n)
{
    /* zigzag: small numbers of either sign are short */
    uint64_t rest = (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
    for (; rest >= 0x80; rest >>= 7)
        *to++ = (char)(rest | 0x80);
    *to++ = (char)rest;
    return to;
}

static inline char *avro_put_string(char *to, const char *text, size_t size)
{
    to = avro_put_long(to, (int64_t)size);
    if (size > 0)
        memcpy(to, text, size);
    return to + size;
}

#endif
