#include "engine/workflow/catalog.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "engine/limits.h"

/* A look-up does not touch the workflows: of thousands, hardly one is in a cache. */
typedef struct slot {
    const workflow *workflow; /* NULL: free */
    uint32_t hash;
    uint32_t id_at; /* in `ids`: the id's size, one byte, then the id */
} slot;

struct catalog {
    atomic_uint references;
    size_t count;
    slot *slots; /* open addressing, at most half of them taken */
    size_t slot_mask;
    char *ids;                   /* of all workflows, one behind the other */
    const workflow *workflows[]; /* by id; each holds a reference */
};

static int compare_ids(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

/* Equal ids by file, so that the finding about them does not depend on qsort. */
static int compare_workflows(const void *a, const void *b)
{
    const workflow *left = *(const workflow *const *)a;
    const workflow *right = *(const workflow *const *)b;
    int order = compare_ids(left->id.text, left->id.count, right->id.text, right->id.count);
    return order != 0 ? order : strcmp(left->file, right->file);
}

static bool check_unique(const catalog *c, workflow_findings *f)
{
    bool unique = true;
    for (size_t i = 1; i < c->count; i++) {
        const workflow *first = c->workflows[i - 1];
        const workflow *second = c->workflows[i];
        if (!value_same_text(&first->id, &second->id))
            continue;
        unique = false;
        workflow_findings_add_taken_id(f, second->file, second->line, second->id.text, first->file,
                                       first->line);
    }
    return unique;
}

static void destroy(catalog *c)
{
    free(c->slots);
    free(c->ids);
    free(c);
}

static void release_all(const workflow *const *workflows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        workflow_release(workflows[i]);
}

/* Ids are their authors' choice, not the triggers': nobody else can make slots collide. */
static uint32_t hash_id(const value *id)
{
    return value_hash(id, 0);
}

/* Makes room; false without memory. */
static bool reserve(catalog *c)
{
    size_t slot_count = 2;
    while (slot_count < 2 * c->count)
        slot_count *= 2;
    size_t ids_size = 0;
    for (size_t i = 0; i < c->count; i++)
        ids_size += 1 + c->workflows[i]->id.count;
    c->slots = calloc(slot_count, sizeof *c->slots);
    c->slot_mask = slot_count - 1;
    c->ids = malloc(ids_size + 1);
    return c->slots != NULL && c->ids != NULL && ids_size <= UINT32_MAX;
}

static_assert(LIMIT_IDENTIFIER_BYTES <= UINT8_MAX, "the size of an id is a byte");

static void fill_slots(catalog *c)
{
    char *to = c->ids;
    for (size_t i = 0; i < c->count; i++) {
        const value *id = &c->workflows[i]->id;
        uint32_t hash = hash_id(id);
        size_t at = hash & c->slot_mask;
        while (c->slots[at].workflow != NULL)
            at = (at + 1) & c->slot_mask;
        c->slots[at] = (slot){.workflow = c->workflows[i], .hash = hash, .id_at = (uint32_t)(to - c->ids)};
        *to++ = (char)id->count;
        memcpy(to, id->text, id->count);
        to += id->count;
    }
}

/* Takes the workflows only where there is memory. */
static catalog *make(const workflow *const *workflows, size_t count)
{
    catalog *c = calloc(1, sizeof *c + count * sizeof *c->workflows);
    if (c == NULL)
        return NULL;
    atomic_init(&c->references, 1);
    c->count = count;
    if (count > 0)
        memcpy(c->workflows, workflows, count * sizeof *c->workflows);
    if (!reserve(c)) {
        destroy(c);
        return NULL;
    }
    if (count > 0)
        qsort(c->workflows, count, sizeof *c->workflows, compare_workflows);
    fill_slots(c);
    return c;
}

const catalog *catalog_new(const workflow *const *workflows, size_t count, workflow_findings *f)
{
    catalog *c = make(workflows, count);
    if (c == NULL) {
        release_all(workflows, count);
        workflow_findings_add_file(f, "catalog", 0, RULE_LIMIT, "no memory for %zu workflows", count);
        return NULL;
    }
    if (check_unique(c, f))
        return c;
    catalog_release(c);
    return NULL;
}

static catalog *owner(const catalog *c)
{
    return (catalog *)(uintptr_t)c;
}

const catalog *catalog_retain(const catalog *c)
{
    atomic_fetch_add_explicit(&owner(c)->references, 1, memory_order_relaxed);
    return c;
}

void catalog_release(const catalog *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&owner(c)->references, 1, memory_order_acq_rel) > 1)
        return;
    release_all(c->workflows, c->count);
    destroy(owner(c));
}

static bool has_id(const catalog *c, const slot *s, const char *id, size_t id_size)
{
    const char *own = c->ids + s->id_at;
    return (unsigned char)*own == id_size && memcmp(own + 1, id, id_size) == 0;
}

const workflow *catalog_find(const catalog *c, const char *id, size_t id_size)
{
    const value wanted = value_string(id, id_size);
    uint32_t hash = hash_id(&wanted);
    for (size_t at = hash & c->slot_mask;; at = (at + 1) & c->slot_mask) {
        const slot *s = &c->slots[at];
        if (s->workflow == NULL || (s->hash == hash && has_id(c, s, id, id_size)))
            return s->workflow;
    }
}

size_t catalog_count(const catalog *c)
{
    return c->count;
}

const workflow *catalog_at(const catalog *c, size_t index)
{
    assert(index < c->count);
    return c->workflows[index];
}
