/* workflow_files: workflow documents read from files and folders (*.yaml, *.yml, *.json, in the order of
 * their names). Hidden files, and folders inside a folder, are left alone.
 *
 * Of each document its text is kept; what it is compiled to is many times as large, and is made when it is
 * needed. */
#ifndef WORKER_WORKFLOW_FILES_H
#define WORKER_WORKFLOW_FILES_H

#include "engine/workflow/workflow.h"

typedef struct workflow_file {
    char *name;
    char *text; /* NULL where it cannot be read */
    size_t size;
    char *id;    /* the workflow's; NULL where it does not compile */
    size_t line; /* of workflow_id */
} workflow_file;

/* Embedded by value. */
typedef struct workflow_files {
    workflow_file *items;
    size_t count;
    size_t capacity;
} workflow_files;

/* A file that was read and compiled; borrows its name and text. Embedded by value. */
typedef struct compiled_file {
    arena memory; /* of the document */
    document document;
    const workflow *workflow; /* NULL where it does not compile */
} compiled_file;

/* Sees every sound workflow while the files are checked; both are borrowed for the call. */
typedef void workflow_file_visit(void *context, const workflow_file *file, const workflow *w);

/* Reads and checks all of them: a folder gives its documents, "-" is standard input, any other path is one
 * document. False where anything is wrong (two with one id as well), with findings over all of them; free
 * them in any case. */
MUST_CHECK bool workflow_files_load(workflow_files *files, const char *const *paths, size_t path_count,
                                    workflow_findings *f);
/* As workflow_files_load of one folder; anything else is a finding. `visit` may be NULL. */
MUST_CHECK bool workflow_files_load_folder(workflow_files *files, const char *path,
                                           workflow_file_visit *visit, void *context, workflow_findings *f);
void workflow_files_free(workflow_files *files);

/* False with findings; free it in any case. */
MUST_CHECK bool workflow_file_compile(const workflow_file *file, compiled_file *out, workflow_findings *f);
void compiled_file_free(compiled_file *compiled);

#endif
