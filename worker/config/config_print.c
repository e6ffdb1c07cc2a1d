#include <string.h>

#include "worker/config/config_keys.h"
#include "worker/config/config_named.h"

static void print_section(FILE *out, size_t i)
{
    if (i == 0 || strcmp(config_keys[i].section, config_keys[i - 1].section) != 0)
        fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", config_keys[i].section);
}

static void print_rest(FILE *out, unsigned kinds, const char *help)
{
    const char *separator = " ; ";
    for (int kind = 0; kind < CONFIG_KINDS; kind++) {
        if ((kinds & KIND(kind)) == 0)
            continue;
        fprintf(out, "%s%s", separator, config_kind_name(kind));
        separator = ", ";
    }
    fprintf(out, "\n      %s\n", help);
}

static void print_key(FILE *out, const config_key *key)
{
    fprintf(out, "  %s%s%s", key->name, key->fallback == NULL ? "" : " = ",
            key->fallback == NULL ? "" : key->fallback);
    print_rest(out, key->kinds, key->help);
}

static void print_named_key(FILE *out, const config_named *group)
{
    fprintf(out, "  %sNAME", group->prefix);
    print_rest(out, group->kinds, group->help);
}

static void print_origin(FILE *out, const config_origin *origin)
{
    switch (origin->layer) {
    case CONFIG_DEFAULT:
        fputs(" ; default\n", out);
        break;
    case CONFIG_PRESET:
    case CONFIG_FILE:
        fprintf(out, " ; %s:%d\n", origin->name, origin->line);
        break;
    case CONFIG_ENVIRONMENT:
    case CONFIG_SET:
        fprintf(out, " ; %s\n", origin->name);
        break;
    }
}

static void print_properties(FILE *out, const char *section, const config_properties *properties)
{
    fprintf(out, "\n[%s]\n", section);
    for (size_t i = 0; i < properties->count; i++) {
        const config_property *p = &properties->items[i];
        fprintf(out, "%s = %s", p->name, config_kafka_is_secret(p->name) ? "***" : p->value);
        print_origin(out, &p->origin);
    }
}

static void print_named(FILE *out, const config_provider *p, const config_named *group)
{
    const config_properties *given =
        (const config_properties *)(const void *)((const char *)p + group->offset);
    for (size_t i = 0; i < given->count; i++) {
        const config_property *property = &given->items[i];
        fprintf(out, "%s%s = %s", group->prefix, property->name,
                config_named_is_secret(group, property) ? "***" : property->value);
        print_origin(out, &property->origin);
    }
}

static const char *shown(const config_provider *p, size_t i)
{
    switch (config_provider_keys[i].type) {
    case CONFIG_TYPE_HTTP_URL:
        return p->url.shown;
    case CONFIG_TYPE_SECRET:
        return "***";
    default:
        return p->settings[i].text;
    }
}

static void print_provider(FILE *out, const config_provider *p)
{
    fprintf(out, "\n[provider.%s]\n", p->name);
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        const config_key *key = &config_provider_keys[i];
        if (!config_provider_key_fits(key, p->kind) || p->settings[i].text == NULL)
            continue;
        fprintf(out, "%s = %s", key->name, shown(p, i));
        print_origin(out, &p->settings[i].origin);
    }
    for (size_t i = 0; i < CONFIG_NAMED_GROUPS; i++)
        print_named(out, p, &config_named_groups[i]);
}

void config_print(const config *c, FILE *out)
{
    for (size_t i = 0; i < config_key_count; i++) {
        bool is_url = config_keys[i].type == CONFIG_TYPE_REDIS_URL;
        print_section(out, i);
        fprintf(out, "%s = %s", config_keys[i].name, is_url ? c->redis.shown : c->settings[i].text);
        print_origin(out, &c->settings[i].origin);
    }
    for (size_t i = 0; i < c->provider_count; i++)
        print_provider(out, &c->providers[i]);
    print_properties(out, "kafka", &c->kafka);
    print_properties(out, "kafka.consumer", &c->kafka_consumer);
    print_properties(out, "kafka.producer", &c->kafka_producer);
}

void config_print_keys(FILE *out)
{
    for (size_t i = 0; i < config_key_count; i++) {
        print_section(out, i);
        print_key(out, &config_keys[i]);
    }
    fprintf(out, "\n[%s]\n", config_provider_keys[0].section);
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++)
        print_key(out, &config_provider_keys[i]);
    for (size_t i = 0; i < CONFIG_NAMED_GROUPS; i++)
        print_named_key(out, &config_named_groups[i]);
    fputs(
        "\n[kafka]\n  any librdkafka property, e.g. bootstrap.servers = 127.0.0.1:9092\n"
        "\n[kafka.consumer]\n  more of them, for the consumers only\n"
        "\n[kafka.producer]\n  more of them, for the producers only\n"
        "\nEvery key may also come from the environment, as CARILLON_SECTION_KEY in upper case with dots as\n"
        "underscores (CARILLON_WORKER_COMMIT_INTERVAL_MS), or from --set section.key=value.\n",
        out);
}
