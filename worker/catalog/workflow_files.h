/* workflow_files: workflow documents read and compiled from files and folders (*.yaml, *.yml, *.json, in the
 * order of their names). Hidden files, and folders inside a folder, are left alone. */
#ifndef WORKER_WORKFLOW_FILES_H
#define WORKER_WORKFLOW_FILES_H

#include "engine/workflow/catalog.h"

typedef struct workflow_file {
    char *name;
    char *text;
    size_t size;
    arena memory; /* of the document */
    document document;
    const workflow *workflow; /* NULL where it does not compile, or while it is set aside */
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

/* Gives back what was made of the texts: what is needed rarely need not stay. */
void workflow_files_set_aside(workflow_files *files);
/* Reads and compiles the text of a file that was set aside, into *again, which borrows name and text; false
 * with findings. Free it in any case. */
MUST_CHECK bool workflow_file_compile(const workflow_file *file, workflow_file *again, workflow_findings *f);
void workflow_file_free_compiled(workflow_file *again);

#endif
