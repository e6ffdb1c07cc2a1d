#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/nearest.h"
#include "worker/config/config_keys.h"
#include "worker/config/config_named.h"
#include "worker/config/smtp_url.h"

enum {
    NAME_SIZE_MAX = 64,
    VARIABLE_SIZE = 256,
    HOUR_MS = 60 * 60 * 1000,
    QUEUE_MAX = 100000,
    RATE_MAX = 1000000
};

static const char section_prefix[] = "provider.";

static const char *const kind_names[] = {
    [CONFIG_INBOX] = "inbox", [CONFIG_LOG] = "log",   [CONFIG_NULL] = "null",
    [CONFIG_HTTP] = "http",   [CONFIG_SMTP] = "smtp", [CONFIG_KAFKA] = "kafka"};
static_assert(sizeof kind_names / sizeof *kind_names == CONFIG_KINDS, "every kind has a name");

#define FIELD(field) .offset = offsetof(config_provider, field)
#define OUTWARD (KIND(CONFIG_HTTP) | KIND(CONFIG_SMTP))

/* In the order of --keys and --print-config. */
const config_key config_provider_keys[CONFIG_PROVIDER_KEYS] = {
    {"provider.NAME", "kind", CONFIG_TYPE_KIND, FIELD(kind), NULL,
     .help = "how it is spoken to; must be given: http (a request, by default the rendered step as JSON), "
             "smtp (mail), kafka (an event for other services), inbox, log, null"},
    {"provider.NAME", "preset", CONFIG_TYPE_PRESET, FIELD(preset), NULL, .kinds = KIND(CONFIG_HTTP),
     .optional = true, .help = "ready settings, for what is not set here: carillon provider list shows all"},
    {"provider.NAME", "url", CONFIG_TYPE_HTTP_URL, FIELD(url), NULL, .kinds = OUTWARD,
     .help = "http[s]://[user[:password]@]host[:port][/path][?query], a template; smtp: "
             "smtp[s]://host[:port]; must be given"},
    {"provider.NAME", "method", CONFIG_TYPE_CHOICE, FIELD(http.method), "POST", .kinds = KIND(CONFIG_HTTP),
     .choices = {"POST", "PUT", "PATCH", "GET", "DELETE"}, .help = "of the request"},
    {"provider.NAME", "user", CONFIG_TYPE_SECRET, FIELD(user), NULL, .kinds = OUTWARD, .optional = true,
     .help = "who logs in (http: basic authentication): the name itself, ${VARIABLE} or file:PATH"},
    {"provider.NAME", "password", CONFIG_TYPE_SECRET, FIELD(password), NULL, .kinds = OUTWARD,
     .optional = true, .help = "the password itself, ${VARIABLE} or file:PATH"},
    {"provider.NAME", "body", CONFIG_TYPE_TEMPLATE, FIELD(http.body), NULL, .kinds = KIND(CONFIG_HTTP),
     .optional = true,
     .help = "JSON whose strings are templates; a string that is one {{ expression }} may become any value; "
             "without body, body.text and form.NAME the rendered step is sent as it is"},
    {"provider.NAME", "body.text", CONFIG_TYPE_TEMPLATE, FIELD(http.body_text), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "a body of any other type, a template"},
    {"provider.NAME", "content_type", CONFIG_TYPE_TEXT, FIELD(http.content_type), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true,
     .help = "of the body (default: that of JSON, of a form, or of plain text)"},
    {"provider.NAME", "success", CONFIG_TYPE_STATUSES, FIELD(http.success), "2xx", .kinds = KIND(CONFIG_HTTP),
     .help = "statuses that mean: delivered"},
    {"provider.NAME", "permanent", CONFIG_TYPE_STATUSES, FIELD(http.permanent), "",
     .kinds = KIND(CONFIG_HTTP), .help = "of the others, those that mean: never, whatever `retriable` says"},
    {"provider.NAME", "retriable", CONFIG_TYPE_STATUSES, FIELD(http.retriable), "408, 425, 429, 5xx",
     .kinds = KIND(CONFIG_HTTP),
     .help = "of the others, those that mean: not now; what is in none of the three means never"},
    {"provider.NAME", "message_id", CONFIG_TYPE_ANSWER, FIELD(http.message_id), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true,
     .help = "where the answer has the provider's id of the message: /json/pointer or header:NAME"},
    {"provider.NAME", "error", CONFIG_TYPE_ANSWER, FIELD(http.error), NULL, .kinds = KIND(CONFIG_HTTP),
     .optional = true,
     .help = "where the answer has the provider's word for what is wrong; the code is http_<status>_<word>"},
    {"provider.NAME", "max_answer_bytes", CONFIG_TYPE_SIZE, FIELD(http.max_answer_bytes), "64KiB", 1024,
     1 << 20, .kinds = KIND(CONFIG_HTTP), .help = "of an answer's body more is not read"},
    {"provider.NAME", "http.version", CONFIG_TYPE_CHOICE, FIELD(http.version), "auto",
     .choices = {"auto", "1.1", "2"}, .kinds = KIND(CONFIG_HTTP),
     .help = "auto: HTTP/2 over TLS where the server has it; 2: the same, on as few connections as can be"},
    {"provider.NAME", "redirects", CONFIG_TYPE_INTEGER, FIELD(http.redirects), "0", 0, 10,
     .kinds = KIND(CONFIG_HTTP),
     .help = "how many are followed (307, 308; of a GET also 301, 302, 303), on the same host or to "
             "allowed.hosts, never from https to http"},
    {"provider.NAME", "allowed.hosts", CONFIG_TYPE_HOSTS, FIELD(http.allowed_hosts), "",
     .kinds = KIND(CONFIG_HTTP),
     .help = "where requests may go: names, *.example.com; with it the url's host may be a template"},
    {"provider.NAME", "allow.link_local", CONFIG_TYPE_BOOLEAN, FIELD(allow_link_local), "false",
     .kinds = OUTWARD,
     .help = "connect to link-local and metadata addresses as well (169.254.0.0/16, "
             "fe80::/10, fd00:ec2::254, 0.0.0.0/8)"},
    {"provider.NAME", "tls.ca_file", CONFIG_TYPE_FILE, FIELD(tls_ca_file), NULL, .kinds = OUTWARD,
     .optional = true, .help = "certificates to trust instead of the system's, in PEM"},
    {"provider.NAME", "tls.cert_file", CONFIG_TYPE_FILE, FIELD(http.tls_cert_file), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "our own certificate, in PEM"},
    {"provider.NAME", "tls.key_file", CONFIG_TYPE_FILE, FIELD(http.tls_key_file), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "and its key, where it is in another file"},
    {"provider.NAME", "tls.verify", CONFIG_TYPE_BOOLEAN, FIELD(tls_verify), "true", .kinds = OUTWARD,
     .help = "false: take any certificate, for tests; it is said in the log"},
    {"provider.NAME", "tls", CONFIG_TYPE_CHOICE, FIELD(smtp.tls), "starttls",
     .choices = {"starttls", "tls", "none"}, .kinds = KIND(CONFIG_SMTP),
     .help = "starttls: required; tls: from the first byte on, as smtps://; none: in clear, login and all"},
    {"provider.NAME", "from", CONFIG_TYPE_TEXT, FIELD(smtp.from), NULL, .kinds = KIND(CONFIG_SMTP),
     .optional = true, .help = "the sender where a step names none: a@b or Name <a@b>"},
    {"provider.NAME", "helo", CONFIG_TYPE_TEXT, FIELD(smtp.helo), NULL, .kinds = KIND(CONFIG_SMTP),
     .optional = true, .help = "how we introduce ourselves (EHLO; default: the machine's name)"},
    {"provider.NAME", "message_id.domain", CONFIG_TYPE_TEXT, FIELD(smtp.message_id_domain), NULL,
     .kinds = KIND(CONFIG_SMTP), .optional = true,
     .help = "Message-ID is <idempotency key@domain> (default: the sender's domain)"},
    {"provider.NAME", "list_unsubscribe", CONFIG_TYPE_TEMPLATE, FIELD(smtp.list_unsubscribe), NULL,
     .kinds = KIND(CONFIG_SMTP), .optional = true,
     .help = "a URI, a template; of https:// it says that one click is enough (RFC 8058)"},
    {"provider.NAME", "sign", CONFIG_TYPE_CHOICE, FIELD(http.sign), "none",
     .choices = {"none", "hmac-sha256"}, .kinds = KIND(CONFIG_HTTP),
     .help = "hmac-sha256: a header t=<unix seconds>,v1=<hex> over <t>.<body>"},
    {"provider.NAME", "sign.secret", CONFIG_TYPE_SECRET, FIELD(http.sign_secret), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "its key: itself, ${VARIABLE} or file:PATH"},
    {"provider.NAME", "sign.header", CONFIG_TYPE_TEXT, FIELD(http.sign_header), "X-Carillon-Signature",
     .kinds = KIND(CONFIG_HTTP), .help = "the header's name"},
    {"provider.NAME", "auth", CONFIG_TYPE_CHOICE, FIELD(http.auth), "none",
     .choices = {"none", "google_service_account", "apns"}, .kinds = KIND(CONFIG_HTTP),
     .help = "a bearer token that is made of auth.key_file"},
    {"provider.NAME", "auth.key_file", CONFIG_TYPE_FILE, FIELD(http.auth_key_file), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true,
     .help = "google_service_account: the key file (JSON); apns: the key (PEM, .p8)"},
    {"provider.NAME", "auth.key_id", CONFIG_TYPE_WORD, FIELD(http.auth_key_id), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "apns: the key's id"},
    {"provider.NAME", "auth.team_id", CONFIG_TYPE_WORD, FIELD(http.auth_team_id), NULL,
     .kinds = KIND(CONFIG_HTTP), .optional = true, .help = "apns: the team's id"},
    {"provider.NAME", "auth.scope", CONFIG_TYPE_TEXT, FIELD(http.auth_scope),
     "https://www.googleapis.com/auth/firebase.messaging", .kinds = KIND(CONFIG_HTTP),
     .help = "google_service_account: what the token is for"},
    {"provider.NAME", "timeout.ms", CONFIG_TYPE_MILLISECOND, FIELD(timeout_ms), "10s", 1, HOUR_MS,
     .kinds = OUTWARD,
     .help = "a delivery without an answer for so long has failed (smtp: 1m); waiting for its turn does not "
             "count"},
    {"provider.NAME", "connect.timeout.ms", CONFIG_TYPE_MILLISECOND, FIELD(connect_timeout_ms), "3s", 1,
     HOUR_MS, .kinds = OUTWARD, .help = "of that, for the name, the connection and TLS"},
    {"provider.NAME", "concurrency", CONFIG_TYPE_INTEGER, FIELD(concurrency), "256", 1,
     CONFIG_CONCURRENCY_MAX, .kinds = OUTWARD,
     .help = "deliveries in flight per shard (smtp: connections, 8); more wait for their turn"},
    {"provider.NAME", "queue", CONFIG_TYPE_INTEGER, FIELD(queue), "1000", 0, QUEUE_MAX,
     .help = "deliveries per shard that wait for their turn in memory; more wait in Redis"},
    {"provider.NAME", "rate", CONFIG_TYPE_INTEGER, FIELD(rate), "0", 0, RATE_MAX,
     .help = "deliveries a second of the worker, or of all of the group (rate.shared); 0: any number"},
    {"provider.NAME", "rate.burst", CONFIG_TYPE_INTEGER, FIELD(rate_burst), "0", 0, RATE_MAX,
     .help = "so many of them may go at once; 0: those of a twentieth of a second, at least one"},
    {"provider.NAME", "rate.shared", CONFIG_TYPE_BOOLEAN, FIELD(rate_shared), "false",
     .help = "the rate is that of all replicas of worker.group together; Redis counts"},
    {"provider.NAME", "breaker.failures", CONFIG_TYPE_INTEGER, FIELD(breaker_failures), "5", 0, 1000,
     .kinds = OUTWARD,
     .help = "after so many failures in a row that speak of the provider it is not asked; 0: it always is"},
    {"provider.NAME", "breaker.open.ms", CONFIG_TYPE_MILLISECOND, FIELD(breaker_open_ms), "5s", 1, HOUR_MS,
     .kinds = OUTWARD,
     .help = "for so long; then one delivery tries, and each time that it fails the pause is doubled"},
    {"provider.NAME", "breaker.open.max.ms", CONFIG_TYPE_MILLISECOND, FIELD(breaker_open_max_ms), "1m", 1,
     HOUR_MS, .kinds = OUTWARD, .help = "up to this"},
    {"provider.NAME", "on_unknown", CONFIG_TYPE_CHOICE, FIELD(on_unknown), "retry",
     .choices = {"retry", "fail"}, .kinds = OUTWARD,
     .help = "when nobody can tell whether a delivery arrived: make it again (at least once) or give up (at "
             "most once)"},
    {"provider.NAME", "topic", CONFIG_TYPE_TOPIC, FIELD(topic), NULL, .kinds = KIND(CONFIG_KAFKA),
     .help = "topic of its delivery requests (delivery_request.avsc); must be given"},
    {"provider.NAME", "inbox.max_items", CONFIG_TYPE_INTEGER, FIELD(inbox_max_items), "1000", 1,
     LIMIT_INBOX_ITEMS, .kinds = KIND(CONFIG_INBOX),
     .help = "items of one recipient; with one more the oldest goes"},
    {"provider.NAME", "inbox.max_age", CONFIG_TYPE_DURATION, FIELD(inbox_max_age_ms), "90d", 1000,
     INT64_C(3660) * 24 * HOUR_MS, .kinds = KIND(CONFIG_INBOX),
     .help = "an older item goes when another arrives, and with all others when none does"},
};

