#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/nearest.h"
#include "engine/value/duration.h"
#include "worker/config/config_keys.h"
#include "worker/config/config_preset.h"
#include "worker/config/smtp_url.h"

enum { TOPIC_SIZE_MAX = 249, TOPICS_MAX = 64, HOST_SIZE_MAX = 253 };

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static const unit sizes[] = {
    {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0},
};
static const unit no_units[] = {{NULL, 0}};

static bool out_of_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

/* The factor of a unit, 1 without a name, 0 where it is none. */
static int64_t unit_factor(const unit *units, const char *name)
{
    if (*name == '\0')
        return 1;
    for (; units->name != NULL; units++) {
        if (strcmp(units->name, name) == 0)
            return units->factor;
    }
    return 0;
}

/* A whole number and its unit. False where it is not that or does not fit. */
static bool read_quantity(const char *text, const unit *units, int64_t *quantity)
{
    const char *digits = *text == '-' ? text + 1 : text;
    size_t digit_count = strspn(digits, "0123456789");
    if (digit_count == 0 || digit_count > 18)
        return false;
    int64_t number = strtoll(text, NULL, 10);
    int64_t factor = unit_factor(units, digits + digit_count + strspn(digits + digit_count, " "));
    return factor != 0 && !__builtin_mul_overflow(number, factor, quantity);
}

static void format_quantity(char *out, size_t size, int64_t quantity, const unit *units)
{
    const unit *best = units;
    for (const unit *u = units; u->name != NULL; u++) {
        if (quantity != 0 && quantity % u->factor == 0)
            best = u;
    }
    if (best->name == NULL)
        snprintf(out, size, "%" PRId64, quantity);
    else
        snprintf(out, size, "%" PRId64 "%s", quantity / best->factor, best->name);
}

static bool parse_quantity(int64_t *field, const config_key *key, const char *text, error *e)
{
    bool is_size = key->type == CONFIG_TYPE_SIZE;
    const unit *units = is_size ? sizes : no_units;
    char minimum[32];
    char maximum[32];
    int64_t quantity;
    if (read_quantity(text, units, &quantity) && quantity >= key->minimum && quantity <= key->maximum) {
        *field = quantity;
        return true;
    }
    format_quantity(minimum, sizeof minimum, key->minimum, units);
    format_quantity(maximum, sizeof maximum, key->maximum, units);
    return error_set(e, ERROR_CONFIG, 0, "must be %s from %s to %s, not '%s'",
                     is_size ? "a size (64KiB, 1MiB, 1GiB; a bare number is bytes)" : "a whole number",
                     minimum, maximum, text);
}

static bool parse_duration(int64_t *field, const config_key *key, const char *text, error *e)
{
    bool bare = key->type == CONFIG_TYPE_MILLISECOND;
    char minimum[DURATION_TEXT_SIZE];
    char maximum[DURATION_TEXT_SIZE];
    int64_t ms;
    if (duration_parse(text, strlen(text), bare ? 1 : 0, &ms) && ms >= key->minimum && ms <= key->maximum) {
        *field = ms;
        return true;
    }
    duration_format(key->minimum, minimum);
    duration_format(key->maximum, maximum);
    return error_set(e, ERROR_CONFIG, 0, "must be a duration %s from %s to %s, not '%s'",
                     bare ? "(" DURATION_EXAMPLES "; a bare number is milliseconds)"
                          : "with its unit (" DURATION_EXAMPLES ")",
                     minimum, maximum, text);
}

static bool parse_boolean(bool *field, const char *text, error *e)
{
    static const char *const words[2][4] = {{"false", "no", "off", "0"}, {"true", "yes", "on", "1"}};
    for (size_t i = 0; i < 8; i++) {
        if (strcasecmp(text, words[i / 4][i % 4]) == 0) {
            *field = i / 4 == 1;
            return true;
        }
    }
    return error_set(e, ERROR_CONFIG, 0, "must be true or false, not '%s'", text);
}

static bool parse_choice(int *field, const config_key *key, const char *text, error *e)
{
    char known[128] = "";
    for (int i = 0; i < (int)(sizeof key->choices / sizeof key->choices[0]) && key->choices[i] != NULL; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            *field = i;
            return true;
        }
        size_t size = strlen(known);
        snprintf(known + size, sizeof known - size, "%s%s", i > 0 ? ", " : "", key->choices[i]);
    }
    return error_set(e, ERROR_CONFIG, 0, "must be one of %s, not '%s'", known, text);
}

