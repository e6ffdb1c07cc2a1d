#include "worker/catalog/workflow_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/limits.h"
#include "worker/input.h"

typedef struct loader {
    workflow_files *files;
    workflow_findings *findings;
} loader;

/* ---- one document ---- */

void workflow_file_free_compiled(workflow_file *file)
{
    workflow_release(file->workflow);
    file->workflow = NULL;
    file->document = (document){0};
    arena_free(&file->memory);
}

static void file_free(workflow_file *file)
{
    workflow_file_free_compiled(file);
    free(file->name);
    free(file->text);
    free(file);
}

static bool compile(workflow_file *file, workflow_findings *f)
{
    error e;
    arena_init(&file->memory, 16 << 10, LIMIT_DOCUMENT_MEMORY);
    if (document_read(&file->document, &file->memory, file->name, file->text, file->size, &e))
        file->workflow = workflow_compile(&file->document, NULL, f);
    else
        workflow_findings_add_error(f, file->name, &e);
    return file->workflow != NULL;
}

bool workflow_file_compile(const workflow_file *file, workflow_file *again, workflow_findings *f)
{
    *again = (workflow_file){.name = file->name, .text = file->text, .size = file->size};
    return compile(again, f);
}

static bool reserve(workflow_files *files)
{
    if (files->count < files->capacity)
        return true;
    if (files->count >= LIMIT_CATALOG_WORKFLOWS)
        return false;
    size_t capacity = files->capacity * 2 + 8;
    workflow_file **items = reallocarray(files->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    files->items = items;
    files->capacity = capacity;
    return true;
}

static workflow_file *add_file(loader *l)
{
    workflow_file *file = reserve(l->files) ? calloc(1, sizeof *file) : NULL;
    if (file == NULL)
        return NULL;
    l->files->items[l->files->count++] = file;
    return file;
}

static void load_file(loader *l, const char *path)
{
    error e = {0};
    workflow_file *file = add_file(l);
    if (file == NULL) {
        workflow_findings_add_file(l->findings, path, 0, RULE_LIMIT, "no room for more than %d documents",
                                   LIMIT_CATALOG_WORKFLOWS);
        return;
    }
    file->name = strdup(path);
    file->text = input_read_file(path, LIMIT_DOCUMENT_BYTES, &file->size, &e);
    if (file->text == NULL || file->name == NULL)
        workflow_findings_add_file(l->findings, path, 0, RULE_FILE, "%s", e.message);
    else
        (void)compile(file, l->findings);
}

/* ---- folders ---- */

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

static void load_entry(loader *l, const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        workflow_findings_add_file(l->findings, name, 0, RULE_FILE, "no memory for its path");
        return;
    }
    load_file(l, path);
    free(path);
}

static void load_folder(loader *l, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_document, compare_names);
    if (count < 0) {
        workflow_findings_add_file(l->findings, path, 0, RULE_FILE, "the folder cannot be read: %s",
                                   strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        load_entry(l, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- all ---- */

/* Whatever is wrong so far, the sound ones are tried for duplicates among them. */
static bool finish(loader *l, size_t findings_before)
{
    workflow_files *files = l->files;
    const workflow **workflows = calloc(files->count + 1, sizeof *workflows);
    size_t count = 0;
    for (size_t i = 0; workflows != NULL && i < files->count; i++)
        if (files->items[i]->workflow != NULL)
            workflows[count++] = workflow_retain(files->items[i]->workflow);
    if (workflows == NULL)
        workflow_findings_add_file(l->findings, "catalog", 0, RULE_LIMIT, "no memory for the workflows");
    else
        files->catalog = catalog_new(workflows, count, l->findings);
    free(workflows);
    return workflow_findings_total(l->findings) == findings_before;
}

bool workflow_files_load(workflow_files *files, const char *const *paths, size_t path_count,
                         workflow_findings *f)
{
    loader l = {.files = files, .findings = f};
    size_t before = workflow_findings_total(f);
    *files = (workflow_files){0};
    for (size_t i = 0; i < path_count; i++) {
        if (is_folder(paths[i]))
            load_folder(&l, paths[i]);
        else
            load_file(&l, paths[i]);
    }
    return finish(&l, before);
}

bool workflow_files_load_folder(workflow_files *files, const char *path, workflow_findings *f)
{
    loader l = {.files = files, .findings = f};
    size_t before = workflow_findings_total(f);
    *files = (workflow_files){0};
    load_folder(&l, path);
    return finish(&l, before);
}

void workflow_files_set_aside(workflow_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        workflow_file_free_compiled(files->items[i]);
    catalog_release(files->catalog);
    files->catalog = NULL;
}

void workflow_files_free(workflow_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        file_free(files->items[i]);
    free(files->items);
    catalog_release(files->catalog);
    *files = (workflow_files){0};
}
