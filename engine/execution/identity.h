/* identity: the deterministic ids of executions and events (UUID version 5, RFC 9562 section 5.5).
 *
 * The same trigger always gives the same execution, and the same outcome the same event, whoever computes it
 * and however often: that is what makes redelivery harmless to those who read. 0x1F separates parts because
 * no id that carillon accepts contains a control character. */
#ifndef ENGINE_EXECUTION_IDENTITY_H
#define ENGINE_EXECUTION_IDENTITY_H

#include <stdint.h>

#include "engine/value/value.h"

enum { IDENTITY_TEXT_SIZE = 36 };

typedef struct identity {
    unsigned char bytes[16];
    char text[IDENTITY_TEXT_SIZE + 1]; /* lower case, NUL-terminated */
} identity;

/* Where a trigger stands in the log. The topic is borrowed. */
typedef struct origin {
    value topic;
    int32_t partition;
    int64_t offset;
} origin;

/* UUIDv5(carillon, workflow_id 0x1F trigger_id), or of workflow_id 0x1F topic 0x1F partition 0x1F offset
 * where trigger_id is no string. carillon = UUIDv5(DNS, "carillon"). */
identity identity_of_execution(const value *workflow_id, const value *trigger_id, const origin *from);

/* UUIDv5(execution, step_id 0x1F run); the event of the execution itself has the empty step_id. */
identity identity_of_event(const identity *execution, const value *step_id, int64_t run);

typedef struct event_name {
    value step_id;
    int64_t run;
} event_name;

enum { IDENTITIES_AT_ONCE = 8 };

/* The same of up to IDENTITIES_AT_ONCE events. Together they take half as long as one by one. */
void identity_of_events(const identity *execution, const event_name *events, size_t count, identity *out);

/* Reads the text form back; false where it is none. */
MUST_CHECK bool identity_parse(const value *text, identity *out);

#endif
