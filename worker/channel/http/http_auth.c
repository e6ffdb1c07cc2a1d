#include "worker/channel/http/http_auth.h"

#include <stdlib.h>
#include <time.h>

#include "engine/value/json.h"
#include "worker/channel/http/http_options.h"
#include "worker/channel/http/http_target.h"
#include "worker/channel/http/service_account.h"
#include "worker/input.h"

enum {
    KEY_FILE_MAX = 64 << 10,
    MEMORY_MAX = 1 << 20,
    ANSWER_MAX = 64 << 10,
    HEADER_MAX = sizeof "Bearer " + 8192,
    APNS_PERIOD_S = 40 * 60,  /* Apple takes a token for an hour, and wants it kept for twenty minutes */
    EXPIRY_MARGIN_MS = 60000, /* a request on its way must arrive before */
};

struct http_auth {
    provider_site site;
    const config_provider *provider;
    arena memory; /* of the key file's texts */
    jwt_key *key;
    service_account account; /* of google_service_account */
    char header[HEADER_MAX]; /* "" where there is no token */
    unsigned serial;         /* of the header among all that there were */
    int64_t valid_until_ms;

    /* The exchange. */
    transfer transfer;
    address_guard guard;
    arena answer_memory;
    buffer form;
    buffer answer;
    bool running;
    http_auth_waiter *waiting;
    http_auth_waiter *last_waiting; /* where somebody waits */
};

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- apns ---- */

static bool write_apns(http_auth *a, int64_t period_s)
{
    char header[256], claims[256];
    buffer token;
    arena scratch;
    const config_http *h = &a->provider->http;
    arena_init(&scratch, 1024, MEMORY_MAX);
    buffer_init(&token, &scratch, HEADER_MAX);
    buffer_add_text(&token, "Bearer ");
    /* Both ids are letters and digits: config_value.c sees to it. */
    snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", h->auth_key_id);
    snprintf(claims, sizeof claims, "{\"iss\":\"%s\",\"iat\":%lld}", h->auth_team_id, (long long)period_s);
    bool written = jwt_write(a->key, header, claims, &token) && token.size < HEADER_MAX;
    if (written)
        snprintf(a->header, sizeof a->header, "%.*s", (int)token.size, token.bytes);
    arena_free(&scratch);
    return written;
}

static const char *apns_header(http_auth *a, int64_t wall_ms)
{
    if (a->header[0] == '\0' || wall_ms >= a->valid_until_ms) {
        int64_t period_s = wall_ms / 1000 / APNS_PERIOD_S * APNS_PERIOD_S;
        if (!write_apns(a, period_s))
            return NULL;
        a->valid_until_ms = (period_s + APNS_PERIOD_S) * 1000;
    }
    return a->header;
}

/* ---- google_service_account ---- */

static void tell_all(http_auth *a, const http_failure *failure)
{
    http_auth_waiter *w = a->waiting;
    a->waiting = NULL;
    while (w != NULL) {
        http_auth_waiter *next = w->next;
        w->ready(w, failure);
        w = next;
    }
}

static size_t keep_answer(char *bytes, size_t size, size_t count, void *user)
{
    http_auth *a = user;
    buffer_add(&a->answer, bytes, size * count);
    return a->answer.failed ? 0 : size * count;
}

/* False where the answer has no token. */
static bool take_token(http_auth *a)
{
    value token;
    int64_t valid_s;
    if (a->answer.failed ||
        !service_account_token(&a->answer_memory, a->answer.bytes, a->answer.size, &token, &valid_s))
        return false;
    snprintf(a->header, sizeof a->header, "Bearer %.*s", (int)token.count, token.text);
    a->serial++;
    a->valid_until_ms = wall_clock_ms() + valid_s * 1000 - EXPIRY_MARGIN_MS;
    return true;
}

static http_failure explain(const http_auth *a, CURLcode code, long status)
{
    if (a->guard.refused)
        return http_address_refused;
    if (code != CURLE_OK)
        return http_explain(code, false);
    return (http_failure){"auth_refused",
                          status == 200 ? "the answer to the request for an access token has none"
                                        : "no access token was given for the service account",
                          false, false};
}

static void on_answer(transfer *t, CURLcode code)
{
    http_auth *a = (http_auth *)(void *)((char *)t - offsetof(http_auth, transfer));
    long status = 0;
    curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    a->running = false;
    http_failure failure = explain(a, code, status);
    bool taken = code == CURLE_OK && status == 200 && take_token(a);
    arena_reset(&a->answer_memory);
    tell_all(a, taken ? NULL : &failure);
}

