/* Each provider has a lane: as many slots as it has had deliveries in flight at once, and the deliveries that
 * wait for one. A slot is a libcurl handle, set up once and used again and again; connections are not its
 * own but the loop's (http_loop.h).
 *
 * A request is sent at most once a delivery. libcurl would send it again, on its own, when a connection that
 * it kept turns out to be closed before anything was answered; but whether the provider had taken the
 * request by then nobody knows, and what to do then is for `on_unknown` to say. So the body comes from a
 * callback that cannot go back: libcurl may try another connection only while nothing of the body is sent
 * (CURLE_SEND_FAIL_REWIND). */
#include "worker/channel/http.h"

#include <stdlib.h>
#include <time.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/channel/http_loop.h"
#include "worker/channel/http_outcome.h"

enum {
    ANSWER_MAX = 1 << 20,   /* bytes of an answer's body, which nobody reads */
    BUFFER_SIZE = 4 << 10,  /* libcurl's, for what is received */
    SEND_BUFFER = 16 << 10, /* and for what is sent: the least it takes */
    FIXED_HEADERS = 2,
    CODE_SIZE = 32,
};

typedef struct slot slot;
typedef struct lane lane;

struct slot {
    slot *next;      /* of the lane's */
    slot *next_idle; /* while it is idle */
    lane *lane;
    CURL *transfer;
    delivery *delivery; /* NULL: idle */
    const char *unsent; /* of the request's body */
    size_t unsent_size;
    size_t received_size; /* of the answer's body */
    bool begun;           /* something of the body is sent */
};

struct lane {
    http *owner;
    const config_provider *provider;
    slot *slots;
    slot *idle;
    int64_t slot_count;
    delivery *waiting;
    delivery **waiting_end;
    log_limiter limiter;
};

struct http {
    const logger *log;
    uv_loop_t *loop;
    http_loop *transfers;
    struct curl_slist fixed[FIXED_HEADERS]; /* headers that all requests end with */
    lane lanes[CONFIG_PROVIDERS_MAX];
};

/* ---- the request ---- */

static void add_text(buffer *b, const char *name, const char *text, size_t size)
{
    buffer_add_text(b, name);
    json_write_string(b, text, size);
}

static void write_body(buffer *b, const delivery *d)
{
    const execution *x = d->execution;
    const char *type = step_type_name(d->step->type);
    add_text(b, "{\"execution_id\":", x->id.text, sizeof x->id.text - 1);
    add_text(b, ",\"workflow_id\":", x->workflow_id.text, x->workflow_id.count);
    buffer_add_text(b, ",\"workflow_version\":");
    buffer_add_int(b, x->workflow_version);
    add_text(b, ",\"step_id\":", d->step->id.text, d->step->id.count);
    add_text(b, ",\"step_type\":", type, strlen(type));
    buffer_add_text(b, ",\"run\":");
    buffer_add_int(b, x->run);
    buffer_add_text(b, ",\"attempt\":");
    buffer_add_int(b, x->steps[x->current_step].attempt);
    add_text(b, ",\"recipient\":", x->recipient.text, x->recipient.count);
    buffer_add_text(b, ",\"message\":");
    json_write(b, d->message);
    buffer_add_byte(b, '}');
}

/* libcurl only reads the list: its nodes may be anybody's. NULL without memory. The text holds no control
 * character: keys are ours, and tasks.c takes no other trace context. */
static struct curl_slist *add_header(struct curl_slist *rest, arena *a, const char *name, const char *text,
                                     size_t size)
{
    struct curl_slist *node = arena_alloc(a, sizeof *node);
    buffer line;
    buffer_init(&line, a, SIZE_MAX);
    buffer_add_text(&line, name);
    buffer_add(&line, text, size);
    buffer_add_byte(&line, '\0');
    if (node == NULL || line.failed || rest == NULL)
        return NULL;
    *node = (struct curl_slist){.data = line.bytes, .next = rest};
    return node;
}