const config_key *config_provider_key_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        if (strcmp(config_provider_keys[i].name, name) == 0)
            return &config_provider_keys[i];
    }
    return NULL;
}

bool config_provider_key_fits(const config_key *key, int kind)
{
    return key->kinds == 0 || (key->kinds & KIND(kind)) != 0;
}

const char *config_kind_name(int kind)
{
    return kind_names[kind];
}

bool config_provider_refuse_key(const char *section, const char *name, error *e)
{
    char named[CONFIG_NAMED_GROUPS][VARIABLE_SIZE];
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++)
        nearest_try(&n, config_provider_keys[i].name);
    for (size_t i = 0; i < CONFIG_NAMED_GROUPS; i++) {
        snprintf(named[i], sizeof named[i], "%s%s", config_named_groups[i].prefix,
                 name + strcspn(name, ".") + (strchr(name, '.') != NULL));
        nearest_try(&n, named[i]);
    }
    if (nearest_found(&n) == NULL)
        return error_set(e, ERROR_CONFIG, 0, "unknown key; carillon worker --keys lists all");
    return error_set(e, ERROR_CONFIG, 0, "unknown key; did you mean %s.%s?", section, nearest_found(&n));
}

size_t config_find_provider(const config *c, const char *name, size_t size)
{
    size_t i = 0;
    while (i < c->provider_count &&
           (strlen(c->providers[i].name) != size || memcmp(c->providers[i].name, name, size) != 0))
        i++;
    return i;
}