/* False without memory. */
static bool exchange(http_auth *a)
{
    buffer_init(&a->form, &a->answer_memory, KEY_FILE_MAX);
    buffer_init(&a->answer, &a->answer_memory, ANSWER_MAX);
    if (!service_account_write(&a->account, a->provider->http.auth_scope, wall_clock_ms() / 1000,
                               &a->answer_memory, &a->form))
        return false;
    a->guard.refused = false;
    CURL *handle = a->transfer.handle;
    if (curl_easy_setopt(handle, CURLOPT_POSTFIELDS, a->form.bytes) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->form.size) != CURLE_OK)
        return false;
    a->running = transfers_start(a->site.transfers, &a->transfer);
    return a->running;
}

static bool prepare_exchange(http_auth *a, error *e)
{
    CURL *handle = curl_easy_init();
    a->transfer = (transfer){.handle = handle, .done = on_answer};
    a->guard.allow_link_local = a->provider->allow_link_local;
    if (handle == NULL || !http_options_set(handle, a->provider, &a->guard) ||
        curl_easy_setopt(handle, CURLOPT_URL, a->account.token_uri) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_answer) != CURLE_OK ||
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, a) != CURLE_OK)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    return true;
}

/* ---- the public part ---- */

static bool read_account(http_auth *a, const char *bytes, size_t size, error *e)
{
    if (!service_account_read(&a->account, &a->memory, bytes, size, e))
        return false;
    a->key = a->account.key;
    if (!http_target_check(&a->memory, a->account.token_uri, &a->provider->http.allowed_hosts, e))
        return error_prefix(e, "token_uri");
    return prepare_exchange(a, e);
}

static bool read_key(http_auth *a, error *e)
{
    size_t size;
    const config_http *h = &a->provider->http;
    char *bytes = input_read_file(h->auth_key_file, KEY_FILE_MAX, &size, e);
    if (bytes == NULL)
        return false;
    bool is_read;
    if (h->auth == CONFIG_AUTH_APNS) {
        a->key = jwt_key_new(bytes, size, JWT_ES256, e);
        is_read = a->key != NULL;
    } else {
        is_read = read_account(a, bytes, size, e);
    }
    explicit_bzero(bytes, size);
    free(bytes);
    return is_read || error_prefix(e, "%s", h->auth_key_file);
}

http_auth *http_auth_new(const provider_site *site, const config_provider *p, error *e)
{
    http_auth *a = calloc(1, sizeof *a);
    if (a == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
        return NULL;
    }
    a->site = *site;
    a->provider = p;
    arena_init(&a->memory, 4096, MEMORY_MAX);
    arena_init(&a->answer_memory, 4096, MEMORY_MAX);
    if (read_key(a, e))
        return a;
    error_prefix(e, "auth.key_file");
    http_auth_close(a);
    return NULL;
}

void http_auth_close(http_auth *a)
{
    if (a == NULL)
        return;
    if (a->running)
        transfers_end(a->site.transfers, &a->transfer);
    curl_easy_cleanup(a->transfer.handle);
    jwt_key_free(a->key);
    arena_free(&a->memory);
    arena_free(&a->answer_memory);
    explicit_bzero(a->header, sizeof a->header);
    free(a);
}

const char *http_auth_header(http_auth *a, int64_t wall_ms, unsigned *serial)
{
    const char *header = a->provider->http.auth == CONFIG_AUTH_APNS            ? apns_header(a, wall_ms)
                         : a->header[0] != '\0' && wall_ms < a->valid_until_ms ? a->header
                                                                               : NULL;
    *serial = a->serial;
    return header;
}

bool http_auth_wait(http_auth *a, http_auth_waiter *w)
{
    if (a->provider->http.auth == CONFIG_AUTH_APNS || (!a->running && !exchange(a)))
        return false;
    w->next = NULL;
    *(a->waiting == NULL ? &a->waiting : &a->last_waiting->next) = w;
    a->last_waiting = w;
    return true;
}

bool http_auth_reject(http_auth *a, unsigned serial)
{
    if (a->provider->http.auth == CONFIG_AUTH_APNS)
        return false;
    if (serial == a->serial)
        a->header[0] = '\0';
    return true;
}
