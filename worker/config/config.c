#include "worker/config/config.h"

#include <assert.h>
#include <ctype.h>
#include <ini.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/limits.h"
#include "engine/nearest.h"
#include "worker/config/config_keys.h"
#include "worker/config/config_named.h"
#include "worker/config/config_preset.h"
#include "worker/input.h"

enum {
    NAME_SIZE = 256,      /* of a section, a key or a variable, with its NUL */
    LINE_SIZE_MAX = 8192, /* of a file's line; long enough for any list of brokers */
    MEMORY_MAX = 4 << 20,
};

static const char environment_prefix[] = "CARILLON_";

/* `failed` keeps the first error while inih goes on to the end of the file. */
typedef struct loader {
    config *config;
    error *error;
    rd_kafka_conf_t *scratch; /* where properties prove that librdkafka takes them */
    char *const *environment; /* may be NULL */
    const char *next;         /* of the file's text */
    int taken;                /* lines of it that were the rest of one before, and are not counted yet */
    config_origin origin;
    bool failed;
} loader;

static bool out_of_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

/* Puts where the value stands in front of the sentence. */
static bool blame(const loader *l, const char *section, const char *name)
{
    error_prefix(l->error, "%s%s%s", section, *section == '\0' ? "" : ".", name);
    switch (l->origin.layer) {
    case CONFIG_PRESET:
    case CONFIG_FILE:
        return error_prefix(l->error, "%s:%d", l->origin.name, l->origin.line);
    case CONFIG_ENVIRONMENT:
        return error_prefix(l->error, "environment variable %s", l->origin.name);
    case CONFIG_SET:
        return error_prefix(l->error, "--set");
    case CONFIG_DEFAULT:
        break;
    }
    return false;
}

/* ---- one value ---- */

static bool refuse_unknown_section(error *e, const char *section)
{
    char provider[NAME_SIZE];
    nearest n;
    nearest_init(&n, section);
    for (size_t i = 0; i < config_key_count; i++)
        nearest_try(&n, config_keys[i].section);
    snprintf(provider, sizeof provider, "provider%s", section + strcspn(section, "."));
    nearest_try(&n, provider);
    nearest_try(&n, "kafka");
    nearest_try(&n, "kafka.consumer");
    nearest_try(&n, "kafka.producer");
    if (nearest_found(&n) == NULL)
        return error_set(e, ERROR_CONFIG, 0, "unknown section [%s]", section);
    return error_set(e, ERROR_CONFIG, 0, "unknown section [%s]; did you mean [%s]?", section,
                     nearest_found(&n));
}

static bool is_section(const char *section)
{
    size_t i = 0;
    while (i < config_key_count && strcmp(config_keys[i].section, section) != 0)
        i++;
    return i < config_key_count;
}

/* A key that exists in another section was put into the wrong one; else it was misspelt. */
static bool refuse_unknown_key(error *e, const char *section, const char *name)
{
    char wanted[2 * NAME_SIZE];
    char known[CONFIG_KEYS_MAX][64];
    nearest n;
    if (*section != '\0' && !is_section(section))
        return refuse_unknown_section(e, section);
    snprintf(wanted, sizeof wanted, "%s.%s", section, name);
    nearest_init(&n, wanted);
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key *key = &config_keys[i];
        snprintf(known[i], sizeof known[i], "%s.%s", key->section, key->name);
        if (strcmp(key->name, name) == 0)
            return error_set(e, ERROR_CONFIG, 0, "unknown key; did you mean %s?", known[i]);
        nearest_try(&n, known[i]);
    }
    if (*section == '\0')
        return error_set(e, ERROR_CONFIG, 0, "stands in no section; put it under [worker], [kafka], ...");
    if (nearest_found(&n) == NULL)
        return error_set(e, ERROR_CONFIG, 0, "unknown key; carillon worker --keys lists all");
    return error_set(e, ERROR_CONFIG, 0, "unknown key; did you mean %s?", nearest_found(&n));
}