const char *config_nearest_provider(const config *c, const char *name)
{
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < c->provider_count; i++)
        nearest_try(&n, c->providers[i].name);
    return nearest_found(&n);
}

/* ---- sections ---- */

bool config_is_provider_section(const char *section)
{
    return strcmp(section, "provider") == 0 || strncmp(section, section_prefix, strlen(section_prefix)) == 0;
}

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    for (const char *c = text; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return false;
    }
    return size > 0 && size <= NAME_SIZE_MAX;
}

/* The provider whose variables have the same names, or NULL. */
static const config_provider *find_spelling(const config *c, const char *spelling)
{
    char known[VARIABLE_SIZE];
    for (size_t i = 0; i < c->provider_count; i++) {
        config_variable_name(known, sizeof known, c->providers[i].name, "");
        if (strcmp(known, spelling) == 0)
            return &c->providers[i];
    }
    return NULL;
}

static bool may_be_added(const config *c, const char *name, error *e)
{
    char spelling[VARIABLE_SIZE];
    if (c->provider_count == CONFIG_PROVIDERS_MAX)
        return error_set(e, ERROR_CONFIG, 0, "is one provider too many: at most %d",
                         CONFIG_PROVIDERS_MAX - (CONFIG_NULL + 1));
    config_variable_name(spelling, sizeof spelling, name, "");
    const config_provider *other = find_spelling(c, spelling);
    if (other != NULL)
        return error_set(e, ERROR_CONFIG, 0,
                         "the name differs from %s in nothing but capitals and dashes, so that "
                         "environment variables could not tell them apart",
                         other->name);
    return true;
}

