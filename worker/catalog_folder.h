/* catalog_folder: a folder of workflow documents (*.yaml, *.yml, *.json) as a catalog. */
#ifndef WORKER_CATALOG_FOLDER_H
#define WORKER_CATALOG_FOLDER_H

#include "engine/workflow/catalog.h"

/* Findings over all files, those that cannot be read included. NULL with a finding. An empty folder is an
 * empty catalog. */
MUST_CHECK const catalog *catalog_folder_load(const char *path, workflow_findings *f);

#endif
