/* delivery_request: the event that asks another service to deliver a step's message, as Avro
 * (schemas/delivery_request.avsc).
 *
 * A provider that delivers by such an event calls the message by the event's own id, which is the step's
 * idempotency key: the step's result keeps that, so that whoever has the record knows that the event belongs
 * to it, and makes the same one to the byte. */
#ifndef ENGINE_EXECUTION_DELIVERY_REQUEST_H
#define ENGINE_EXECUTION_DELIVERY_REQUEST_H

#include "engine/execution/execution.h"

/* The schema's JSON text, from the file in schemas/. */
extern const char delivery_request_schema[];

/* True for a COMPLETED step that was delivered by a request; *message gets the map that is to be delivered,
 * in the arena. False also where that is full. */
MUST_CHECK bool delivery_request_find(const execution *x, size_t step_index, arena *a, value *message);

/* Appends the event's body, without framing. */
void delivery_request_write(buffer *b, const execution *x, size_t step_index, const value *message);

#endif