static bool set_defaults(config *c, config_provider *p, error *e)
{
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        const config_key *key = &config_provider_keys[i];
        p->settings[i].text = key->fallback;
        if (key->fallback != NULL && !config_value_parse(&c->memory, p, key, key->fallback, e))
            return false;
    }
    return true;
}

config_provider *config_provider_open(config *c, const char *section, error *e)
{
    const char *name = section + strlen("provider") + (section[strlen("provider")] == '.' ? 1 : 0);
    size_t place = config_find_provider(c, name, strlen(name));
    if (!is_name(name)) {
        error_set(
            e, ERROR_CONFIG, 0,
            "a provider's section is [provider.NAME] with a name of 1 to %d letters, digits, '_' and '-'",
            NAME_SIZE_MAX);
        return NULL;
    }
    config_provider *p = &c->providers[place];
    if (place < c->provider_count)
        return p;
    if (!may_be_added(c, name, e))
        return NULL;
    *p = (config_provider){.name = arena_copy(&c->memory, name, strlen(name))};
    if (p->name == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
        return NULL;
    }
    if (!set_defaults(c, p, e))
        return NULL;
    c->provider_count++;
    return p;
}

bool config_providers_init(config *c, error *e)
{
    c->provider_count = CONFIG_NULL + 1;
    for (int kind = 0; kind <= CONFIG_NULL; kind++) {
        config_provider *p = &c->providers[kind];
        *p = (config_provider){.name = kind_names[kind]};
        if (!set_defaults(c, p, e))
            return false;
        p->kind = kind;
        p->settings[0].text = p->name; /* `kind`, the first of the keys */
    }
    return true;
}

