/* The kind `http`. What is sent says http_request.h, what an answer means http_answer.h and http_outcome.h.
 *
 * A provider has as many slots as it has had deliveries in flight at once. A slot is a libcurl handle, set up
 * once and used again and again; connections are not its own but the loop's (transfers.h). A delivery is
 * rendered once; it may be sent more than once where the provider has certainly not taken it: with a new
 * token after a 401, or where a redirection points to.
 *
 * Other than so a request is sent at most once a delivery. libcurl would send it again, on its own, when a
 * connection that it kept turns out to be closed before anything was answered; but whether the provider had
 * taken the request by then nobody knows, and what to do then is for `on_unknown` to say. So the body comes
 * from a callback that cannot go back: libcurl may try another connection only while nothing of the body is
 * sent (CURLE_SEND_FAIL_REWIND). A request without a body gets a connection of its own. */
#include <stdlib.h>
#include <time.h>

#include "worker/channel/http/http_answer.h"
#include "worker/channel/http/http_auth.h"
#include "worker/channel/http/http_options.h"
#include "worker/channel/http/http_outcome.h"
#include "worker/channel/http/http_request.h"
#include "worker/channel/http/http_target.h"
#include "worker/channel/http/signer.h"

enum {
    REQUEST_MEMORY_MAX = 4 << 20, /* of a provider's compiled templates */
    ANSWER_MEMORY_FACTOR = 64,    /* bytes of values that one byte of JSON may make, at most */
};

typedef struct slot slot;

/* One provider. */
typedef struct http {
    provider_site site;
    const config_provider *provider;
    arena memory; /* of the request */
    const http_request *request;
    signer *signer;  /* NULL: nothing is signed */
    http_auth *auth; /* NULL: no token */
    slot *slots;
    slot *idle;
} http;

struct slot {
    slot *next;      /* of the provider's */
    slot *next_idle; /* while it is idle */
    http *owner;
    transfer transfer;
    address_guard guard;
    arena answer_memory;
    http_auth_waiter waiter;

    delivery *delivery; /* NULL: idle */
    http_message message;
    unsigned auth_serial; /* of the token that was sent */
    int64_t redirect_count;
    bool is_running; /* its transfer is */
    bool is_renewed; /* the token was refused once */

    const char *unsent; /* of the request's body */
    size_t unsent_size;
    bool begun;    /* something of the body is sent */
    buffer answer; /* its body, where it is read */
    int64_t answer_size;
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- slots ---- */

static size_t send_body(char *to, size_t size, size_t count, void *user)
{
    slot *s = user;
    size_t part = size * count < s->unsent_size ? size * count : s->unsent_size;
    s->begun = true;
    memcpy(to, s->unsent, part);
    s->unsent += part;
    s->unsent_size -= part;
    return part;
}

/* Past the bound the transfer ends; its status counts all the same. */
static size_t take_answer(char *bytes, size_t size, size_t count, void *user)
{
    slot *s = user;
    const config_http *h = &s->owner->provider->http;
    s->answer_size += (int64_t)(size * count);
    if (s->answer_size > h->max_answer_bytes)
        return 0;
    if (http_answer_is_read(h))
        buffer_add(&s->answer, bytes, size * count);
    return size * count;
}

#define SET(option, to) (curl_easy_setopt(handle, option, to) == CURLE_OK)

/* What is the same for all requests of a slot. */
static bool set_up(CURL *handle, slot *s, const config_provider *p)
{
    static const char *const methods[] = {[CONFIG_METHOD_POST] = "POST",
                                          [CONFIG_METHOD_PUT] = "PUT",
                                          [CONFIG_METHOD_PATCH] = "PATCH",
                                          [CONFIG_METHOD_GET] = "GET",
                                          [CONFIG_METHOD_DELETE] = "DELETE"};
    s->guard.allow_link_local = p->allow_link_local;
    return http_options_set(handle, p, &s->guard) && SET(CURLOPT_CUSTOMREQUEST, methods[p->http.method]) &&
           SET(CURLOPT_READFUNCTION, send_body) && SET(CURLOPT_READDATA, s) &&
           SET(CURLOPT_WRITEFUNCTION, take_answer) && SET(CURLOPT_WRITEDATA, s);
}

static void on_done(transfer *t, CURLcode code);
static void on_token(http_auth_waiter *w, const http_failure *failure);

static slot *slot_new(http *h)
{
    slot *s = calloc(1, sizeof *s);
    CURL *handle = curl_easy_init();
    if (s == NULL || handle == NULL || !set_up(handle, s, h->provider)) {
        curl_easy_cleanup(handle);
        free(s);
        return NULL;
    }
    s->next = h->slots;
    s->owner = h;
    s->transfer = (transfer){.handle = handle, .done = on_done};
    s->waiter.ready = on_token;
    arena_init(&s->answer_memory, 4096,
               (size_t)h->provider->http.max_answer_bytes * ANSWER_MEMORY_FACTOR + (64 << 10));
    h->slots = s;
    return s;
}

/* NULL without memory. */
static slot *take_slot(http *h)
{
    slot *s = h->idle;
    if (s == NULL)
        return slot_new(h);
    h->idle = s->next_idle;
    return s;
}

static void give_back(slot *s)
{
    arena_reset(&s->answer_memory);
    s->delivery = NULL;
    s->next_idle = s->owner->idle;
    s->owner->idle = s;
}

/* ---- sending ---- */

static bool sign(slot *s, http_message *m)
{
    char text[SIGNATURE_TEXT_SIZE];
    const http *h = s->owner;
    return h->signer == NULL ||
           (signer_sign(h->signer, wall_ms() / 1000, m->body == NULL ? "" : m->body, m->body_size, text) &&
            http_message_add(m, s->delivery->arena, h->provider->http.sign_header, text, strlen(text)));
}

/* libcurl reads the body from the callback, whatever the method is called. */
static bool set_request(const slot *s, const http_message *m)
{
    CURL *handle = s->transfer.handle;
    bool bodyless = m->body_size == 0;
    return SET(CURLOPT_URL, m->url) && SET(CURLOPT_HTTPHEADER, m->headers) &&
           (m->has_body ? SET(CURLOPT_POST, 1L) : SET(CURLOPT_HTTPGET, 1L)) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)m->body_size) &&
           SET(CURLOPT_FRESH_CONNECT, bodyless ? 1L : 0L);
}

