/* workflow_files: workflow documents read and compiled from files and folders (*.yaml, *.yml, *.json, in the
 * order of their names). Hidden files, and folders inside a folder, are left alone. */
#ifndef WORKER_WORKFLOW_FILES_H
#define WORKER_WORKFLOW_FILES_H

#include "engine/workflow/catalog.h"

typedef struct workflow_file {
    arena memory; /* of the document */
    char *text;
    document document;
    const workflow *workflow; /* NULL where it does not compile */
} workflow_file;

/* Embedded by value. */
typedef struct workflow_files {
    workflow_file **items;
    size_t count;
    size_t capacity;
    const catalog *catalog; /* of those that compile; NULL where an id is taken twice */
} workflow_files;

/* Reads all of them: a folder gives its documents, "-" is standard input, any other path is one document.
 * False where anything is wrong, with findings over all of them; free them in any case. */
MUST_CHECK bool workflow_files_load(workflow_files *files, const char *const *paths, size_t path_count,
                                    workflow_findings *f);
/* As workflow_files_load of one folder; anything else is a finding. */
MUST_CHECK bool workflow_files_load_folder(workflow_files *files, const char *path, workflow_findings *f);
void workflow_files_free(workflow_files *files);

#endif