/* ---- what holds between the keys ---- */

static bool refuse_other_kind(const config_key *key, int kind, error *e)
{
    char fitting[64] = "";
    for (int other = 0; other < CONFIG_KINDS; other++) {
        size_t size = strlen(fitting);
        if (config_provider_key_fits(key, other))
            snprintf(fitting + size, sizeof fitting - size, "%s%s", size > 0 ? ", " : "", kind_names[other]);
    }
    return error_set(e, ERROR_CONFIG, 0, "is for providers of kind %s; this one's is %s", fitting,
                     kind_names[kind]);
}

static bool check_key(const config_provider *p, size_t i, error *e)
{
    const config_key *key = &config_provider_keys[i];
    const config_setting *setting = &p->settings[i];
    if (!config_provider_key_fits(key, p->kind))
        return setting->origin.layer == CONFIG_DEFAULT || refuse_other_kind(key, p->kind, e);
    return setting->text != NULL || key->optional || error_set(e, ERROR_CONFIG, 0, "must be given");
}

/* Where one is given the other one must be. */
static bool need(bool needed, const char *given, const char *name, const char *why, const config_key **key,
                 error *e)
{
    *key = config_provider_key_find(name);
    return !needed || given != NULL || error_set(e, ERROR_CONFIG, 0, "must be given %s", why);
}

