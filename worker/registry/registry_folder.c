#include "worker/registry/registry_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "worker/input.h"

static const char ending[] = ".avsc";

/* Hidden names are editors' and Kubernetes' own (a mounted ConfigMap has `..data`). */
static int is_schema(const struct dirent *entry)
{
    const char *name = entry->d_name;
    size_t size = strlen(name);
    return name[0] != '.' && size >= sizeof ending && strcmp(name + size - (sizeof ending - 1), ending) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The registry under construction, and which file gave what. */
typedef struct loader {
    registry *registry;
    struct dirent **entries;
    size_t entry_count;
    uint64_t *fingerprints; /* of the entries before the one that is loaded */
} loader;

static const char *name_of(const loader *l, uint64_t fingerprint)
{
    size_t i = 0;
    while (l->fingerprints[i] != fingerprint)
        i++;
    return l->entries[i]->d_name;
}

static bool add_plan(loader *l, size_t i, avro_plan *plan, error *e)
{
    uint64_t fingerprint = avro_plan_fingerprint(plan);
    if (registry_find(l->registry, fingerprint) != NULL)
        return error_set(e, ERROR_INVALID_SCHEMA, 0,
                         "has the fingerprint of %s: messages could not tell them apart",
                         name_of(l, fingerprint));
    l->fingerprints[i] = fingerprint;
    return registry_add(l->registry, fingerprint, plan, e);
}

static bool load_text(loader *l, size_t i, const char *path, const char *text, size_t size, error *e)
{
    avro_plan *plan = avro_plan_new(text, size, e);
    if (plan != NULL && add_plan(l, i, plan, e))
        return true;
    avro_plan_free(plan);
    return error_prefix(e, "%s", path);
}

static bool load_file(loader *l, size_t i, const char *folder, error *e)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, l->entries[i]->d_name) < 0)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "%s: no memory for a path", folder);
    size_t size;
    char *text = input_read_file(path, LIMIT_AVRO_SCHEMA_BYTES, &size, e);
    bool ok = text != NULL && load_text(l, i, path, text, size, e);
    free(text);
    free(path);
    return ok;
}

static bool load_files(loader *l, const char *folder, error *e)
{
    l->registry = registry_new();
    l->fingerprints = calloc(l->entry_count + 1, sizeof *l->fingerprints);
    if (l->registry == NULL || l->fingerprints == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "%s: no memory for its schemas", folder);
    for (size_t i = 0; i < l->entry_count; i++)
        if (!load_file(l, i, folder, e))
            return false;
    return true;
}

registry *registry_folder_load(const char *path, error *e)
{
    loader l = {0};
    int count = scandir(path, &l.entries, is_schema, compare_names);
    if (count < 0) {
        (void)error_set(e, ERROR_SYSTEM, 0, "%s: the folder cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    l.entry_count = (size_t)count;
    if (!load_files(&l, path, e)) {
        registry_free(l.registry);
        l.registry = NULL;
    }
    for (size_t i = 0; i < l.entry_count; i++)
        free(l.entries[i]);
    free(l.entries);
    free(l.fingerprints);
    return l.registry;
}
