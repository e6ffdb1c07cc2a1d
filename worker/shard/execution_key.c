#include "worker/shard/execution_key.h"

#include "worker/shard/keys.h"
#include "worker/shard/resp.h"

enum { ID_SIZE = sizeof((identity *)0)->text - 1, CHUNK_BYTES = 512, MEMORY_BYTES = 4 * KEY_BYTES_MAX };

void execution_key_init(execution_key *k, const config *c)
{
    *k = (execution_key){.config = c};
    arena_init(&k->memory, CHUNK_BYTES, MEMORY_BYTES);
}

void execution_key_free(execution_key *k)
{
    arena_free(&k->memory);
}

static void write_head(execution_key *k, uint32_t topic, int32_t partition)
{
    buffer name;
    arena_reset(&k->memory);
    buffer_init(&name, &k->memory, KEY_BYTES_MAX);
    buffer_init(&k->head, &k->memory, KEY_BYTES_MAX);
    key_write_execution(&name, k->config->group, k->config->triggers.items[topic], partition, "");
    resp_open(&k->head, name.size + ID_SIZE);
    buffer_add(&k->head, name.bytes, name.size);
    if (name.failed)
        buffer_fail(&k->head);
    k->topic = topic;
    k->partition = partition;
}

void execution_key_write(execution_key *k, buffer *b, const char *before, size_t before_size, uint32_t topic,
                         int32_t partition, const identity *id)
{
    if (k->head.size == 0 || k->topic != topic || k->partition != partition)
        write_head(k, topic, partition);
    if (k->head.failed)
        buffer_fail(b);
    if (!buffer_has_room(b, before_size + k->head.size + ID_SIZE + 2))
        return;
    char *at = b->bytes + b->size;
    memcpy(at, before, before_size);
    memcpy(at += before_size, k->head.bytes, k->head.size);
    memcpy(at += k->head.size, id->text, ID_SIZE);
    memcpy(at + ID_SIZE, "\r\n", 2);
    b->size = (size_t)(at + ID_SIZE + 2 - b->bytes);
}