static bool check_http(const config_provider *p, const config_key **key, error *e)
{
    const config_http *h = &p->http;
    bool apns = h->auth == CONFIG_AUTH_APNS;
    if (!need(h->sign != CONFIG_SIGN_NONE, h->sign_secret, "sign.secret", "with sign", key, e) ||
        !need(h->auth != CONFIG_AUTH_NONE, h->auth_key_file, "auth.key_file", "with auth", key, e) ||
        !need(apns, h->auth_key_id, "auth.key_id", "with auth = apns", key, e) ||
        !need(apns, h->auth_team_id, "auth.team_id", "with auth = apns", key, e) ||
        !need(p->password != NULL, p->user, "user", "with password", key, e))
        return false;
    *key = config_provider_key_find("user");
    return h->auth == CONFIG_AUTH_NONE || p->user == NULL ||
           error_set(e, ERROR_CONFIG, 0, "is not for providers with auth: there is one login");
}

static config_setting *setting_of(config_provider *p, const config_key *key)
{
    return &p->settings[key - config_provider_keys];
}

/* A default that differs from that of other kinds. */
static void prefer(config_provider *p, const char *name, const char *text, int64_t *field, int64_t preferred)
{
    config_setting *s = setting_of(p, config_provider_key_find(name));
    if (s->origin.layer != CONFIG_DEFAULT)
        return;
    s->text = text;
    *field = preferred;
}

/* What names a host to a mail server, or stands in an address literal. */
static bool is_domain(const char *text)
{
    return text == NULL || text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                             ".-:[]")] == '\0';
}

/* Servers take few connections of one client, and think about a mail for longer than about a request. */
static bool check_smtp(config_provider *p, const config_key **key, error *e)
{
    config_smtp *s = &p->smtp;
    prefer(p, "concurrency", "8", &p->concurrency, 8);
    prefer(p, "timeout.ms", "1m", &p->timeout_ms, 60000);
    if (!need(p->password != NULL, p->user, "user", "with password", key, e) ||
        !need(p->user != NULL, p->password, "password", "with user", key, e))
        return false;
    *key = config_provider_key_find("helo");
    if (!is_domain(s->helo))
        return error_set(e, ERROR_CONFIG, 0, "is no host name");
    *key = config_provider_key_find("message_id.domain");
    if (!is_domain(s->message_id_domain))
        return error_set(e, ERROR_CONFIG, 0, "is no host name");
    *key = config_provider_key_find("tls");
    if (strncasecmp(p->url.text, "smtps:", 6) == 0) {
        if (setting_of(p, *key)->origin.layer != CONFIG_DEFAULT && s->tls != CONFIG_TLS_IMPLICIT)
            return error_set(e, ERROR_CONFIG, 0, "contradicts the url: smtps:// is tls");
        s->tls = CONFIG_TLS_IMPLICIT;
    }
    return true;
}

/* A url is taken where it is given, before the kind may be known. */
static bool check_url(const config_provider *p, const config_key **key, error *e)
{
    bool is_mail = smtp_url_is_meant(p->url.text);
    *key = config_provider_key_find("url");
    if (p->kind == CONFIG_SMTP)
        return is_mail || error_set(e, ERROR_CONFIG, 0, "must begin with smtp:// or smtps://");
    return !is_mail || error_set(e, ERROR_CONFIG, 0, "must begin with http:// or https://");
}

