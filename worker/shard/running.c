#include "worker/shard/running.h"

#include <stdlib.h>

bool running_init(running *r, uint32_t expected)
{
    uint32_t size = 64;
    while (size < expected)
        size *= 2;
    r->buckets = calloc(size, sizeof(running_entry *));
    r->mask = size - 1;
    return r->buckets != NULL;
}

void running_free(running *r)
{
    free(r->buckets);
    *r = (running){0};
}

/* Ids are hashes (UUIDv5): any 32 bits of them spread well. Bytes 6 and 8 carry version and variant. */
static running_entry **bucket_of(const running *r, const identity *id)
{
    uint32_t hash;
    memcpy(&hash, id->bytes, sizeof hash);
    return &r->buckets[hash & r->mask];
}

running_entry *running_add(running *r, running_entry *entry)
{
    running_entry **bucket = bucket_of(r, &entry->id);
    for (running_entry *other = *bucket; other != NULL; other = other->next)
        if (memcmp(other->id.bytes, entry->id.bytes, sizeof entry->id.bytes) == 0)
            return other;
    entry->next = *bucket;
    *bucket = entry;
    return NULL;
}

void running_remove(running *r, running_entry *entry)
{
    running_entry **link = bucket_of(r, &entry->id);
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
}
