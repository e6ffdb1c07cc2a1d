/* catalog_store_keys: the keys of the catalog in Redis, and the connection that its two halves share. Private
 * to worker/catalog_store.c (reading) and worker/catalog_change.c (changing). */
#ifndef WORKER_CATALOG_STORE_KEYS_H
#define WORKER_CATALOG_STORE_KEYS_H

#include <stdio.h>

#include "engine/limits.h"
#include "worker/redis_session.h"

#define KEY_COUNTER "carillon:{catalog}:counter" /* string: raised by every change */
#define KEY_LIVES "carillon:{catalog}:lives"     /* hash: workflow id -> life */
/* With the workflow's id behind it: */
#define KEY_VERSIONS "carillon:{catalog}:versions:" /* hash: version -> stored version */
#define KEY_CONTENTS "carillon:{catalog}:contents:" /* hash: content id -> version */
#define KEY_CONTROLS "carillon:{catalog}:controls:" /* hash: control version -> stored values */
#define KEY_CHANGES "carillon:{catalog}:changes:"   /* list: changes of control values, oldest first */

struct catalog_store {
    redis_session *session;
    arena scratch; /* of one call */
};

typedef struct catalog_key {
    char text[64 + LIMIT_IDENTIFIER_BYTES];
} catalog_key;

static inline redis_bytes catalog_key_of(catalog_key *key, const char *prefix, const value *id)
{
    int size = snprintf(key->text, sizeof key->text, "%s%.*s", prefix, (int)id->count, id->text);
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