bool config_provider_check(config_provider *p, const config_key **key, error *e)
{
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        *key = &config_provider_keys[i];
        if (!check_key(p, i, e))
            return false;
    }
    *key = config_provider_key_find("rate.shared");
    if (p->rate_shared && p->rate == 0)
        return error_set(e, ERROR_CONFIG, 0, "needs a rate");
    if (!config_provider_key_fits(config_provider_key_find("concurrency"), p->kind))
        p->concurrency = INT64_MAX;
    if (!config_provider_key_fits(config_provider_key_find("breaker.failures"), p->kind))
        p->breaker_failures = 0;
    if (p->kind == CONFIG_HTTP)
        return check_url(p, key, e) && check_http(p, key, e);
    return p->kind != CONFIG_SMTP || (check_url(p, key, e) && check_smtp(p, key, e));
}

/* ---- variables ---- */

void config_variable_name(char *out, size_t size, const char *section, const char *name)
{
    snprintf(out, size, "%s_%s", section, name);
    for (; *out != '\0'; out++)
        *out = (char)(*out == '.' || *out == '-' ? '_' : toupper((unsigned char)*out));
}

/* The longest key that the variable ends with; *name_size gets what stands before it and its underscore. */
static const config_key *find_key_at_end(const char *rest, size_t *name_size)
{
    const config_key *found = NULL;
    char known[VARIABLE_SIZE];
    size_t rest_size = strlen(rest);
    *name_size = rest_size;
    for (size_t i = 0; i < CONFIG_PROVIDER_KEYS; i++) {
        config_variable_name(known, sizeof known, "", config_provider_keys[i].name); /* _KEY */
        size_t size = strlen(known);
        if (size < rest_size && strcmp(rest + rest_size - size, known) == 0 &&
            rest_size - size < *name_size) {
            *name_size = rest_size - size;
            found = &config_provider_keys[i];
        }
    }
    return found;
}

/* Of a provider that there is, the nearest key is told. */
static void refuse_variable(const config *c, const char *rest, error *e)
{
    char spelling[VARIABLE_SIZE], known[CONFIG_PROVIDER_KEYS][VARIABLE_SIZE];
    nearest n;
    for (size_t i = CONFIG_NULL + 1; i < c->provider_count; i++) {
        config_variable_name(spelling, sizeof spelling, c->providers[i].name, "");
        size_t size = strlen(spelling);
        if (strncmp(rest, spelling, size) != 0)
            continue;
        nearest_init(&n, rest + size);
        for (size_t k = 0; k < CONFIG_PROVIDER_KEYS; k++) {
            config_variable_name(known[k], VARIABLE_SIZE, config_provider_keys[k].name, "");
            known[k][strlen(known[k]) - 1] = '\0';
            nearest_try(&n, known[k]);
        }
        if (nearest_found(&n) != NULL) {
            error_set(e, ERROR_CONFIG, 0, "names no key; did you mean CARILLON_PROVIDER_%s%s?", spelling,
                      nearest_found(&n));
            return;
        }
    }
    error_set(e, ERROR_CONFIG, 0,
              "names no key; it must be CARILLON_PROVIDER_, the provider's name, and _KIND, _URL ...: "
              "carillon worker --keys lists all");
}

const config_key *config_provider_variable(const config *c, const char *rest, char *section,
                                           size_t section_size, error *e)
{
    char spelling[VARIABLE_SIZE];
    size_t name_size;
    const config_key *key = find_key_at_end(rest, &name_size);
    if (key == NULL) {
        refuse_variable(c, rest, e);
        return NULL;
    }
    snprintf(spelling, sizeof spelling, "%.*s_", (int)name_size, rest);
    const config_provider *known = find_spelling(c, spelling);
    if (known != NULL) {
        snprintf(section, section_size, "%s%s", section_prefix, known->name);
        return key;
    }
    int size = snprintf(section, section_size, "%s%.*s", section_prefix, (int)name_size, rest);
    for (int i = 0; i < size && section[i] != '\0'; i++)
        section[i] = (char)tolower((unsigned char)section[i]);
    return key;
}