static struct curl_slist *write_headers(struct curl_slist *fixed, const delivery *d)
{
    const execution *x = d->execution;
    const identity key = delivery_key(d);
    struct curl_slist *list = add_header(fixed, d->arena, "Idempotency-Key: ", key.text, sizeof key.text - 1);
    if (x->traceparent.kind == VALUE_STRING)
        list = add_header(list, d->arena, "traceparent: ", x->traceparent.text, x->traceparent.count);
    if (x->tracestate.kind == VALUE_STRING)
        list = add_header(list, d->arena, "tracestate: ", x->tracestate.text, x->tracestate.count);
    return list;
}

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
static size_t discard_answer(char *bytes, size_t size, size_t count, void *user)
{
    slot *s = user;
    (void)bytes;
    s->received_size += size * count;
    return s->received_size <= ANSWER_MAX ? size * count : 0;
}

/* ---- slots ---- */

#define SET(option, to) (curl_easy_setopt(transfer, option, to) == CURLE_OK)

/* What is the same for all requests of a slot. */
static bool set_up(CURL *transfer, slot *s, const config_provider *p)
{
    /* QUICK_EXIT: giving up on a name that does not resolve must not wait for the thread that tries to. */
    return SET(CURLOPT_URL, p->url.text) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
           SET(CURLOPT_TIMEOUT_MS, (long)p->timeout_ms) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)p->connect_timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_USERAGENT, "carillon/" CARILLON_VERSION) &&
           SET(CURLOPT_POST, 1L) && SET(CURLOPT_READFUNCTION, send_body) && SET(CURLOPT_READDATA, s) &&
           SET(CURLOPT_WRITEFUNCTION, discard_answer) && SET(CURLOPT_WRITEDATA, s) &&
           SET(CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE) && SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER) &&
           SET(CURLOPT_PRIVATE, s);
}

static slot *slot_new(lane *l)
{
    slot *s = calloc(1, sizeof *s);
    CURL *transfer = curl_easy_init();
    if (s == NULL || transfer == NULL || !set_up(transfer, s, l->provider)) {
        curl_easy_cleanup(transfer);
        free(s);
        return NULL;
    }
    *s = (slot){.next = l->slots, .lane = l, .transfer = transfer};
    l->slots = s;
    l->slot_count++;
    return s;
}

static bool has_room(const lane *l)
{
    return l->idle != NULL || l->slot_count < l->provider->concurrency;
}

/* Only where there is room. NULL without memory. */
static slot *take_slot(lane *l)
{
    slot *s = l->idle;
    if (s == NULL)
        return slot_new(l);
    l->idle = s->next_idle;
    return s;
}

static void give_back(slot *s)
{
    s->delivery = NULL;
    s->next_idle = s->lane->idle;
    s->lane->idle = s;
}

