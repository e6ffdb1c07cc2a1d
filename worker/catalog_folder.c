#include "worker/catalog_folder.h"

#include "worker/workflow_files.h"

const catalog *catalog_folder_load(const char *path, workflow_findings *f)
{
    workflow_files files;
    const catalog *c = workflow_files_load_folder(&files, path, f) ? catalog_retain(files.catalog) : NULL;
    workflow_files_free(&files);
    return c;
}
