/* Open addressing over a table that is at most half full. Fingerprints are spread well already, ids are small
 * and dense: the low bits of either are a hash. */
#include "worker/registry/registry.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/limits.h"

enum { SLOTS_FIRST = 64 };

typedef struct entry {
    uint64_t key;
    avro_plan *plan; /* NULL: free */
} entry;

struct registry {
    entry *slots;
    size_t slot_count; /* a power of two */
    size_t count;
};

registry *registry_new(void)
{
    registry *r = malloc(sizeof *r);
    entry *slots = calloc(SLOTS_FIRST, sizeof *slots);
    if (r == NULL || slots == NULL) {
        free(r);
        free(slots);
        return NULL;
    }
    *r = (registry){.slots = slots, .slot_count = SLOTS_FIRST};
    return r;
}

void registry_free(registry *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->slot_count; i++)
        avro_plan_free(r->slots[i].plan);
    free(r->slots);
    free(r);
}

/* The entry with this key, or the free one where it belongs. */
static entry *find_entry(entry *slots, size_t slot_count, uint64_t key)
{
    size_t i = key & (slot_count - 1);
    while (slots[i].plan != NULL && slots[i].key != key)
        i = (i + 1) & (slot_count - 1);
    return &slots[i];
}

static bool grow(registry *r)
{
    size_t slot_count = r->slot_count * 2;
    entry *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < r->slot_count; i++)
        if (r->slots[i].plan != NULL)
            *find_entry(slots, slot_count, r->slots[i].key) = r->slots[i];
    free(r->slots);
    r->slots = slots;
    r->slot_count = slot_count;
    return true;
}

bool registry_add(registry *r, uint64_t key, avro_plan *plan, error *e)
{
    if (r->count == LIMIT_SCHEMAS)
        return error_set(e, ERROR_LIMIT, 0, "there are more than %d schemas", LIMIT_SCHEMAS);
    if (r->count >= r->slot_count / 2 && !grow(r))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a schema");
    entry *free_entry = find_entry(r->slots, r->slot_count, key);
    assert(free_entry->plan == NULL);
    *free_entry = (entry){.key = key, .plan = plan};
    r->count++;
    return true;
}

const avro_plan *registry_find(const registry *r, uint64_t key)
{
    return find_entry(r->slots, r->slot_count, key)->plan;
}

size_t registry_count(const registry *r)
{
    return r->count;
}
