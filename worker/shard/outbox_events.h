/* outbox_events: the events of one transition as bytes, as the outbox keeps them in Redis.
 *
 * A byte for the format (1), then each event: its kind (a byte), the topic where that is a request, key,
 * payload, the number of headers (a byte) and each header's name and value; texts as a 32-bit little-endian
 * size and that many bytes, null as the size 2^32 - 1. */
#ifndef WORKER_SHARD_OUTBOX_EVENTS_H
#define WORKER_SHARD_OUTBOX_EVENTS_H

#include "worker/shard/batch.h"

/* Appends all events of the batch. */
void outbox_events_write(buffer *b, const batch *from);
/* Appends the events to the batch, copied. False with ERROR_RECORD where the bytes are none,
 * ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool outbox_events_read(batch *to, const char *bytes, size_t size, error *e);

#endif
