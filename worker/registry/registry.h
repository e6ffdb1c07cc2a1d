/* registry: writer schemas by the number that messages carry.
 *
 * A table of compiled schemas that owns them. Filled once, then read by any number of threads. The key is
 * what an avro_frame holds: the fingerprint of single-object encoding, or a registry server's schema id;
 * each kind has a table of its own, since the numbers mean different things. */
#ifndef WORKER_REGISTRY_REGISTRY_H
#define WORKER_REGISTRY_REGISTRY_H

#include "engine/value/avro.h"

typedef struct registry registry;

MUST_CHECK registry *registry_new(void); /* NULL without memory */
void registry_free(registry *r);         /* NULL is allowed; frees the schemas */

/* Takes the plan, on success only. False with ERROR_OUT_OF_MEMORY, or ERROR_LIMIT past LIMIT_SCHEMAS. The key
 * must not be there yet. */
MUST_CHECK bool registry_add(registry *r, uint64_t key, avro_plan *plan, error *e);

/* NULL where there is none. Lives as long as the registry. */
const avro_plan *registry_find(const registry *r, uint64_t key);
size_t registry_count(const registry *r);

#endif