static bool refuse_unsupported(error *e, const char *section)
{
    if (strcmp(section, "registry") == 0)
        return error_set(e, ERROR_CONFIG, 0,
                         "a schema registry is not supported yet; put writer schemas into worker.schemas");
    return true;
}

/* `owner` has the key's field: the config or a provider. */
static bool set_key(loader *l, void *owner, config_setting *setting, const config_key *key, const char *text)
{
    if (setting->origin.layer == CONFIG_FILE && l->origin.layer == CONFIG_FILE)
        return error_set(l->error, ERROR_CONFIG, 0, "is given twice, first in line %d", setting->origin.line);
    if (!config_value_parse(&l->config->memory, owner, key, text, l->error))
        return false;
    setting->text = arena_copy(&l->config->memory, text, strlen(text));
    setting->origin = l->origin;
    return setting->text != NULL || out_of_memory(l->error);
}

static bool set_own_key(loader *l, const char *section, const char *name, const char *text)
{
    config *c = l->config;
    const config_key *key = config_key_find(section, name);
    if (key == NULL)
        return refuse_unknown_key(l->error, section, name);
    return set_key(l, c, &c->settings[key - config_keys], key, text);
}

static bool set_provider_key(loader *l, const char *section, const char *name, const char *text)
{
    const config_key *key = config_provider_key_find(name);
    const config_named *group = key == NULL ? config_named_find(name) : NULL;
    config_provider *p = config_provider_open(l->config, section, l->error);
    if (p == NULL)
        return false;
    if (group != NULL) {
        const config_property property = {name + strlen(group->prefix), text, l->origin};
        return config_named_set(l->config, p, group, &property, l->error);
    }
    if (key == NULL)
        return config_provider_refuse_key(section, name, l->error);
    if (key->type == CONFIG_TYPE_KIND && p - l->config->providers <= CONFIG_NULL &&
        strcmp(text, p->name) != 0)
        return error_set(l->error, ERROR_CONFIG, 0, "is %s: it is built in; choose another name", p->name);
    return set_key(l, p, &p->settings[key - config_provider_keys], key, text);
}

static bool set_value(loader *l, const char *section, const char *name, const char *text)
{
    config_properties *properties = config_kafka_section(l->config, section);
    bool set = refuse_unsupported(l->error, section);
    if (set && properties != NULL) {
        config_property property = {name, text, l->origin};
        set = config_kafka_set(l->config, properties, &property, l->scratch, l->error);
    } else if (set && config_is_provider_section(section)) {
        set = set_provider_key(l, section, name, text);
    } else if (set) {
        set = set_own_key(l, section, name, text);
    }
    return set || blame(l, section, name);
}

/* ---- the file ---- */

/* Takes the next line of the text without its indentation; *more: it goes on in the one behind it. */
static size_t take_part(loader *l, const char **start, bool *more)
{
    *start = l->next + strspn(l->next, " \t");
    size_t size = strcspn(*start, "\n");
    l->next = *start + size + ((*start)[size] == '\n' ? 1 : 0);
    while (size > 0 && (*start)[size - 1] == '\r')
        size--;
    *more = size > 0 && (*start)[size - 1] == '\\' && *l->next != '\0';
    return *more ? size - 1 : size;
}

/* Gives inih the next line. Indentation would make it a continuation of the value before; here a line that
 * ends in a backslash goes on in the next one, unless it is a comment. inih tells its handler no line, so
 * they are counted, and it gets an empty one for each that a long one has taken, so that it counts the same.
 */
