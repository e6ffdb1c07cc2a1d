/* config_named: the keys of a provider that end in a name of the user's: header.NAME, form.NAME, var.NAME.
 * Private to worker/config*.c. */
#ifndef WORKER_CONFIG_NAMED_H
#define WORKER_CONFIG_NAMED_H

#include "worker/config/config.h"

typedef struct config_named {
    const char *prefix; /* with its dot */
    size_t offset;      /* of its config_properties in config_provider */
    unsigned kinds;     /* of providers that it is for: KIND() of each */
    const char *rule;   /* of the name, as a sentence's end */
    bool (*is_name)(const char *name);
    const char *help;
} config_named;

enum { CONFIG_NAMED_GROUPS = 3 };

extern const config_named config_named_groups[CONFIG_NAMED_GROUPS];

/* The group of a key, or NULL. */
const config_named *config_named_find(const char *key);
config_properties *config_named_of(config_provider *p, const config_named *group);

/* Sets a key or replaces its value; property->name is without the prefix. A preset replaces nothing. Errors
 * are sentences without the key's name. */
MUST_CHECK bool config_named_set(config *c, config_provider *p, const config_named *group,
                                 const config_property *property, error *e);

/* True where the value must not be shown: a variable's, and what stands in a header whose name says that it
 * holds a secret, unless it is a ${NAME}. */
bool config_named_is_secret(const config_named *group, const config_property *property);

/* Where what is wrong stands. */
typedef struct config_place {
    char key[128];
    config_origin origin;
} config_place;

/* Puts values in the places of secrets: into the fields of secret keys, and for each ${NAME} of a text into
 * p->secrets. False with the error and the place. */
MUST_CHECK bool config_secrets_resolve(config *c, config_provider *p, char *const *environment,
                                       config_place *place, error *e);

#endif
