/* inbox_keys: where a recipient's inbox is in Redis.
 *
 *   <group>:inbox:{<recipient>}:items    hash: id -> the item as JSON
 *   <group>:inbox:{<recipient>}:index    sorted set: id by time of arrival in ms
 *   <group>:inbox:{<recipient>}:unread   sorted set: the same, of those that nobody has read
 *   <group>:inbox:{<recipient>}:gone     sorted set: id of what has left by the time when it did
 *   <group>:inbox:{<recipient>}          pub/sub: {"event":"appended","id":"...","unread":3}
 *
 * An id is the delivery's idempotency key. The hash tag keeps all of a recipient's on one slot of a cluster.
 * `gone` is what makes an item that was archived or pushed out stay out when its delivery is repeated. */
#ifndef WORKER_CHANNEL_INBOX_KEYS_H
#define WORKER_CHANNEL_INBOX_KEYS_H

#include "engine/value/buffer.h"

typedef enum inbox_key { INBOX_ITEMS, INBOX_INDEX, INBOX_UNREAD, INBOX_GONE, INBOX_KEY_COUNT } inbox_key;

typedef struct inbox_keys {
    value names[INBOX_KEY_COUNT]; /* strings */
    value channel;
} inbox_keys;

/* Texts are in the arena. False where that is full. */
MUST_CHECK bool inbox_keys_init(inbox_keys *k, arena *a, const char *group, const value *recipient);

#endif
