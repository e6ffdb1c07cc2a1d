#include "worker/catalog_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static const workflow *compile_text(const char *path, const char *text, size_t size, workflow_findings *f)
{
    const workflow *w = NULL;
    arena memory;
    document d;
    error e;
    arena_init(&memory, 64 << 10, LIMIT_DOCUMENT_MEMORY);
    if (document_read(&d, &memory, path, text, size, &e))
        w = workflow_compile(&d, NULL, f);
    else
        workflow_findings_add_error(f, path, &e);
    arena_free(&memory);
    return w;
}

const workflow *catalog_folder_load_file(const char *path, workflow_findings *f)
{
    size_t size;
    error e;
    char *text = input_read_file(path, LIMIT_DOCUMENT_BYTES, &size, &e);
    if (text == NULL) {
        workflow_findings_add_file(f, path, 0, RULE_FILE, "%s", e.message);
        return NULL;
    }
    const workflow *w = compile_text(path, text, size, f);
    free(text);
    return w;
}

static void load_entry(const char *folder, const char *name, const workflow **workflows, size_t *count,
                       workflow_findings *f)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        workflow_findings_add_file(f, name, 0, RULE_FILE, "no memory for its path");
        return;
    }
    const workflow *w = catalog_folder_load_file(path, f);
    if (w != NULL)
        workflows[(*count)++] = w;
    free(path);
}

/* Even with findings so far the catalog is tried, for the duplicates among the sound ones. */
static const catalog *build(const char *folder, struct dirent **entries, size_t entry_count,
                            const workflow **workflows, workflow_findings *f)
{
    size_t before = workflow_findings_total(f);
    size_t count = 0;
    for (size_t i = 0; i < entry_count; i++)
        load_entry(folder, entries[i]->d_name, workflows, &count, f);
    const catalog *c = catalog_new(workflows, count, f);
    if (workflow_findings_total(f) == before)
        return c;
    catalog_release(c);
    return NULL;
}

const catalog *catalog_folder_load(const char *path, workflow_findings *f)
{
    struct dirent **entries;
    int found = scandir(path, &entries, is_document, compare_names);
    if (found < 0) {
        workflow_findings_add_file(f, path, 0, RULE_FILE, "the folder cannot be read: %s", strerror(errno));
        return NULL;
    }
    const catalog *c = NULL;
    size_t count = (size_t)found;
    const workflow **workflows = calloc(count + 1, sizeof *workflows);
    if (workflows == NULL)
        workflow_findings_add_file(f, path, 0, RULE_FILE, "no memory for %zu documents", count);
    else if (count > LIMIT_CATALOG_WORKFLOWS)
        workflow_findings_add_file(f, path, 0, RULE_LIMIT, "the folder has %zu documents, more than %d",
                                   count, LIMIT_CATALOG_WORKFLOWS);
    else
        c = build(path, entries, count, workflows, f);
    for (size_t i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(workflows);
    return c;
}