static char *read_line(char *line, int size, void *user)
{
    loader *l = user;
    size_t at = 0;
    bool more = true;
    if (l->failed || (*l->next == '\0' && l->taken == 0))
        return NULL;
    l->origin.line++;
    line[0] = '\0';
    if (l->taken > 0) {
        l->taken--;
        return line;
    }
    for (int taken = 0; more; l->taken = taken++) {
        const char *part;
        size_t part_size = take_part(l, &part, &more);
        if (at == 0 && part_size > 0 && (*part == ';' || *part == '#'))
            more = false;
        if (at + part_size >= (size_t)size) {
            error_set(l->error, ERROR_CONFIG, 0, "%s:%d: the line is longer than %d bytes", l->origin.name,
                      l->origin.line, size - 1);
            l->failed = true;
            return NULL;
        }
        memcpy(line + at, part, part_size);
        at += part_size;
        line[at] = '\0';
    }
    return line;
}

static int take_line(void *user, const char *section, const char *name, const char *text)
{
    loader *l = user;
    l->failed = l->failed || !set_value(l, section, name, text);
    return l->failed ? 0 : 1;
}

static bool load_file(loader *l, const char *path)
{
    size_t size;
    char *text = input_read_file(path, LIMIT_DOCUMENT_BYTES, &size, l->error);
    if (text == NULL)
        return false;
    l->origin = (config_origin){.layer = CONFIG_FILE, .name = path};
    l->next = text;
    if (strlen(text) < size) {
        free(text);
        return error_set(l->error, ERROR_CONFIG, 0, "%s: is no text file: it holds a NUL byte", path);
    }
#ifdef CARILLON_INI_MAX_LINE
    ini_max_line = LINE_SIZE_MAX; /* elsewhere it is fixed when inih is built, 200 by default */
#endif
    int line = ini_parse_stream(read_line, l, take_line, l);
    free(text);
    if (line == 0 || l->failed)
        return !l->failed;
    return error_set(l->error, ERROR_CONFIG, 0, "%s:%d: is neither [section] nor key = value", path, line);
}

/* ---- presets ---- */

static bool is_given(const config_provider *p, const char *name)
{
    const config_key *key = config_provider_key_find(name);
    return key != NULL && p->settings[key - config_provider_keys].origin.layer > CONFIG_PRESET;
}

/* One line of a preset: `key = value`, a comment, the section, or nothing. */
static bool take_preset_line(loader *l, config_provider *p, char *line)
{
    char section[NAME_SIZE];
    char *equals = strchr(line, '=');
    if (equals == NULL || strchr(";[", line[0]) != NULL)
        return true;
    size_t name_size = (size_t)(equals - line);
    while (name_size > 0 && line[name_size - 1] == ' ')
        name_size--;
    line[name_size] = '\0';
    snprintf(section, sizeof section, "provider.%s", p->name);
    return is_given(p, line) || set_value(l, section, line, equals + 1 + strspn(equals + 1, " "));
}

/* What the section leaves out. Read without inih, whose lines may be too short for it. */
static bool load_preset(loader *l, config_provider *p)
{
    char line[LINE_SIZE_MAX], name[NAME_SIZE];
    if (p->preset == NULL)
        return true;
    snprintf(name, sizeof name, "preset %s", p->preset);
    l->origin =
        (config_origin){.layer = CONFIG_PRESET, .name = arena_copy(&l->config->memory, name, strlen(name))};
    l->next = config_preset_find(p->preset)->text;
    if (l->origin.name == NULL)
        return out_of_memory(l->error);
    while (read_line(line, sizeof line, l) != NULL) {
        if (!take_preset_line(l, p, line))
            return false;
    }
    return !l->failed;
}

/* ---- the environment ---- */

/* Kubernetes gives every container such variables for each service of its namespace; one named carillon-redis
 * would otherwise look like ours. */
static bool is_service_link(const char *name)
{
    const char *port = strstr(name, "_PORT");
    if (strstr(name, "_SERVICE_HOST") != NULL || strstr(name, "_SERVICE_PORT") != NULL)
        return true;
    if (port == NULL)
        return false;
    port += strlen("_PORT");
    size_t digit_count = strspn(port + (*port == '_' ? 1 : 0), "0123456789");
    return *port == '\0' || (*port == '_' && digit_count > 0 && port[1 + digit_count] == '_');
}

