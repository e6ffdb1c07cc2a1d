/* metaschema: the documents that describe schemas themselves, so that a schema may refer to them though
 * nothing is ever fetched: draft 2020-12 with its vocabularies, and draft-07. */
#ifndef ENGINE_SCHEMA_METASCHEMA_H
#define ENGINE_SCHEMA_METASCHEMA_H

#include "engine/value/value.h"

/* The JSON text of the metaschema with this URI (without fragment), or NULL. Static. */
const char *metaschema_find(const value *uri);

#endif
