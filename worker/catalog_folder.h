/* catalog_folder: a folder of workflow documents (*.yaml, *.yml, *.json) read into a catalog, in the order of
 * their names. Hidden files and folders inside are left alone. */
#ifndef WORKER_CATALOG_FOLDER_H
#define WORKER_CATALOG_FOLDER_H

#include "engine/workflow/catalog.h"

/* Findings over all files, those that cannot be read included. NULL with a finding. An empty folder is an
 * empty catalog. */
MUST_CHECK const catalog *catalog_folder_load(const char *path, workflow_findings *f);

/* Reads and compiles one file, for `workflow lint` and `workflow apply`. NULL with a finding. */
MUST_CHECK const workflow *catalog_folder_load_file(const char *path, workflow_findings *f);

#endif