static bool refuse_unknown_variable(const loader *l, const char *name)
{
    char known[CONFIG_KEYS_MAX][NAME_SIZE];
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < config_key_count; i++) {
        config_variable_name(known[i], NAME_SIZE, config_keys[i].section, config_keys[i].name);
        nearest_try(&n, known[i]);
    }
    if (nearest_found(&n) == NULL)
        return error_set(l->error, ERROR_CONFIG, 0, "environment variable %s: names no key", l->origin.name);
    return error_set(l->error, ERROR_CONFIG, 0, "environment variable %s: names no key; did you mean %s%s?",
                     l->origin.name, environment_prefix, nearest_found(&n));
}

/* The part of a variable's name after SECTION_, NULL where it is of another section. */
static const char *after_section(const char *name, const char *section)
{
    char prefix[NAME_SIZE];
    config_variable_name(prefix, sizeof prefix, section, "");
    size_t size = strlen(prefix);
    return strncmp(name, prefix, size) == 0 ? name + size : NULL;
}

static bool set_property_variable(loader *l, const char *section, const char *rest, const char *text)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s", rest);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)(*c == '_' ? '.' : tolower((unsigned char)*c));
    return set_value(l, section, name, text);
}

static bool set_provider_variable(loader *l, const char *rest, const char *text)
{
    char section[NAME_SIZE];
    const config_key *key = config_provider_variable(l->config, rest, section, sizeof section, l->error);
    if (key == NULL)
        return error_prefix(l->error, "environment variable %s", l->origin.name);
    return set_value(l, section, key->name, text);
}

/* `name` is without CARILLON_. What begins with none of our sections is somebody else's. */
static bool set_variable(loader *l, const char *name, const char *text)
{
    static const char *const property_sections[] = {"kafka.consumer", "kafka.producer", "kafka"};
    static const char *const other_sections[] = {"worker", "admin", "redis", "channels", "registry"};
    char known[NAME_SIZE];
    for (size_t i = 0; i < config_key_count; i++) {
        config_variable_name(known, sizeof known, config_keys[i].section, config_keys[i].name);
        if (strcmp(known, name) == 0)
            return set_value(l, config_keys[i].section, config_keys[i].name, text);
    }
    if (is_service_link(name))
        return true;
    for (size_t i = 0; i < 3; i++) {
        const char *rest = after_section(name, property_sections[i]);
        if (rest != NULL)
            return set_property_variable(l, property_sections[i], rest, text);
    }
    const char *of_provider = after_section(name, "provider");
    if (of_provider != NULL)
        return set_provider_variable(l, of_provider, text);
    for (size_t i = 0; i < sizeof other_sections / sizeof other_sections[0]; i++) {
        const char *rest = after_section(name, other_sections[i]);
        if (rest != NULL && !refuse_unsupported(l->error, other_sections[i]))
            return blame(l, other_sections[i], rest);
        if (rest != NULL)
            return refuse_unknown_variable(l, name);
    }
    return true;
}

static bool load_environment(loader *l, char *const *environment)
{
    for (; *environment != NULL; environment++) {
        const char *variable = *environment;
        size_t size = strcspn(variable, "=");
        if (strncmp(variable, environment_prefix, strlen(environment_prefix)) != 0 || variable[size] != '=' ||
            size >= NAME_SIZE)
            continue;
        char *name = arena_copy(&l->config->memory, variable, size);
        if (name == NULL)
            return out_of_memory(l->error);
        l->origin = (config_origin){.layer = CONFIG_ENVIRONMENT, .name = name};
        if (!set_variable(l, name + strlen(environment_prefix), variable + size + 1))
            return false;
    }
    return true;
}

/* ---- --set ---- */