static bool start(slot *s, delivery *d)
{
    buffer body;
    buffer_init(&body, d->arena, LIMIT_RECORD_BYTES);
    write_body(&body, d);
    struct curl_slist *headers = write_headers(s->lane->owner->fixed, d);
    if (body.failed || headers == NULL)
        return false;
    s->unsent = body.bytes;
    s->unsent_size = body.size;
    s->received_size = 0;
    s->begun = false;
    s->delivery = d;
    curl_easy_setopt(s->transfer, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(s->transfer, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    return http_loop_start(s->lane->owner->transfers, s->transfer);
}

/* PENDING, or REFUSED without memory. */
static channel_result begin(lane *l, delivery *d)
{
    slot *s = take_slot(l);
    if (s != NULL && start(s, d))
        return CHANNEL_PENDING;
    if (s != NULL)
        give_back(s);
    d->code = error_reason(ERROR_LIMIT);
    d->sentence = "the request needs more memory than the trigger's bound";
    return CHANNEL_REFUSED;
}

/* ---- the answer ---- */

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *status_code(delivery *d, long status)
{
    char *code = arena_alloc(d->arena, CODE_SIZE);
    if (code == NULL)
        return "http_error";
    snprintf(code, CODE_SIZE, "http_%ld", status);
    return code;
}

static channel_result judge_status(const slot *s, long status)
{
    delivery *d = s->delivery;
    struct curl_header *header;
    http_verdict verdict = http_judge_status(status);
    if (verdict == HTTP_DELIVERED)
        return CHANNEL_DELIVERED;
    d->code = status_code(d, status);
    d->retriable = verdict == HTTP_RETRY;
    d->sentence = d->retriable ? "it cannot take the message now" : "it refuses the message";
    if (d->retriable &&
        curl_easy_header(s->transfer, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        d->retry_after_ms = http_retry_after_ms(header->value, wall_ms());
    return CHANNEL_REFUSED;
}

/* A status counts once it is there, whatever became of the rest of the answer. */
static channel_result judge(const slot *s, CURLcode code)
{
    delivery *d = s->delivery;
    long status = 0;
    curl_easy_getinfo(s->transfer, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200)
        return judge_status(s, status);
    http_failure why = http_explain(code, s->begun);
    d->code = why.code;
    d->sentence = why.sentence;
    d->retriable = !why.unknown || s->lane->provider->on_unknown == CONFIG_UNKNOWN_RETRY;
    return CHANNEL_REFUSED;
}

static void tell_failure(lane *l, const delivery *d, CURLcode code)
{
    uint64_t suppressed;
    if (log_limiter_allow(&l->limiter, uv_now(l->owner->loop), &suppressed))
        log_warn(l->owner->log, "delivery_failed", log_text("provider", l->provider->name),
                 log_text("code", d->code), log_bool("retriable", d->retriable),
                 log_text("message", d->sentence),
                 log_text("detail", code == CURLE_OK ? NULL : curl_easy_strerror(code)),
                 log_int("suppressed", (int64_t)suppressed));
}

/* Those that waited take the room that there is now. */
static void go_on(lane *l)
{
    while (l->waiting != NULL && has_room(l)) {
        delivery *d = l->waiting;
        l->waiting = d->next;
        if (l->waiting == NULL)
            l->waiting_end = &l->waiting;
        if (begin(l, d) == CHANNEL_REFUSED)
            d->done(d, CHANNEL_REFUSED);
    }
}

static void on_done(CURL *transfer, CURLcode code)
{
    slot *s;
    curl_easy_getinfo(transfer, CURLINFO_PRIVATE, (char **)&s);
    lane *l = s->lane;
    delivery *d = s->delivery;
    channel_result result = judge(s, code);
    if (result == CHANNEL_REFUSED)
        tell_failure(l, d, code);
    give_back(s);
    go_on(l);
    d->done(d, result);
}

/* ---- the public part ---- */

http *http_new(const config *c, const logger *log, uv_loop_t *loop)
{
    static char content_type[] = "Content-Type: application/json";
    static char no_expect[] = "Expect:"; /* or a large request would wait for a permission first */
    http *h = calloc(1, sizeof *h);
    long connections = 0;
    if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(h);
        return NULL;
    }
    h->log = log;
    h->loop = loop;
    h->fixed[0] = (struct curl_slist){.data = content_type, .next = &h->fixed[1]};
    h->fixed[1] = (struct curl_slist){.data = no_expect};
    for (size_t i = 0; i < c->provider_count; i++) {
        lane *l = &h->lanes[i];
        *l = (lane){.owner = h, .provider = &c->providers[i], .waiting_end = &l->waiting};
        connections += (long)c->providers[i].concurrency;
    }
    h->transfers = http_loop_new(loop, connections, on_done);
    if (h->transfers == NULL) {
        free(h);
        return NULL;
    }
    return h;
}

static void free_slot(http *h, slot *s)
{
    if (s->delivery != NULL)
        http_loop_end(h->transfers, s->transfer);
    curl_easy_cleanup(s->transfer);
    free(s);
}

void http_close(http *h)
{
    for (size_t i = 0; i < CONFIG_PROVIDERS_MAX; i++) {
        while (h->lanes[i].slots != NULL) {
            slot *s = h->lanes[i].slots;
            h->lanes[i].slots = s->next;
            free_slot(h, s);
        }
    }
    http_loop_close(h->transfers);
    free(h);
}

channel_result http_deliver(http *h, size_t provider, delivery *d)
{
    lane *l = &h->lanes[provider];
    if (has_room(l))
        return begin(l, d);
    d->next = NULL;
    *l->waiting_end = d;
    l->waiting_end = &d->next;
    return CHANNEL_PENDING;
}
