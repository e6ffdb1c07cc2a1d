/* avro_plan: a compiled Avro schema, as the reader walks it. Private to the avro_*.c files.
 *
 * A plan is a graph of nodes in one arena, immutable once avro_plan_new has returned. A recursive type is a
 * cycle in it. */
#ifndef ENGINE_VALUE_AVRO_PLAN_H
#define ENGINE_VALUE_AVRO_PLAN_H

#include "engine/value/avro.h"

typedef enum avro_type {
    AVRO_TYPE_NULL,
    AVRO_TYPE_BOOLEAN,
    AVRO_TYPE_INT,
    AVRO_TYPE_LONG,
    AVRO_TYPE_FLOAT,
    AVRO_TYPE_DOUBLE,
    AVRO_TYPE_BYTES,
    AVRO_TYPE_STRING,
    AVRO_TYPE_ARRAY,
    AVRO_TYPE_MAP,
    AVRO_TYPE_UNION,
    AVRO_TYPE_RECORD, /* from here on: types that have a name */
    AVRO_TYPE_ENUM,
    AVRO_TYPE_FIXED,
} avro_type;

/* Those that change how a value is shown. One that is not here, or that does not fit its type, is ignored, as
 * the specification demands. */
typedef enum avro_logical {
    AVRO_PLAIN,
    AVRO_DECIMAL,
    AVRO_UUID, /* of a fixed; on a string it changes nothing */
    AVRO_DURATION,
    AVRO_DATE,
    AVRO_TIME_MILLIS,
    AVRO_TIME_MICROS,
    AVRO_TIMESTAMP_MILLIS,
    AVRO_TIMESTAMP_MICROS,
    AVRO_LOCAL_TIMESTAMP_MILLIS,
    AVRO_LOCAL_TIMESTAMP_MICROS,
} avro_logical;

typedef struct avro_node avro_node;

struct avro_node {
    uint8_t type;      /* avro_type */
    uint8_t logical;   /* avro_logical */
    uint32_t count;    /* fields, symbols or branches; a fixed's bytes */
    uint32_t scale;    /* of a decimal */
    uint32_t size_min; /* no value takes fewer bytes (0 while a recursive type is compiled) */
    union {
        const avro_node *items;           /* array, map */
        const avro_node *const *children; /* record: its fields' types; union: its branches */
        const value *symbols;             /* enum */
    };
    value prototype;       /* record: a map with its fields' names */
    value name;            /* record, enum, fixed: the full name, NUL-terminated */
    uint32_t number;       /* of the named types of a schema, from 0 */
    avro_node *next_named; /* the named type before this one */
};

struct avro_plan {
    arena arena;
    const avro_node *root;
    const char *canonical; /* NUL-terminated */
    uint64_t fingerprint;
};

/* "null", "record", ... Static. */
const char *avro_type_name(avro_type type);

/* Appends the Parsing Canonical Form. */
void avro_canonical_write(buffer *b, const avro_node *root);
/* CRC-64-AVRO. */
uint64_t avro_fingerprint(const char *bytes, size_t size);

/* The logical type of a node by the attributes of its JSON object, AVRO_PLAIN where it has none that fits.
 * *scale gets that of a decimal. */
avro_logical avro_logical_of(const value *type, const avro_node *n, uint32_t *scale);

/* Logical types as text in the arena. False without memory or past its budget (arena_failure tells), and for
 * a decimal longer than LIMIT_AVRO_DECIMAL_BYTES. */
MUST_CHECK bool avro_decimal_text(arena *a, const char *bytes, size_t size, uint32_t scale, value *out);
MUST_CHECK bool avro_uuid_text(arena *a, const char bytes[16], value *out);
MUST_CHECK bool avro_duration_text(arena *a, const char bytes[12], value *out);

#endif