/* Section names hold dots as keys do: the longest that fits is meant. */
static size_t section_size(const char *set)
{
    if (strncmp(set, "kafka.consumer.", 15) == 0 || strncmp(set, "kafka.producer.", 15) == 0)
        return 14;
    if (strncmp(set, "provider.", 9) == 0)
        return 9 + strcspn(set + 9, ".=");
    return strcspn(set, ".=");
}

static bool load_set(loader *l, const char *set)
{
    char section[NAME_SIZE];
    char name[NAME_SIZE];
    size_t section_end = section_size(set);
    size_t name_end = strcspn(set, "=");
    if (set[section_end] != '.' || set[name_end] != '=' || name_end >= NAME_SIZE)
        return error_set(l->error, ERROR_CONFIG, 0, "--set takes section.key=value");
    snprintf(section, sizeof section, "%.*s", (int)section_end, set);
    snprintf(name, sizeof name, "%.*s", (int)(name_end - section_end - 1), set + section_end + 1);
    l->origin = (config_origin){.layer = CONFIG_SET, .name = "--set"};
    return set_value(l, section, name, set + name_end + 1);
}

/* ---- defaults and what holds between keys ---- */

static bool load_defaults(loader *l)
{
    char id[NAME_SIZE];
    char host[NAME_SIZE - 32] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "carillon");
    snprintf(id, sizeof id, "%s-%ld", host, (long)getpid());
    l->origin = (config_origin){.layer = CONFIG_DEFAULT};
    for (size_t i = 0; i < config_key_count; i++) {
        const char *fallback = config_keys[i].fallback == NULL ? id : config_keys[i].fallback;
        if (!set_value(l, config_keys[i].section, config_keys[i].name, fallback))
            return false;
    }
    return true;
}

static bool has_brokers(const config_properties *properties)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->items[i].name, "bootstrap.servers") == 0 ||
            strcmp(properties->items[i].name, "metadata.broker.list") == 0)
            return true;
    }
    return false;
}

static bool default_brokers(loader *l)
{
    const config *c = l->config;
    l->origin = (config_origin){.layer = CONFIG_DEFAULT};
    if (has_brokers(&c->kafka) || (has_brokers(&c->kafka_consumer) && has_brokers(&c->kafka_producer)))
        return true;
    return set_value(l, "kafka", "bootstrap.servers", "127.0.0.1:9092");
}

/* A trigger topic that completions are written to would feed the worker its own output. */
static bool check_topics(const config *c, error *e)
{
    const char *outputs[] = {c->step_completions, c->execution_completions, c->rejected};
    for (size_t i = 0; i < c->triggers.count; i++) {
        for (size_t j = 0; j < 3; j++) {
            if (strcmp(c->triggers.items[i], outputs[j]) == 0)
                return error_set(e, ERROR_CONFIG, 0,
                                 "worker.triggers: %s is also written to; use another topic", outputs[j]);
        }
    }
    return true;
}

static bool blame_provider(loader *l, const config_provider *p, const char *key, const config_origin *origin)
{
    char section[NAME_SIZE];
    snprintf(section, sizeof section, "provider.%s", p->name);
    l->origin = *origin;
    return blame(l, section, key);
}

/* Whatever was said of a provider, it must have been said what it is. */
static bool check_provider(loader *l, config_provider *p)
{
    const config_key *key;
    config_place place;
    if (!load_preset(l, p))
        return false;
    if (!config_provider_check(p, &key, l->error))
        return blame_provider(l, p, key->name, &p->settings[key - config_provider_keys].origin);
    return config_secrets_resolve(l->config, p, l->environment, &place, l->error) ||
           blame_provider(l, p, place.key, &place.origin);
}

static bool check_providers(loader *l)
{
    config *c = l->config;
    for (size_t i = 0; i < c->provider_count; i++) {
        if (!check_provider(l, &c->providers[i]))
            return false;
    }
    return true;
}

