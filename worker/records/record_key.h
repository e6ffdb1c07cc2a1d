/* record_key: the names under which executions are kept, read back (worker/shard/keys.h writes them). */
#ifndef WORKER_RECORD_KEY_H
#define WORKER_RECORD_KEY_H

#include "engine/value/buffer.h"

/* A trigger partition by name, "<topic>/<number>". Borrowed from the text it was read from. */
typedef struct partition_name {
    value topic;
    int32_t number;
} partition_name;

/* False where the text is none, or no Kafka has such a topic. */
MUST_CHECK bool partition_name_read(partition_name *p, const char *text, size_t size);
/* Negative, 0 or positive: by topic, then by number. */
int partition_name_compare(const partition_name *a, const partition_name *b);

/* Reads "<group>:{<topic>/<number>}:execution:<id>". *id borrows from the key, too. False for any other key.
 */
MUST_CHECK bool record_key_read(partition_name *p, value *id, const char *group, const char *key,
                                size_t size);
/* Appends the glob that SCAN takes for all such keys of a group. */
void record_key_write_pattern(buffer *b, const char *group);

#endif
