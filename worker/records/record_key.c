#include "worker/records/record_key.h"

static const char before_partition[] = ":{";
static const char before_id[] = "}:execution:";

static const char topic_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

enum { ID_SIZE = 36, DIGITS_MAX = 10, TOPIC_SIZE_MAX = 249 };

static bool is_topic(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (memchr(topic_characters, text[i], sizeof topic_characters - 1) == NULL)
            return false;
    return size > 0 && size <= TOPIC_SIZE_MAX;
}

bool partition_name_read(partition_name *p, const char *text, size_t size)
{
    const char *slash = memrchr(text, '/', size);
    int64_t number = 0;
    if (slash == NULL || !is_topic(text, (size_t)(slash - text)))
        return false;
    size_t digits = (size_t)(text + size - slash - 1);
    if (digits == 0 || digits > DIGITS_MAX || (digits > 1 && slash[1] == '0'))
        return false;
    for (const char *d = slash + 1; d < text + size; d++) {
        if (*d < '0' || *d > '9')
            return false;
        number = number * 10 + (*d - '0');
    }
    *p = (partition_name){value_string(text, (size_t)(slash - text)), (int32_t)number};
    return number <= INT32_MAX;
}

int partition_name_compare(const partition_name *a, const partition_name *b)
{
    size_t common = a->topic.count < b->topic.count ? a->topic.count : b->topic.count;
    int order = memcmp(a->topic.text, b->topic.text, common);
    if (order == 0)
        order = (a->topic.count > b->topic.count) - (a->topic.count < b->topic.count);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* The text goes on with `part`: steps over it. */
static bool skip(const char **text, const char *end, const char *part, size_t size)
{
    if ((size_t)(end - *text) < size || memcmp(*text, part, size) != 0)
        return false;
    *text += size;
    return true;
}

bool record_key_read(partition_name *p, value *id, const char *group, const char *key, size_t size)
{
    const char *end = key + size;
    if (!skip(&key, end, group, strlen(group)) ||
        !skip(&key, end, before_partition, sizeof before_partition - 1))
        return false;
    size_t tail_size = sizeof before_id - 1 + ID_SIZE;
    if ((size_t)(end - key) < tail_size)
        return false;
    const char *tail = end - tail_size;
    if (memcmp(tail, before_id, sizeof before_id - 1) != 0)
        return false;
    *id = value_string(end - ID_SIZE, ID_SIZE);
    return partition_name_read(p, key, (size_t)(tail - key));
}

void record_key_write_pattern(buffer *b, const char *group)
{
    for (const char *c = group; *c != '\0'; c++) {
        if (strchr("*?[]\\", *c) != NULL)
            buffer_add_byte(b, '\\');
        buffer_add_byte(b, *c);
    }
    buffer_add_text(b, before_partition);
    buffer_add_byte(b, '*');
    buffer_add_text(b, before_id);
    buffer_add_byte(b, '*');
}
