/* trigger: one event from a trigger topic, decoded, its fields found by name.
 *
 * Everything is borrowed from the message's bytes or lives in the arena given to trigger_read. */
#ifndef ENGINE_EXECUTION_TRIGGER_H
#define ENGINE_EXECUTION_TRIGGER_H

#include "engine/execution/identity.h"
#include "engine/value/avro.h"

typedef struct trigger {
    origin origin;
    value workflow_id;  /* string */
    value recipient;    /* string, not empty */
    value data;         /* the payload as received; a string holding JSON is parsed already */
    value metadata;     /* map, empty where the trigger has none */
    value trigger_id;   /* string or null */
    int64_t expires_ms; /* no step begins later; since the epoch, UTC; 0: never */
    value key;          /* of the message: string (any bytes) or null */
    value traceparent;  /* headers of the message: string or null */
    value tracestate;
} trigger;

/* Decodes the body of a message by its writer schema and picks the trigger's fields. origin, key and the
 * trace headers are the caller's to fill. Errors: those of avro_decode; ERROR_TRIGGER (a field is missing or
 * of the wrong type, by name; `data` holds broken JSON; `expires_at` no time), ERROR_EMPTY_RECIPIENT. */
MUST_CHECK bool trigger_read(trigger *t, const avro_plan *plan, arena *a, const char *body, size_t size,
                             error *e);

#endif
