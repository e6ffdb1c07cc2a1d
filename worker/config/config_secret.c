/* Secrets come last, when all layers have been read: then it is known which of them count. */
#include <stdio.h>
#include <string.h>

#include "worker/config/config_keys.h"
#include "worker/config/config_named.h"

typedef struct resolver {
    config *config;
    config_provider *provider;
    secret *items; /* provider->secrets, as they become more */
    secret_source source;
    config_place *place;
    error *error;
} resolver;

static void set_place(resolver *r, const char *prefix, const char *name, const config_origin *origin)
{
    snprintf(r->place->key, sizeof r->place->key, "%s%s", prefix, name);
    r->place->origin = *origin;
}

static bool add(resolver *r, const char *name, const char *text)
{
    size_t count = r->provider->secrets.count;
    if (count == CONFIG_SECRETS_MAX)
        return error_set(r->error, ERROR_CONFIG, 0, "needs one secret too many: a provider has at most %d",
                         CONFIG_SECRETS_MAX);
    r->items[count] = (secret){.name = name, .value = text};
    r->provider->secrets.count++;
    return true;
}

static bool resolve_variables(resolver *r)
{
    const config_properties *given = &r->provider->variables;
    for (size_t i = 0; i < given->count; i++) {
        const config_property *variable = &given->items[i];
        set_place(r, "var.", variable->name, &variable->origin);
        const char *text = secret_resolve(&r->config->memory, variable->value, &r->source, r->error);
        if (text == NULL || !add(r, variable->name, text))
            return false;
    }
    return true;
}

static bool is_known(const secrets *known, const secret_place *place)
{
    size_t i = 0;
    while (i < known->count && (strlen(known->items[i].name) != place->name_size ||
                                memcmp(known->items[i].name, place->name, place->name_size) != 0))
        i++;
    return i < known->count;
}

static bool take(resolver *r, const secret_place *place)
{
    if (is_known(&r->provider->secrets, place))
        return true;
    const char *found = secret_look_up(&r->source, place->name, place->name_size, r->error);
    if (found == NULL)
        return false;
    const char *name = arena_copy(&r->config->memory, place->name, place->name_size);
    const char *text = arena_copy(&r->config->memory, found, strlen(found));
    if (name == NULL || text == NULL)
        return error_set(r->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    return add(r, name, text);
}

/* Finds the value of each ${NAME} of a text. */
static bool resolve_text(resolver *r, const char *text)
{
    secret_place place;
    bool malformed;
    size_t size = strlen(text), at = 0;
    while (secret_find(text, size, at, &place, &malformed)) {
        if (!take(r, &place))
            return false;
        at = place.position + place.size;
    }
    return !malformed || error_set(r->error, ERROR_CONFIG, at, "${ must be followed by a name and }");
}

static bool resolve_texts(resolver *r, const char *prefix, const config_properties *given)
{
    for (size_t i = 0; i < given->count; i++) {
        set_place(r, prefix, given->items[i].name, &given->items[i].origin);
        if (!resolve_text(r, given->items[i].value))
            return false;
    }
    return true;
}

static bool resolve_key(resolver *r, const config_key *key, const config_setting *setting)
{
    set_place(r, "", key->name, &setting->origin);
    if (key->type == CONFIG_TYPE_TEMPLATE || key->type == CONFIG_TYPE_HTTP_URL)
        return resolve_text(r, setting->text);
    if (key->type != CONFIG_TYPE_SECRET)
        return true;
    const char **field = (const char **)(void *)((char *)r->provider + key->offset);
    *field = secret_resolve(&r->config->memory, setting->text, &r->source, r->error);
    return *field != NULL;
}

static bool resolve_keys(resolver *r)
{
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        const config_setting *setting = &r->provider->settings[i];
        if (setting->text != NULL && !resolve_key(r, &config_provider_keys[i], setting))
            return false;
    }
    return true;
}

bool config_secrets_resolve(config *c, config_provider *p, char *const *environment, config_place *place,
                            error *e)
{
    resolver r = {.config = c,
                  .provider = p,
                  .items = arena_calloc(&c->memory, CONFIG_SECRETS_MAX, sizeof *r.items),
                  .source = {.environment = environment},
                  .place = place,
                  .error = e};
    *place = (config_place){.key = "kind"};
    if (r.items == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    p->secrets = (secrets){.items = r.items};
    if (!resolve_variables(&r))
        return false;
    r.source.own = p->secrets;
    return resolve_keys(&r) && resolve_texts(&r, "header.", &p->headers) &&
           resolve_texts(&r, "form.", &p->http.form);
}