static bool refuse_provider(const config *c, const char *name, error *e)
{
    const char *near = config_nearest_provider(c, name);
    if (near != NULL)
        return error_set(e, ERROR_CONFIG, 0, "no provider is named '%s'; did you mean %s?", name, near);
    return error_set(e, ERROR_CONFIG, 0,
                     "no provider is named '%s'; inbox, log and null are built in, others are sections "
                     "[provider.NAME]",
                     name);
}

static bool add_to_route(const config *c, config_route *r, const char *name, error *e)
{
    size_t place = config_find_provider(c, name, strlen(name));
    if (place == c->provider_count)
        return refuse_provider(c, name, e);
    for (size_t i = 0; i < r->count; i++) {
        if (r->places[i] == (int)place)
            return error_set(e, ERROR_CONFIG, 0, "names %s twice", name);
    }
    if (r->count == CONFIG_ROUTE_MAX)
        return error_set(e, ERROR_CONFIG, 0, "has more than %d providers", CONFIG_ROUTE_MAX);
    r->places[r->count++] = (int)place;
    return true;
}

static bool find_route(const config *c, config_route *r, const char *text, error *e)
{
    char name[NAME_SIZE];
    *r = (config_route){0};
    for (text += strspn(text, " \t,"); *text != '\0'; text += strspn(text, " \t,")) {
        size_t size = strcspn(text, " \t,");
        snprintf(name, sizeof name, "%.*s", (int)size, text);
        if (!add_to_route(c, r, name, e))
            return false;
        text += size;
    }
    return true;
}

/* Names become places, now that all providers are known. */
static bool find_routes(loader *l)
{
    config *c = l->config;
    for (size_t i = 0; i < config_key_count; i++) {
        const config_key *key = &config_keys[i];
        void *field = (char *)c + key->offset;
        if (key->type != CONFIG_TYPE_ROUTE || find_route(c, field, c->settings[i].text, l->error))
            continue;
        l->origin = c->settings[i].origin;
        return blame(l, key->section, key->name);
    }
    return true;
}

static bool check(const config *c, error *e)
{
    if (c->framing != CONFIG_SINGLE_OBJECT)
        return error_set(e, ERROR_CONFIG, 0,
                         "worker.framing: %s needs a schema registry, which is not supported yet; use "
                         "single-object",
                         c->framing == CONFIG_CONFLUENT ? "confluent" : "auto");
    if (c->max_inflight_bytes < c->max_trigger_bytes)
        return error_set(
            e, ERROR_CONFIG, 0,
            "worker.max_inflight_bytes: must be at least worker.max_trigger_bytes, or the largest "
            "trigger could never be read");
    return check_topics(c, e);
}

static bool is_default(const config *c, const char *section, const char *name)
{
    return c->settings[config_key_find(section, name) - config_keys].origin.layer == CONFIG_DEFAULT;
}

static bool load(loader *l, const config_source *source)
{
    if (!load_defaults(l) || (source->path != NULL && !load_file(l, source->path)))
        return false;
    if (source->environment != NULL && !load_environment(l, source->environment))
        return false;
    for (size_t i = 0; i < source->set_count; i++) {
        if (!load_set(l, source->sets[i]))
            return false;
    }
    l->config->admin_listen.is_default = is_default(l->config, "admin", "listen");
    return default_brokers(l) && check_providers(l) && find_routes(l) && check(l->config, l->error);
}

bool config_load(config *c, const config_source *source, error *e)
{
    *c = (config){0};
    arena_init(&c->memory, 8192, MEMORY_MAX);
    loader l = {.config = c, .error = e, .scratch = rd_kafka_conf_new(), .environment = source->environment};
    bool loaded = config_providers_init(c, e) && load(&l, source);
    rd_kafka_conf_destroy(l.scratch);
    return loaded;
}

void config_free(config *c)
{
    arena_free(&c->memory);
    *c = (config){0};
}