static bool is_topic(const char *text, size_t size)
{
    if (size == 0 || size > TOPIC_SIZE_MAX ||
        (text[0] == '.' && (size == 1 || (size == 2 && text[1] == '.'))))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr("._-", text[i]) == NULL)
            return false;
    }
    return true;
}

static bool copy_topic(arena *a, const char **field, const char *text, size_t size, error *e)
{
    if (!is_topic(text, size))
        return error_set(e, ERROR_CONFIG, 0,
                         "must be a topic name: up to 249 letters, digits, '.', '_' and '-'");
    *field = arena_copy(a, text, size);
    return *field != NULL || out_of_memory(e);
}

static bool parse_topics(arena *a, config_list *field, const char *text, error *e)
{
    const char **items = arena_calloc(a, TOPICS_MAX, sizeof *items);
    size_t count = 0;
    if (items == NULL)
        return out_of_memory(e);
    for (;;) {
        text += strspn(text, " \t,");
        if (*text == '\0')
            break;
        if (count == TOPICS_MAX)
            return error_set(e, ERROR_CONFIG, 0, "has more than %d topics", TOPICS_MAX);
        size_t size = strcspn(text, " \t,");
        if (!copy_topic(a, &items[count++], text, size, e))
            return false;
        text += size;
    }
    if (count == 0)
        return error_set(e, ERROR_CONFIG, 0, "must name at least one topic");
    *field = (config_list){.items = items, .count = count};
    return true;
}

static bool parse_text(arena *a, const char **field, const char *text, error *e)
{
    if (*text == '\0')
        return error_set(e, ERROR_CONFIG, 0, "must not be empty");
    *field = arena_copy(a, text, strlen(text));
    return *field != NULL || out_of_memory(e);
}

static bool is_port(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= 5 && strspn(text, "0123456789") == size &&
           strtol(text, NULL, 10) <= UINT16_MAX;
}

/* The host may stand in brackets, as an IPv6 address must. */
static bool parse_listen(arena *a, config_listen *field, const char *text, error *e)
{
    *field = (config_listen){0};
    if (*text == '\0')
        return true;
    const char *colon = strrchr(text, ':');
    size_t size = colon == NULL ? 0 : (size_t)(colon - text);
    bool bracketed = size > 2 && text[0] == '[' && text[size - 1] == ']';
    if (size == 0 || !is_port(colon + 1) || (!bracketed && strcspn(text, ":[]") < size))
        return error_set(e, ERROR_CONFIG, 0,
                         "must be host:port (127.0.0.1:9464, 0.0.0.0:9464, [::]:9464) or empty, not '%s'",
                         text);
    field->host = arena_copy(a, text + bracketed, size - (bracketed ? 2 : 0));
    field->port = arena_copy(a, colon + 1, strlen(colon + 1));
    return (field->host != NULL && field->port != NULL) || out_of_memory(e);
}

static bool parse_kind(int *field, const char *text, error *e)
{
    char known[128] = "";
    for (int kind = 0; kind < CONFIG_KINDS; kind++) {
        size_t size = strlen(known);
        if (strcmp(text, config_kind_name(kind)) == 0) {
            *field = kind;
            return true;
        }
        snprintf(known + size, sizeof known - size, "%s%s", kind > 0 ? ", " : "", config_kind_name(kind));
    }
    return error_set(e, ERROR_CONFIG, 0, "must be one of %s, not '%s'", known, text);
}

static bool is_template(const char *text)
{
    return strstr(text, "${") != NULL || strstr(text, "{{") != NULL || strstr(text, "{%") != NULL ||
           strstr(text, "{#") != NULL;
}

static bool parse_file(arena *a, const char **field, const char *text, error *e)
{
    if (*text != '\0' && access(text, R_OK) != 0)
        return error_set(e, ERROR_CONFIG, 0, "%s: %s", text, strerror(errno));
    return parse_text(a, field, text, e);
}

static bool parse_word(arena *a, const char **field, const char *text, error *e)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c))
            return error_set(e, ERROR_CONFIG, 0, "must be of letters and digits");
    }
    return parse_text(a, field, text, e);
}

/* A host as it stands in a URL, without brackets. */
static bool is_host(const char *text, size_t size)
{
    size_t start = strncmp(text, "*.", 2) == 0 ? 2 : 0;
    for (size_t i = start; i < size; i++) {
        if (!isalnum((unsigned char)text[i]) && strchr(".-_:", text[i]) == NULL)
            return false;
    }
    return size > start && size <= HOST_SIZE_MAX && text[start] != '.';
}

