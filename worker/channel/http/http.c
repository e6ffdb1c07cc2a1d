/* The kind `http`. A delivery is a POST of the rendered step as JSON:
 *
 *     {"execution_id":"...","workflow_id":"...","workflow_version":1,"step_id":"...","step_type":"EMAIL",
 *      "run":1,"attempt":1,"recipient":"...","message":{...}}
 *
 * with the headers Content-Type: application/json, Idempotency-Key (delivery_key), User-Agent, and
 * traceparent and tracestate where the trigger has them. What an answer means: http_outcome.h.
 *
 * A provider has as many slots as it has had deliveries in flight at once. A slot is a libcurl handle, set up
 * once and used again and again; connections are not its own but the loop's (transfers.h).
 *
 * A request is sent at most once a delivery. libcurl would send it again, on its own, when a connection that
 * it kept turns out to be closed before anything was answered; but whether the provider had taken the
 * request by then nobody knows, and what to do then is for `on_unknown` to say. So the body comes from a
 * callback that cannot go back: libcurl may try another connection only while nothing of the body is sent
 * (CURLE_SEND_FAIL_REWIND). */
#include <stdlib.h>
#include <time.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/channel/http/http_outcome.h"
#include "worker/channel/provider.h"

enum {
    ANSWER_MAX = 1 << 20,   /* bytes of an answer's body, which nobody reads */
    BUFFER_SIZE = 4 << 10,  /* libcurl's, for what is received */
    SEND_BUFFER = 16 << 10, /* and for what is sent: the least it takes */
    FIXED_HEADERS = 2,
    CODE_SIZE = 32,
};

typedef struct slot slot;

/* One provider. */
typedef struct http {
    provider_site site;
    const config_provider *provider;
    struct curl_slist fixed[FIXED_HEADERS]; /* headers that all requests end with */
    slot *slots;
    slot *idle;
} http;

struct slot {
    slot *next;      /* of the provider's */
    slot *next_idle; /* while it is idle */
    http *owner;
    transfer transfer;
    delivery *delivery; /* NULL: idle */
    const char *unsent; /* of the request's body */
    size_t unsent_size;
    size_t received_size; /* of the answer's body */
    bool begun;           /* something of the body is sent */
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

#define SET(option, to) (curl_easy_setopt(handle, option, to) == CURLE_OK)

/* What is the same for all requests of a slot. */
static bool set_up(CURL *handle, slot *s, const config_provider *p)
{
    /* QUICK_EXIT: giving up on a name that does not resolve must not wait for the thread that tries to. */
    return SET(CURLOPT_URL, p->url.text) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
           SET(CURLOPT_TIMEOUT_MS, (long)p->timeout_ms) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)p->connect_timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_USERAGENT, "carillon/" CARILLON_VERSION) &&
           SET(CURLOPT_POST, 1L) && SET(CURLOPT_READFUNCTION, send_body) && SET(CURLOPT_READDATA, s) &&
           SET(CURLOPT_WRITEFUNCTION, discard_answer) && SET(CURLOPT_WRITEDATA, s) &&
           SET(CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE) && SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER);
}

static void on_done(transfer *t, CURLcode code);

static slot *slot_new(http *h)
{
    slot *s = calloc(1, sizeof *s);
    CURL *handle = curl_easy_init();
    if (s == NULL || handle == NULL || !set_up(handle, s, h->provider)) {
        curl_easy_cleanup(handle);
        free(s);
        return NULL;
    }
    *s = (slot){.next = h->slots, .owner = h, .transfer = {.handle = handle, .done = on_done}};
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
    s->delivery = NULL;
    s->next_idle = s->owner->idle;
    s->owner->idle = s;
}

static bool start(slot *s, delivery *d)
{
    buffer body;
    buffer_init(&body, d->arena, LIMIT_RECORD_BYTES);
    write_body(&body, d);
    struct curl_slist *headers = write_headers(s->owner->fixed, d);
    if (body.failed || headers == NULL)
        return false;
    s->unsent = body.bytes;
    s->unsent_size = body.size;
    s->received_size = 0;
    s->begun = false;
    s->delivery = d;
    curl_easy_setopt(s->transfer.handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(s->transfer.handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    return transfers_start(s->owner->site.transfers, &s->transfer);
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
        curl_easy_header(s->transfer.handle, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        d->retry_after_ms = http_retry_after_ms(header->value, wall_ms());
    return CHANNEL_REFUSED;
}

/* A status counts once it is there, whatever became of the rest of the answer. */
static channel_result judge(const slot *s, CURLcode code)
{
    delivery *d = s->delivery;
    long status = 0;
    curl_easy_getinfo(s->transfer.handle, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200)
        return judge_status(s, status);
    http_failure why = http_explain(code, s->begun);
    d->code = why.code;
    d->sentence = why.sentence;
    d->detail = curl_easy_strerror(code);
    d->unknown = why.unknown;
    d->retriable = true;
    return CHANNEL_REFUSED;
}

static void on_done(transfer *t, CURLcode code)
{
    slot *s = (slot *)(void *)((char *)t - offsetof(slot, transfer));
    delivery *d = s->delivery;
    channel_result result = judge(s, code);
    give_back(s);
    d->done(d, result);
}

/* ---- the kind ---- */

static void *open_provider(const provider_site *site, const config_provider *p, error *e)
{
    static char content_type[] = "Content-Type: application/json";
    static char no_expect[] = "Expect:"; /* or a large request would wait for a permission first */
    http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the provider");
        return NULL;
    }
    h->site = *site;
    h->provider = p;
    h->fixed[0] = (struct curl_slist){.data = content_type, .next = &h->fixed[1]};
    h->fixed[1] = (struct curl_slist){.data = no_expect};
    return h;
}

static channel_result deliver(void *own, delivery *d)
{
    slot *s = take_slot(own);
    if (s != NULL && start(s, d))
        return CHANNEL_PENDING;
    if (s != NULL)
        give_back(s);
    d->code = error_reason(ERROR_LIMIT);
    d->sentence = "the request needs more memory than the trigger's bound";
    return CHANNEL_REFUSED;
}

static void close_provider(void *own)
{
    http *h = own;
    while (h->slots != NULL) {
        slot *s = h->slots;
        h->slots = s->next;
        if (s->delivery != NULL)
            transfers_end(h->site.transfers, &s->transfer);
        curl_easy_cleanup(s->transfer.handle);
        free(s);
    }
    free(h);
}

const provider_kind provider_http = {
    .is_outward = true, .open = open_provider, .deliver = deliver, .close = close_provider};
