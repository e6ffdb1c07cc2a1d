#include "worker/catalog_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/limits.h"
#include "worker/input.h"

static bool ends_with(const char *name, const char *ending)
{
    size_t name_size = strlen(name);
    size_t ending_size = strlen(ending);
    return name_size > ending_size && strcmp(name + name_size - ending_size, ending) == 0;
}

/* Hidden names are editors' and Kubernetes' own (a mounted ConfigMap has `..data`). */
static int is_document(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' &&
           (ends_with(name, ".yaml") || ends_with(name, ".yml") || ends_with(name, ".json"));
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* What has compiled so far. */
typedef struct collection {
    const workflow **items;
    size_t count;
    size_t capacity;
    workflow_findings *findings;
} collection;

static bool add_workflow(collection *c, const workflow *w)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity == 0 ? 16 : c->capacity * 2;
        const workflow **items =
            c->count >= LIMIT_CATALOG_WORKFLOWS ? NULL : reallocarray(c->items, capacity, sizeof *items);
        if (items == NULL)
            return false;
        c->items = items;
        c->capacity = capacity;
    }
    c->items[c->count++] = w;
    return true;
}

static void compile_text(collection *c, const char *path, const char *text, size_t size)
{
    arena memory;
    document d;
    error e;
    arena_init(&memory, 64 << 10, LIMIT_DOCUMENT_MEMORY);
    if (document_read(&d, &memory, path, text, size, &e)) {
        const workflow *w = workflow_compile(&d, NULL, c->findings);
        if (w != NULL && !add_workflow(c, w)) {
            workflow_findings_add_file(c->findings, path, 0, RULE_LIMIT, "more than %d workflows",
                                       LIMIT_CATALOG_WORKFLOWS);
            workflow_release(w);
        }
    } else {
        workflow_findings_add_error(c->findings, path, &e);
    }
    arena_free(&memory);
}

static void load_file(collection *c, const char *path)
{
    size_t size;
    error e;
    char *text = input_read_file(path, LIMIT_DOCUMENT_BYTES, &size, &e);
    if (text == NULL)
        workflow_findings_add_file(c->findings, path, 0, RULE_FILE, "%s", e.message);
    else
        compile_text(c, path, text, size);
    free(text);
}

static void load_entry(collection *c, const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        workflow_findings_add_file(c->findings, name, 0, RULE_FILE, "no memory for its path");
        return;
    }
    load_file(c, path);
    free(path);
}

static void load_folder(collection *c, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_document, compare_names);
    if (count < 0) {
        workflow_findings_add_file(c->findings, path, 0, RULE_FILE, "the folder cannot be read: %s",
                                   strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        load_entry(c, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* Even with findings so far the catalog is tried, for the duplicates among the sound ones. */
static const catalog *finish(collection *c, size_t findings_before)
{
    const catalog *built = catalog_new(c->items, c->count, c->findings);
    free(c->items);
    if (workflow_findings_total(c->findings) == findings_before)
        return built;
    catalog_release(built);
    return NULL;
}

const catalog *catalog_folder_load(const char *path, workflow_findings *f)
{
    collection c = {.findings = f};
    size_t before = workflow_findings_total(f);
    load_folder(&c, path);
    return finish(&c, before);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const catalog *catalog_folder_load_paths(const char *const *paths, size_t count, workflow_findings *f)
{
    collection c = {.findings = f};
    size_t before = workflow_findings_total(f);
    for (size_t i = 0; i < count; i++) {
        if (is_folder(paths[i]))
            load_folder(&c, paths[i]);
        else
            load_file(&c, paths[i]);
    }
    return finish(&c, before);
}
