#include "engine/workflow/catalog.h"

#include <stdatomic.h>
#include <stdlib.h>

struct catalog {
    atomic_uint references;
    size_t count;
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
        workflow_findings_add_file(f, second->file, second->line, RULE_UNIQUE_WORKFLOW_ID,
                                   "the workflow_id \"%s\" is taken in %s:%zu", second->id.text, first->file,
                                   first->line);
    }
    return unique;
}

static void release_all(const workflow *const *workflows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        workflow_release(workflows[i]);
}

const catalog *catalog_new(const workflow *const *workflows, size_t count, workflow_findings *f)
{
    catalog *c = malloc(sizeof *c + count * sizeof *c->workflows);
    if (c == NULL) {
        release_all(workflows, count);
        workflow_findings_add_file(f, "catalog", 0, RULE_LIMIT, "no memory for %zu workflows", count);
        return NULL;
    }
    atomic_init(&c->references, 1);
    c->count = count;
    if (count > 0) {
        memcpy(c->workflows, workflows, count * sizeof *c->workflows);
        qsort(c->workflows, count, sizeof *c->workflows, compare_workflows);
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
    free(owner(c));
}

const workflow *catalog_find(const catalog *c, const char *id, size_t id_size)
{
    size_t low = 0;
    size_t high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const workflow *w = c->workflows[middle];
        int order = compare_ids(id, id_size, w->id.text, w->id.count);
        if (order == 0)
            return w;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
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
