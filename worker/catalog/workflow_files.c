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
    workflow_file_visit *visit; /* NULL: nobody looks */
    void *context;
} loader;

/* ---- one document ---- */

bool workflow_file_compile(const workflow_file *file, compiled_file *out, workflow_findings *f)
{
    error e;
    *out = (compiled_file){0};
    arena_init(&out->memory, 16 << 10, LIMIT_DOCUMENT_MEMORY);
    if (document_read(&out->document, &out->memory, file->name, file->text, file->size, &e))
        out->workflow = workflow_compile(&out->document, NULL, f);
    else
        workflow_findings_add_error(f, file->name, &e);
    return out->workflow != NULL;
}

void compiled_file_free(compiled_file *compiled)
{
    workflow_release(compiled->workflow);
    arena_free(&compiled->memory);
}

static void file_free(workflow_file *file)
{
    free(file->name);
    free(file->text);
    free(file->id);
}

/* What is made of it is given back at once: thousands of documents would need a hundred times their size. */
static void check(const loader *l, workflow_file *file)
{
    compiled_file compiled;
    if (workflow_file_compile(file, &compiled, l->findings)) {
        file->id = strdup(compiled.workflow->id.text);
        file->line = compiled.workflow->line;
        if (file->id == NULL)
            workflow_findings_add_file(l->findings, file->name, 0, RULE_LIMIT, "no memory for its id");
        else if (l->visit != NULL)
            l->visit(l->context, file, compiled.workflow);
    }
    compiled_file_free(&compiled);
}

static bool reserve(workflow_files *files)
{
    if (files->count < files->capacity)
        return true;
    if (files->count >= LIMIT_CATALOG_WORKFLOWS)
        return false;
    size_t capacity = files->capacity * 2 + 8;
    workflow_file *items = reallocarray(files->items, capacity, sizeof *items);
    if (items == NULL)
        return false;
    files->items = items;
    files->capacity = capacity;
    return true;
}

static void load_file(loader *l, const char *path)
{
    error e = {0};
    if (!reserve(l->files)) {
        workflow_findings_add_file(l->findings, path, 0, RULE_LIMIT, "no room for more than %d documents",
                                   LIMIT_CATALOG_WORKFLOWS);
        return;
    }
    workflow_file *file = &l->files->items[l->files->count++];
    *file = (workflow_file){.name = strdup(path)};
    file->text = input_read_file(path, LIMIT_DOCUMENT_BYTES, &file->size, &e);
    if (file->text == NULL || file->name == NULL)
        workflow_findings_add_file(l->findings, path, 0, RULE_FILE, "%s", e.message);
    else
        check(l, file);
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

/* Equal ids by file, so that the finding about them does not depend on qsort. */
static int compare_files(const void *a, const void *b)
{
    const workflow_file *left = *(const workflow_file *const *)a;
    const workflow_file *right = *(const workflow_file *const *)b;
    int order = strcmp(left->id, right->id);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static void check_unique(const workflow_file *const *files, size_t count, workflow_findings *f)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(files[i - 1]->id, files[i]->id) == 0)
            workflow_findings_add_taken_id(f, files[i]->name, files[i]->line, files[i]->id,
                                           files[i - 1]->name, files[i - 1]->line);
}

/* Whatever is wrong so far, the sound ones are looked at for ids that are taken twice. */
static bool finish(const loader *l, size_t findings_before)
{
    const workflow_files *files = l->files;
    const workflow_file **sound = calloc(files->count + 1, sizeof *sound);
    size_t count = 0;
    for (size_t i = 0; sound != NULL && i < files->count; i++)
        if (files->items[i].id != NULL)
            sound[count++] = &files->items[i];
    if (sound == NULL) {
        workflow_findings_add_file(l->findings, "catalog", 0, RULE_LIMIT, "no memory for the workflows");
    } else {
        qsort(sound, count, sizeof *sound, compare_files);
        check_unique(sound, count, l->findings);
    }
    free(sound);
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

bool workflow_files_load_folder(workflow_files *files, const char *path, workflow_file_visit *visit,
                                void *context, workflow_findings *f)
{
    loader l = {.files = files, .findings = f, .visit = visit, .context = context};
    size_t before = workflow_findings_total(f);
    *files = (workflow_files){0};
    load_folder(&l, path);
    return finish(&l, before);
}

void workflow_files_free(workflow_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        file_free(&files->items[i]);
    free(files->items);
    *files = (workflow_files){0};
}
