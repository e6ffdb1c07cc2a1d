#include "worker/config/config_named.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "worker/config/config_keys.h"

enum { PROPERTIES_MAX = 64, NAME_MAX_SIZE = 100 };

/* A token, as HTTP and mail both take it (RFC 9110, section 5.6.2). */
static bool is_token(const char *name)
{
    size_t size = strlen(name);
    for (const char *c = name; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr("!#$%&'*+-.^_`|~", *c) == NULL)
            return false;
    }
    return size > 0 && size <= NAME_MAX_SIZE;
}

static bool is_variable(const char *name)
{
    size_t size = strlen(name);
    for (const char *c = name; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    }
    return size > 0 && size <= NAME_MAX_SIZE;
}

static bool is_field(const char *name)
{
    return *name != '\0' && strlen(name) <= NAME_MAX_SIZE;
}

#define FIELD(field) .offset = offsetof(config_provider, field)

const config_named config_named_groups[CONFIG_NAMED_GROUPS] = {
    {"header.", FIELD(headers), KIND(CONFIG_HTTP) | KIND(CONFIG_SMTP),
     "the name of a header: letters, digits and dashes", is_token,
     .help = "a header, a template of one line; it is left out where that is empty"},
    {"form.", FIELD(http.form), KIND(CONFIG_HTTP), "the name of a field", is_field,
     .help = "a field of a form that is the body, a template; it is left out where that is None"},
    {"var.", FIELD(variables), KIND(CONFIG_HTTP) | KIND(CONFIG_SMTP),
     "a name of letters, digits and underscores", is_variable,
     .help = "what ${NAME} in this section's texts stands for: the value itself, ${VARIABLE} or file:PATH; "
             "without it NAME is an environment variable"},
};

const config_named *config_named_find(const char *key)
{
    for (size_t i = 0; i < CONFIG_NAMED_GROUPS; i++) {
        if (strncmp(key, config_named_groups[i].prefix, strlen(config_named_groups[i].prefix)) == 0)
            return &config_named_groups[i];
    }
    return NULL;
}

config_properties *config_named_of(config_provider *p, const config_named *group)
{
    return (config_properties *)(void *)((char *)p + group->offset);
}

/* Header names are the same in any case. */
static size_t find(const config_properties *properties, const config_named *group, const char *name)
{
    size_t i = 0;
    bool any_case = group->is_name == is_token;
    while (i < properties->count && (any_case ? strcasecmp(properties->items[i].name, name)
                                              : strcmp(properties->items[i].name, name)) != 0)
        i++;
    return i;
}

static bool may_set(const config_properties *properties, size_t place, const config_property *property,
                    error *e)
{
    if (place == PROPERTIES_MAX)
        return error_set(e, ERROR_CONFIG, 0, "is one of its sort too many: at most %d", PROPERTIES_MAX);
    const config_origin *before = &properties->items[place].origin;
    if (place < properties->count && property->origin.layer == CONFIG_FILE && before->layer == CONFIG_FILE)
        return error_set(e, ERROR_CONFIG, 0, "is given twice, first in line %d", before->line);
    return true;
}

static bool out_of_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

bool config_named_set(config *c, config_provider *p, const config_named *group,
                      const config_property *property, error *e)
{
    config_properties *properties = config_named_of(p, group);
    if (!group->is_name(property->name))
        return error_set(e, ERROR_CONFIG, 0, "behind %s must stand %s", group->prefix, group->rule);
    if (properties->items == NULL)
        properties->items = arena_calloc(&c->memory, PROPERTIES_MAX, sizeof *properties->items);
    if (properties->items == NULL)
        return out_of_memory(e);
    size_t place = find(properties, group, property->name);
    if (!may_set(properties, place, property, e))
        return false;
    if (place < properties->count && property->origin.layer == CONFIG_PRESET)
        return true;
    config_property copy = {.name = arena_copy(&c->memory, property->name, strlen(property->name)),
                            .value = arena_copy(&c->memory, property->value, strlen(property->value)),
                            .origin = property->origin};
    if (copy.name == NULL || copy.value == NULL)
        return out_of_memory(e);
    properties->items[place] = copy;
    if (place == properties->count)
        properties->count++;
    return true;
}

bool config_named_is_secret(const config_named *group, const config_property *property)
{
    static const char *const words[] = {"auth", "key", "token", "secret", "password", "cookie", "signature"};
    if (group->is_name == is_variable)
        return true;
    if (group->is_name != is_token || secret_is_in(property->value, strlen(property->value)))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasestr(property->name, words[i]) != NULL)
            return true;
    }
    return false;
}
