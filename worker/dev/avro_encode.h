/* avro_encode: JSON-like values written as Avro by avro-c, as a producer would: the demo's triggers come from
 * a peer of the decoder that reads them. */
#ifndef WORKER_DEV_AVRO_ENCODE_H
#define WORKER_DEV_AVRO_ENCODE_H

#include "engine/value/value.h"

/* Encodes `v` by the schema's JSON text, framed as a single object with the schema's fingerprint. *bytes
 * lives in the arena. A union takes null for null, else its first other branch. ERROR_INVALID_SCHEMA,
 * ERROR_DECODE (the value does not fit the schema). */
MUST_CHECK bool avro_encode(const char *schema_text, size_t schema_size, const value *v, arena *a,
                            value *bytes, error *e);

#endif
