#include "worker/shard/keys.h"

void key_write(buffer *b, const char *group, const char *topic, int32_t partition, const char *suffix)
{
    buffer_add_text(b, group);
    buffer_add_text(b, ":{");
    buffer_add_text(b, topic);
    buffer_add_byte(b, '/');
    buffer_add_int(b, partition);
    buffer_add_text(b, "}:");
    buffer_add_text(b, suffix);
}

void key_write_execution(buffer *b, const char *group, const char *topic, int32_t partition, const char *id)
{
    key_write(b, group, topic, partition, "execution:");
    buffer_add_text(b, id);
}