static bool parse_hosts(arena *a, config_list *field, const char *text, error *e)
{
    const char **items = arena_calloc(a, TOPICS_MAX, sizeof *items);
    size_t count = 0;
    if (items == NULL)
        return out_of_memory(e);
    for (text += strspn(text, " \t,"); *text != '\0'; text += strspn(text, " \t,")) {
        size_t size = strcspn(text, " \t,");
        if (!is_host(text, size) || count == TOPICS_MAX)
            return error_set(e, ERROR_CONFIG, 0,
                             "must be up to %d host names, separated by commas; *.example.com are all below "
                             "example.com",
                             TOPICS_MAX);
        items[count] = arena_copy(a, text, size);
        if (items[count++] == NULL)
            return out_of_memory(e);
        text += size;
    }
    *field = (config_list){.items = items, .count = count};
    return true;
}

static bool is_pointer(const char *text)
{
    const char *tilde = strchr(text, '~');
    while (tilde != NULL && (tilde[1] == '0' || tilde[1] == '1'))
        tilde = strchr(tilde + 1, '~');
    return *text == '/' && tilde == NULL;
}

static bool parse_answer(arena *a, const char **field, const char *text, error *e)
{
    if (!is_pointer(text) && (strncmp(text, "header:", 7) != 0 || text[7] == '\0'))
        return error_set(e, ERROR_CONFIG, 0,
                         "must be a place in the answer: a JSON pointer (/data/id) or header:NAME");
    return parse_text(a, field, text, e);
}

static bool parse_preset(const char **field, const char *text, error *e)
{
    const config_preset *preset = config_preset_find(text);
    nearest n;
    nearest_init(&n, text);
    for (size_t i = 0; i < config_preset_count; i++)
        nearest_try(&n, config_presets[i].name);
    if (preset == NULL)
        return error_set(e, ERROR_CONFIG, 0,
                         "is the name of no preset; %s%s: carillon provider list shows all",
                         nearest_found(&n) == NULL ? "there are several" : "did you mean ",
                         nearest_found(&n) == NULL ? "" : nearest_found(&n));
    *field = preset->name;
    return true;
}

bool config_value_parse(arena *a, void *owner, const config_key *key, const char *text, error *e)
{
    void *field = (char *)owner + key->offset;
    switch (key->type) {
    case CONFIG_TYPE_TEXT:
        return parse_text(a, field, text, e);
    case CONFIG_TYPE_TOPIC:
        return copy_topic(a, field, text, strlen(text), e);
    case CONFIG_TYPE_TOPICS:
        return parse_topics(a, field, text, e);
    case CONFIG_TYPE_INTEGER:
    case CONFIG_TYPE_SIZE:
        return parse_quantity(field, key, text, e);
    case CONFIG_TYPE_MILLISECOND:
    case CONFIG_TYPE_DURATION:
        return parse_duration(field, key, text, e);
    case CONFIG_TYPE_BOOLEAN:
        return parse_boolean(field, text, e);
    case CONFIG_TYPE_CHOICE:
        return parse_choice(field, key, text, e);
    case CONFIG_TYPE_REDIS_URL:
        return redis_url_parse(a, text, field, e);
    case CONFIG_TYPE_LISTEN:
        return parse_listen(a, field, text, e);
    case CONFIG_TYPE_HTTP_URL:
        if (smtp_url_is_meant(text))
            return smtp_url_parse(a, text, field, e);
        return is_template(text) ? http_url_keep(a, text, field, e) : http_url_parse(a, text, field, e);
    case CONFIG_TYPE_KIND:
        return parse_kind(field, text, e);
    case CONFIG_TYPE_TEMPLATE:
    case CONFIG_TYPE_SECRET:
        return parse_text(a, field, text, e);
    case CONFIG_TYPE_FILE:
        return parse_file(a, field, text, e);
    case CONFIG_TYPE_WORD:
        return parse_word(a, field, text, e);
    case CONFIG_TYPE_HOSTS:
        return parse_hosts(a, field, text, e);
    case CONFIG_TYPE_STATUSES:
        return http_statuses_parse(field, text, e);
    case CONFIG_TYPE_ANSWER:
        return parse_answer(a, field, text, e);
    case CONFIG_TYPE_PRESET:
        return parse_preset(field, text, e);
    case CONFIG_TYPE_ROUTE:
        return text[strspn(text, " \t,")] != '\0' ||
               error_set(e, ERROR_CONFIG, 0, "must name a provider, or several in order: a, b");
    }
    return false;
}
