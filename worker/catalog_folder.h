/* catalog_folder: workflow documents from files and folders (*.yaml, *.yml, *.json, in the order of their
 * names) read into a catalog. Hidden files, and folders inside a folder, are left alone. */
#ifndef WORKER_CATALOG_FOLDER_H
#define WORKER_CATALOG_FOLDER_H

#include "engine/workflow/catalog.h"

/* Findings over all files, those that cannot be read included. NULL with a finding. An empty folder is an
 * empty catalog. */
MUST_CHECK const catalog *catalog_folder_load(const char *path, workflow_findings *f);

/* As catalog_folder_load, of any number of paths: a folder gives its documents, any other path is one. */
MUST_CHECK const catalog *catalog_folder_load_paths(const char *const *paths, size_t count,
                                                    workflow_findings *f);

#endif
