/* catalog_store_keys: the keys of the catalog in Redis, and the connection that its two halves share. Private
 * to worker/catalog/catalog_store.c (reading) and worker/catalog/catalog_change.c (changing). */
#ifndef WORKER_CATALOG_STORE_KEYS_H
#define WORKER_CATALOG_STORE_KEYS_H

#include <stdio.h>

#include "engine/limits.h"
#include "worker/catalog/catalog_store.h"
#include "worker/catalog/redis_session.h"

/* Every key is GROUP:{catalog}:NAME, with :ID behind it where the workflow has its own. */
#define KEY_COUNTER "counter"   /* string: raised by every change */
#define KEY_LIVES "lives"       /* hash: workflow id -> life */
#define KEY_VERSIONS "versions" /* of a workflow, hash: version -> stored version */
#define KEY_CONTENTS "contents" /* of a workflow, hash: content id -> version */
#define KEY_CONTROLS "controls" /* of a workflow, hash: control version -> stored values */
#define KEY_CHANGES "changes"   /* of a workflow, list: changes of control values, oldest first */

struct catalog_store {
    redis_session *session;
    const char *group;
    arena scratch; /* of one call */
};

typedef struct catalog_key {
    char text[LIMIT_GROUP_BYTES + LIMIT_IDENTIFIER_BYTES + 64];
} catalog_key;

/* id NULL: a key of all workflows. */
static inline redis_bytes catalog_key_of(catalog_key *key, const catalog_store *s, const char *name,
                                         const value *id)
{
    int size = snprintf(key->text, sizeof key->text, "%s:{catalog}:%s%s%.*s", s->group, name,
                        id != NULL ? ":" : "", id != NULL ? (int)id->count : 0, id != NULL ? id->text : "");
    assert(size > 0 && (size_t)size < sizeof key->text);
    return (redis_bytes){key->text, (size_t)size};
}

typedef struct catalog_number {
    char text[24];
} catalog_number;

static inline redis_bytes catalog_number_of(catalog_number *n, int64_t number)
{
    int size = snprintf(n->text, sizeof n->text, "%lld", (long long)number);
    return (redis_bytes){n->text, (size_t)size};
}

static inline redis_bytes catalog_bytes_of(const value *text)
{
    return (redis_bytes){text->text, text->count};
}

#endif
