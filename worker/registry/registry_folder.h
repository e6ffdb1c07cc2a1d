/* registry_folder: the writer schemas of a folder (worker.schemas), by fingerprint. */
#ifndef WORKER_REGISTRY_REGISTRY_FOLDER_H
#define WORKER_REGISTRY_REGISTRY_FOLDER_H

#include "worker/registry/registry.h"

/* Loads every *.avsc of the folder; hidden files, and folders inside it, are left alone. An empty folder is
 * an empty registry. NULL with an error whose message begins with the file's path: one that cannot be read,
 * one that is no schema, or one with the fingerprint of another file. Schemas that differ in documentation,
 * defaults or logical types only have one fingerprint, so no message could say which of them wrote it. */
MUST_CHECK registry *registry_folder_load(const char *path, error *e);

#endif