/* Sends what was rendered, with a signature and token of now. False without memory. */
static bool transmit(slot *s, const char *authorization)
{
    http_message m = s->message;
    if (authorization != NULL &&
        !http_message_add(&m, s->delivery->arena, "Authorization", authorization, strlen(authorization)))
        return false;
    if (!sign(s, &m) || !set_request(s, &m))
        return false;
    arena_reset(&s->answer_memory);
    buffer_init(&s->answer, &s->answer_memory, (size_t)s->owner->provider->http.max_answer_bytes);
    s->answer_size = 0;
    s->unsent = m.body;
    s->unsent_size = m.body_size;
    s->begun = false;
    s->guard.refused = false;
    s->is_running = transfers_start(s->owner->site.transfers, &s->transfer);
    return s->is_running;
}

/* Waits for a token where there is none. False without memory. */
static bool dispatch(slot *s)
{
    http *h = s->owner;
    if (h->auth == NULL)
        return transmit(s, NULL);
    const char *authorization = http_auth_header(h->auth, wall_ms(), &s->auth_serial);
    return authorization == NULL ? http_auth_wait(h->auth, &s->waiter) : transmit(s, authorization);
}

/* ---- the end of a delivery ---- */

static channel_result refuse(delivery *d, const http_failure *why)
{
    d->code = why->code;
    d->sentence = why->sentence;
    d->unknown = why->unknown;
    d->retriable = !why->permanent;
    return CHANNEL_REFUSED;
}

static channel_result refuse_for_memory(delivery *d)
{
    static const http_failure why = {
        "limit_exceeded", "the request needs more memory than the trigger's bound", .permanent = true};
    return refuse(d, &why);
}

static void end(slot *s, channel_result result)
{
    delivery *d = s->delivery;
    give_back(s);
    d->done(d, result);
}

static void on_token(http_auth_waiter *w, const http_failure *failure)
{
    slot *s = (slot *)(void *)((char *)w - offsetof(slot, waiter));
    if (failure != NULL)
        end(s, refuse(s->delivery, failure));
    else if (!dispatch(s))
        end(s, refuse_for_memory(s->delivery));
}

