/* keys: the names under which Redis keeps what belongs to a trigger partition. All of a partition's begin
 * with "<group>:{<topic>/<partition>}:", whose braces put them into one slot of a Redis Cluster.
 *
 *   fence            text: the token of the partition's owner
 *   execution:<id>   text: an execution's record
 *   pending          sorted set, scores 0: what waits or was handed over, by due time (timers.h)
 *   outbox           hash: number -> events not published yet, and `last`, the highest number given
 *   commands         list: what people ask of the owner
 *
 * "<group>:partitions" is the set of all "<topic>/<partition>" that ever had an owner. */
#ifndef WORKER_SHARD_KEYS_H
#define WORKER_SHARD_KEYS_H

#include "engine/value/buffer.h"

enum { KEY_BYTES_MAX = 1024 };

/* Appends one of a partition's keys; `suffix` as above. */
void key_write(buffer *b, const char *group, const char *topic, int32_t partition, const char *suffix);
/* Appends "execution:<id>" likewise. */
void key_write_execution(buffer *b, const char *group, const char *topic, int32_t partition, const char *id);

#endif