/* A status counts once it is there, whatever became of the rest of the answer. */
static channel_result judge(slot *s, CURLcode code, long status)
{
    delivery *d = s->delivery;
    curl_off_t sent_us = 0;
    if (status >= 200) {
        bool whole = s->answer_size <= s->owner->provider->http.max_answer_bytes && !s->answer.failed;
        const http_answer answer = {.handle = s->transfer.handle,
                                    .status = status,
                                    .body = s->answer.bytes,
                                    .size = whole ? s->answer.size : 0,
                                    .scratch = &s->answer_memory};
        return http_answer_judge(&answer, d, wall_ms());
    }
    if (s->guard.refused && code == CURLE_COULDNT_CONNECT)
        return refuse(d, &http_address_refused);
    curl_easy_getinfo(s->transfer.handle, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    http_failure why = http_explain(code, s->begun || (s->message.body_size == 0 && sent_us > 0));
    d->detail = curl_easy_strerror(code);
    return refuse(d, &why);
}

/* ---- what is sent again ---- */

static bool renews(slot *s, long status)
{
    http *h = s->owner;
    if (status != 401 || h->auth == NULL || s->is_renewed || !http_auth_reject(h->auth, s->auth_serial))
        return false;
    s->is_renewed = true;
    return dispatch(s);
}

/* A redirection that would change the method, as 301 to 303 do to a POST, is none that a message can take. */
static bool keeps_method(const slot *s, long status)
{
    return status == 307 || status == 308 ||
           ((status == 301 || status == 302 || status == 303) &&
            s->owner->provider->http.method == CONFIG_METHOD_GET);
}

/* Not to another host unless allowed.hosts has it, and never from https to http. */
static bool may_go(const slot *s, const char *url)
{
    error ignored;
    char host[HTTP_HOST_SIZE], before[HTTP_HOST_SIZE];
    const config_list *allowed = &s->owner->provider->http.allowed_hosts;
    if (!http_target_check(s->delivery->arena, url, allowed, &ignored))
        return false;
    if (strncasecmp(s->message.url, "https:", 6) == 0 && strncasecmp(url, "https:", 6) != 0)
        return false;
    return allowed->count > 0 || (http_target_host(url, host) && http_target_host(s->message.url, before) &&
                                  strcasecmp(host, before) == 0);
}

static bool follows(slot *s, long status)
{
    char *target = NULL;
    if (!keeps_method(s, status) || s->redirect_count == s->owner->provider->http.redirects)
        return false;
    curl_easy_getinfo(s->transfer.handle, CURLINFO_REDIRECT_URL, &target);
    if (target == NULL || !may_go(s, target))
        return false;
    s->redirect_count++;
    s->message.url = arena_copy(s->delivery->arena, target, strlen(target));
    return s->message.url != NULL && dispatch(s);
}

static void on_done(transfer *t, CURLcode code)
{
    slot *s = (slot *)(void *)((char *)t - offsetof(slot, transfer));
    long status = 0;
    s->is_running = false;
    curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    if (!renews(s, status) && !follows(s, status))
        end(s, judge(s, code, status));
}

/* ---- the kind ---- */

static void close_provider(void *own)
{
    http *h = own;
    http_auth_close(h->auth);
    while (h->slots != NULL) {
        slot *s = h->slots;
        h->slots = s->next;
        if (s->is_running)
            transfers_end(h->site.transfers, &s->transfer);
        curl_easy_cleanup(s->transfer.handle);
        arena_free(&s->answer_memory);
        free(s);
    }
    signer_free(h->signer);
    arena_free(&h->memory);
    free(h);
}

static bool out_of_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the provider");
}

/* Options that libcurl refuses must show at the start, not at the first delivery. */
static bool prepare(http *h, error *e)
{
    const config_provider *p = h->provider;
    h->request = http_request_compile(&h->memory, p, false, e);
    if (h->request == NULL)
        return false;
    if (p->http.auth != CONFIG_AUTH_NONE) {
        h->auth = http_auth_new(&h->site, p, e);
        if (h->auth == NULL)
            return false;
    }
    if (p->http.sign != CONFIG_SIGN_NONE) {
        h->signer = signer_new(p->http.sign_secret);
        if (h->signer == NULL)
            return out_of_memory(e);
    }
    slot *first = slot_new(h);
    if (first == NULL)
        return error_set(e, ERROR_CONFIG, 0, "libcurl does not take its options");
    give_back(first);
    return true;
}

static void *open_provider(const provider_site *site, const config_provider *p, error *e)
{
    http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        (void)out_of_memory(e);
        return NULL;
    }
    h->site = *site;
    h->provider = p;
    arena_init(&h->memory, 4096, REQUEST_MEMORY_MAX);
    if (!prepare(h, e)) {
        close_provider(h);
        return NULL;
    }
    if (!p->tls_verify)
        log_warn(site->log, "tls_not_verified", log_text("provider", p->name),
                 log_text("message", "whoever answers at its address is believed to be the provider: "
                                     "tls.verify is false"));
    return h;
}

/* As far as can be told without a loop: its templates and its key. */
static bool check(const config_provider *p, error *e)
{
    const provider_site nowhere = {0};
    arena memory;
    http_auth *auth = NULL;
    arena_init(&memory, 4096, REQUEST_MEMORY_MAX);
    bool right = http_request_compile(&memory, p, false, e) != NULL;
    arena_free(&memory);
    if (right && p->http.auth != CONFIG_AUTH_NONE) {
        auth = http_auth_new(&nowhere, p, e);
        right = auth != NULL;
    }
    http_auth_close(auth);
    return right;
}

static channel_result refuse_rendering(delivery *d, const error *e)
{
    char *sentence = arena_copy(d->arena, e->message, strlen(e->message));
    if (e->code == ERROR_LIMIT || sentence == NULL)
        return refuse_for_memory(d);
    const http_failure why = {error_reason(e->code), sentence, .permanent = true};
    return refuse(d, &why);
}

static channel_result deliver(void *own, delivery *d)
{
    http *h = own;
    error e;
    slot *s = take_slot(h);
    if (s == NULL)
        return refuse_for_memory(d);
    s->delivery = d;
    s->redirect_count = 0;
    s->is_renewed = false;
    bool rendered = http_request_render(h->request, d, &s->message, &e);
    if (rendered && dispatch(s))
        return CHANNEL_PENDING;
    give_back(s);
    return rendered ? refuse_for_memory(d) : refuse_rendering(d, &e);
}

const provider_kind provider_http = {
    .is_outward = true, .check = check, .open = open_provider, .deliver = deliver, .close = close_provider};
