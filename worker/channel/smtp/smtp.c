/* The kind `smtp`. A provider has as many slots as it has had deliveries in flight at once. A slot has a
 * connection, which it keeps for the next mail, or none.
 *
 *     CLOSED --connect--> CONNECTING --on_connected--> OPEN --disconnect--> CLOSED
 *
 * libcurl opens it (CURLOPT_CONNECT_ONLY): the name, TCP, the greeting, EHLO, STARTTLS, AUTH, without ever
 * blocking. It would send the mail as well, but waits for the last reply in place, with the loop of the shard
 * standing still meanwhile. So what is said from MAIL on is said here (smtp_dialog.h), through libcurl's TLS.
 *
 * A kept connection may have been closed by the server without our having heard of it. A mail that meets one
 * before anything of it was answered gets a new connection instead of a failure. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "worker/channel/address_guard.h"
#include "worker/channel/provider.h"
#include "worker/channel/smtp/mail.h"
#include "worker/channel/smtp/smtp_dialog.h"
#include "worker/channel/smtp/smtp_fields.h"
#include "worker/channel/smtp/smtp_outcome.h"

enum {
    IDLE_MS = 20000, /* a kept connection: servers close them after some minutes at the most */
    RECEIVE_SIZE = 4096,
    BUFFER_SIZE = 4 << 10,           /* libcurl's own */
    CODE_SIZE = sizeof "smtp_" + 20, /* any long */
    URL_SIZE_MAX = 1024,
};

typedef struct slot slot;

/* One provider. */
typedef struct smtp {
    provider_site site;
    const config_provider *provider;
    smtp_fields *fields;
    char url[URL_SIZE_MAX];
    slot *slots;
    slot *idle;
} smtp;

typedef enum slot_state { CLOSED, CONNECTING, OPEN } slot_state;

/* A socket that is watched; its memory goes a turn later than the connection. */
typedef struct watch {
    uv_poll_t poll;
    slot *slot;
    int events; /* what is waited for; 0: nothing */
} watch;

struct slot {
    slot *next;      /* of the provider's */
    slot *next_idle; /* while it is idle */
    smtp *owner;
    slot_state state;
    transfer transfer;
    address_guard guard;
    uv_timer_t timer; /* ends the delivery, or the idle connection */
    watch *watch;     /* NULL: not OPEN */
    smtp_abilities abilities;
    bool takes_logins; /* as it said */
    smtp_dialog dialog;
    delivery *delivery; /* NULL: idle */
    smtp_mail mail;
    bool kept; /* the connection has served another mail */
};

/* ---- the end of a delivery ---- */

static channel_result refuse(delivery *d, const char *code, const char *sentence, bool retriable)
{
    d->code = code;
    d->sentence = sentence;
    d->retriable = retriable;
    return CHANNEL_REFUSED;
}

static channel_result refuse_for_memory(delivery *d)
{
    return refuse(d, error_reason(ERROR_LIMIT), "the mail needs more memory than the trigger's bound", false);
}

static channel_result refuse_by_reply(delivery *d, const smtp_failure *why, long reply)
{
    char *code = arena_alloc(d->arena, CODE_SIZE);
    if (code != NULL)
        snprintf(code, CODE_SIZE, "smtp_%ld", reply);
    return refuse(d,
                  why->code != NULL ? why->code
                  : code != NULL    ? code
                                    : "smtp_error",
                  why->sentence, why->retriable);
}

static void on_timer(uv_timer_t *timer);

static void start_timer(slot *s, int64_t ms)
{
    uv_timer_start(&s->timer, on_timer, (uint64_t)ms, 0);
}

static void give_back(slot *s)
{
    s->delivery = NULL;
    s->next_idle = s->owner->idle;
    s->owner->idle = s;
    if (s->state == OPEN)
        start_timer(s, IDLE_MS);
    else
        uv_timer_stop(&s->timer);
}

/* In a turn of the loop that no deliver() is part of. */
static void conclude(slot *s, channel_result result)
{
    delivery *d = s->delivery;
    if (result == CHANNEL_PENDING)
        return;
    give_back(s);
    d->done(d, result);
}

/* ---- connections ---- */

static void free_watch(uv_handle_t *handle)
{
    free(handle->data);
}

/* Closes whatever there is. A server that is waiting for us is told. */
static void disconnect(slot *s)
{
    static const char farewell[] = "QUIT\r\n";
    size_t sent;
    if (s->watch != NULL)
        uv_close((uv_handle_t *)&s->watch->poll, free_watch);
    s->watch = NULL;
    if (s->state == OPEN && !s->dialog.busy && !s->dialog.finished)
        (void)curl_easy_send(s->transfer.handle, farewell, sizeof farewell - 1, &sent);
    if (s->state != CLOSED)
        transfers_end(s->owner->site.transfers, &s->transfer);
    s->state = CLOSED;
}

static void forget_abilities(slot *s)
{
    s->abilities = (smtp_abilities){0};
    s->takes_logins = false;
}

static channel_result connect_slot(slot *s)
{
    s->guard.refused = false;
    forget_abilities(s);
    s->kept = false;
    if (!transfers_start(s->owner->site.transfers, &s->transfer))
        return refuse_for_memory(s->delivery);
    s->state = CONNECTING;
    return CHANNEL_PENDING;
}

/* The connection is of no use any more, and the mail was not refused. */
static channel_result lose(slot *s, const char *code, const char *sentence)
{
    delivery *d = s->delivery;
    bool is_stale = s->kept && s->dialog.stage <= SMTP_SENDER;
    d->unknown = smtp_dialog_is_unknown(&s->dialog);
    disconnect(s);
    return is_stale ? connect_slot(s) : refuse(d, code, sentence, true);
}

static channel_result lose_connection(slot *s)
{
    return lose(s, "connection_lost", "the connection was lost before it had answered");
}

static void watch_for(slot *s, int events);

/* Sends what there is to be sent, as far as that goes now. */
static channel_result flush(slot *s)
{
    size_t size, sent;
    for (;;) {
        const char *bytes = smtp_dialog_output(&s->dialog, &size);
        if (size == 0)
            break;
        CURLcode code = curl_easy_send(s->transfer.handle, bytes, size, &sent);
        if (code == CURLE_AGAIN)
            break;
        if (code != CURLE_OK)
            return lose_connection(s);
        smtp_dialog_sent(&s->dialog, sent);
    }
    watch_for(s, size > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
    return CHANNEL_PENDING;
}

static channel_result begin_mail(slot *s)
{
    if (!smtp_dialog_begin(&s->dialog, &s->mail))
        return refuse(s->delivery, "smtp_utf8", "it takes no address that is not ASCII (SMTPUTF8)", false);
    return flush(s);
}

/* ---- what comes ---- */

static channel_result take_acceptance(slot *s)
{
    delivery *d = s->delivery;
    value id = smtp_message_id(s->dialog.reply.line, s->dialog.reply.line_size);
    const char *copy = id.kind == VALUE_NULL ? NULL : arena_copy(d->arena, id.text, id.count);
    d->message_id = copy == NULL ? value_null() : value_string(copy, id.count);
    s->kept = true;
    if (s->dialog.finished)
        disconnect(s);
    return CHANNEL_DELIVERED;
}

/* A server that has had enough of a kept connection says so when the next mail comes. */
static channel_result take_refusal(slot *s)
{
    smtp_failure why = smtp_judge_reply(s->dialog.reply.code);
    if (s->dialog.finished && s->kept && s->dialog.stage <= SMTP_SENDER)
        return lose_connection(s);
    s->kept = true;
    if (s->dialog.finished)
        disconnect(s);
    return refuse_by_reply(s->delivery, &why, s->dialog.reply.code);
}

static channel_result take(slot *s, const char *bytes, size_t size)
{
    switch (smtp_dialog_receive(&s->dialog, bytes, size)) {
    case SMTP_ACCEPTED:
        return take_acceptance(s);
    case SMTP_REFUSED:
        return take_refusal(s);
    case SMTP_NONSENSE:
        return lose(s, "protocol", "what it answered is no SMTP");
    default:
        return flush(s);
    }
}

/* Reads until there is nothing more: TLS may hold bytes that no event tells of. */
static channel_result receive(slot *s)
{
    char bytes[RECEIVE_SIZE];
    size_t size;
    for (;;) {
        CURLcode code = curl_easy_recv(s->transfer.handle, bytes, sizeof bytes, &size);
        if (code == CURLE_AGAIN)
            return CHANNEL_PENDING;
        if (code != CURLE_OK || size == 0)
            return lose_connection(s);
        channel_result result = take(s, bytes, size);
        if (result != CHANNEL_PENDING || s->state != OPEN)
            return result;
    }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    slot *s = ((watch *)poll->data)->slot;
    if (s->delivery == NULL) { /* a farewell: whatever it is, nobody waits for it */
        disconnect(s);
        uv_timer_stop(&s->timer);
        return;
    }
    channel_result result = status < 0 ? lose_connection(s) : CHANNEL_PENDING;
    if (result == CHANNEL_PENDING && s->state == OPEN && (events & UV_WRITABLE) != 0)
        result = flush(s);
    if (result == CHANNEL_PENDING && s->state == OPEN && (events & UV_READABLE) != 0)
        result = receive(s);
    conclude(s, result);
}

static void watch_for(slot *s, int events)
{
    if (events == s->watch->events)
        return; /* libuv would take the socket off and watch it anew */
    s->watch->events = events;
    uv_poll_start(&s->watch->poll, events, on_event);
}

static bool open_watch(slot *s)
{
    curl_socket_t descriptor;
    watch *w = calloc(1, sizeof *w);
    if (w == NULL || curl_easy_getinfo(s->transfer.handle, CURLINFO_ACTIVESOCKET, &descriptor) != CURLE_OK ||
        uv_poll_init(s->owner->site.loop, &w->poll, descriptor) != 0) {
        free(w);
        return false;
    }
    w->poll.data = w;
    w->slot = s;
    s->watch = w;
    return true;
}

/* The first call of curl_easy_recv makes the connection the handle's own: libcurl closes those that it thinks
 * are nobody's. Nothing can have come yet. */
static bool adopt(slot *s)
{
    char byte;
    size_t size;
    return curl_easy_recv(s->transfer.handle, &byte, 1, &size) == CURLE_AGAIN && open_watch(s);
}

static channel_result explain(slot *s, CURLcode code)
{
    delivery *d = s->delivery;
    long reply = 0;
    curl_easy_getinfo(s->transfer.handle, CURLINFO_RESPONSE_CODE, &reply);
    d->detail = curl_easy_strerror(code);
    disconnect(s);
    if (s->guard.refused)
        return refuse(d, "address_refused", "its name leads to an address of the machine's own link", false);
    smtp_failure why = smtp_explain_connect(code, reply);
    return refuse(d, why.code, why.sentence, why.retriable);
}

static channel_result refuse_login(slot *s)
{
    smtp_failure why = smtp_explain_connect(CURLE_LOGIN_DENIED, 0);
    disconnect(s);
    return refuse(s->delivery, why.code, why.sentence, why.retriable);
}

static void on_connected(transfer *t, CURLcode code)
{
    slot *s = (slot *)(void *)((char *)t - offsetof(slot, transfer));
    smtp_dialog_init(&s->dialog, &s->abilities);
    if (code != CURLE_OK) {
        conclude(s, explain(s, code));
        return;
    }
    s->state = OPEN;
    if (s->owner->provider->user != NULL && !s->takes_logins)
        conclude(s, refuse_login(s)); /* libcurl would go on without */
    else
        conclude(s, adopt(s) ? begin_mail(s) : lose_connection(s));
}

static void on_timer(uv_timer_t *timer)
{
    slot *s = timer->data;
    if (s->delivery == NULL) {
        disconnect(s);
        return;
    }
    s->kept = false; /* no time is left for another connection */
    conclude(s, lose(s, "timeout", "it did not answer within timeout.ms"));
}

/* ---- slots ---- */

static bool is_ability(const char *line, size_t size, const char *name)
{
    size_t name_size = strlen(name);
    return size > 4 + name_size && strncmp(line, "250", 3) == 0 &&
           strncasecmp(line + 4, name, name_size) == 0 && strchr(" \r\n", line[4 + name_size]) != NULL;
}

/* Each line that libcurl hears. What was said before TLS anybody may have said: EHLO is repeated behind the
 * 220 that TLS follows. */
static size_t on_line(char *line, size_t unit, size_t count, void *user)
{
    slot *s = user;
    size_t size = unit * count;
    if (size >= 3 && strncmp(line, "220", 3) == 0)
        forget_abilities(s);
    s->takes_logins = s->takes_logins || is_ability(line, size, "AUTH");
    s->abilities.size = s->abilities.size || is_ability(line, size, "SIZE");
    s->abilities.utf8 = s->abilities.utf8 || is_ability(line, size, "SMTPUTF8");
    return size;
}

#define SET(option, to) (curl_easy_setopt(handle, option, to) == CURLE_OK)

static bool set_up_security(CURL *handle, const config_provider *p)
{
    long tls = p->smtp.tls == CONFIG_TLS_NONE ? CURLUSESSL_NONE : CURLUSESSL_ALL;
    return SET(CURLOPT_USE_SSL, tls) && SET(CURLOPT_SSL_VERIFYPEER, p->tls_verify ? 1L : 0L) &&
           SET(CURLOPT_SSL_VERIFYHOST, p->tls_verify ? 2L : 0L) &&
           (p->tls_ca_file == NULL || SET(CURLOPT_CAINFO, p->tls_ca_file)) &&
           (p->user == NULL || (SET(CURLOPT_USERNAME, p->user) && SET(CURLOPT_PASSWORD, p->password)));
}

static bool set_up(CURL *handle, slot *s)
{
    const config_provider *p = s->owner->provider;
    /* No variable of the environment sends mail through a proxy. */
    return SET(CURLOPT_URL, s->owner->url) && SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps") &&
           SET(CURLOPT_CONNECT_ONLY, 1L) && SET(CURLOPT_PROXY, "") &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)p->connect_timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_HEADERFUNCTION, on_line) &&
           SET(CURLOPT_HEADERDATA, s) && SET(CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE) &&
           set_up_security(handle, p) && address_guard_set(handle, &s->guard);
}

static slot *slot_new(smtp *m)
{
    slot *s = calloc(1, sizeof *s);
    CURL *handle = curl_easy_init();
    if (s != NULL) {
        s->owner = m;
        s->guard.allow_link_local = m->provider->allow_link_local;
    }
    if (s == NULL || handle == NULL || !set_up(handle, s)) {
        curl_easy_cleanup(handle);
        free(s);
        return NULL;
    }
    s->transfer = (transfer){.handle = handle, .keeps = true, .done = on_connected};
    s->next = m->slots;
    m->slots = s;
    uv_timer_init(m->site.loop, &s->timer);
    s->timer.data = s;
    return s;
}

/* The last that was given back: its connection is the most likely to be there still. NULL without memory. */
static slot *take_slot(smtp *m)
{
    slot *s = m->idle;
    if (s == NULL)
        return slot_new(m);
    m->idle = s->next_idle;
    return s;
}

/* ---- the kind ---- */

/* The mail's bytes, in the delivery's arena. False: d says why not. */
static bool write_mail(const smtp *m, delivery *d, smtp_mail *out)
{
    identity key = delivery_key(d);
    mail_options o = {.key = key.text,
                      .from = m->provider->smtp.from,
                      .id_domain = m->provider->smtp.message_id_domain,
                      .now_ms = d->now_ms};
    mail the_mail;
    buffer b;
    error e;
    const char *code = "invalid_address";
    buffer_init(&b, d->arena, LIMIT_MAIL_BYTES);
    bool ok = mail_read(d->arena, d->message, &o, &the_mail, &e);
    if (ok) {
        code = "invalid_mail";
        ok = smtp_fields_render(m->fields, d, &o, &e) && mail_write(&the_mail, &b, &e);
    }
    buffer_add_text(&b, ".\r\n");
    if (ok && b.failed)
        return refuse_for_memory(d), false;
    if (!ok) {
        const char *sentence = arena_copy(d->arena, e.message, strlen(e.message));
        refuse(d, e.code == ERROR_LIMIT ? error_reason(ERROR_LIMIT) : code,
               sentence == NULL ? "the mail cannot be written" : sentence, false);
        return false;
    }
    *out = (smtp_mail){.from = the_mail.from.mailbox,
                       .to = the_mail.to.mailbox,
                       .international = the_mail.from.international || the_mail.to.international ||
                                        the_mail.reply_to.international,
                       .content = b.bytes,
                       .content_size = b.size};
    return true;
}

static channel_result deliver(void *own, delivery *d)
{
    smtp *m = own;
    smtp_mail the_mail;
    if (!write_mail(m, d, &the_mail))
        return CHANNEL_REFUSED;
    slot *s = take_slot(m);
    if (s == NULL)
        return refuse_for_memory(d);
    s->delivery = d;
    s->mail = the_mail;
    start_timer(s, m->provider->timeout_ms);
    channel_result result = s->state == OPEN ? begin_mail(s) : connect_slot(s);
    if (result != CHANNEL_PENDING)
        give_back(s);
    return result;
}

/* smtp[s]://host[:port]/name-in-EHLO */
static bool write_url(smtp *m, error *e)
{
    const config_provider *p = m->provider;
    const char *authority = strstr(p->url.text, "://") + 3;
    const char *scheme = p->smtp.tls == CONFIG_TLS_IMPLICIT ? "smtps" : "smtp";
    size_t authority_size = strcspn(authority, "/");
    int size = snprintf(m->url, sizeof m->url, "%s://%.*s/%s", scheme, (int)authority_size, authority,
                        p->smtp.helo == NULL ? "" : p->smtp.helo);
    return (size > 0 && (size_t)size < sizeof m->url) || error_set(e, ERROR_CONFIG, 0, "url: is too long");
}

static bool check_sender(const config_provider *p, error *e)
{
    arena memory;
    address sender;
    arena_init(&memory, 1024, 1 << 16);
    bool ok = p->smtp.from == NULL || address_read(&memory, p->smtp.from, strlen(p->smtp.from), &sender, e) ||
              error_prefix(e, "from");
    arena_free(&memory);
    return ok;
}

static void close_provider(void *own);

static void *open_provider(const provider_site *site, const config_provider *p, error *e)
{
    smtp *m = calloc(1, sizeof *m);
    if (m == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the provider");
        return NULL;
    }
    m->site = *site;
    m->provider = p;
    m->fields = smtp_fields_new(p, e);
    if (m->fields == NULL || !write_url(m, e) || !check_sender(p, e)) {
        close_provider(m);
        return NULL;
    }
    if (p->smtp.tls != CONFIG_TLS_NONE && !p->tls_verify)
        log_warn(site->log, "tls_not_verified", log_text("provider", p->name),
                 log_text("message", "whoever answers at its address is believed to be the provider: "
                                     "tls.verify is false"));
    return m;
}

static void free_slot(uv_handle_t *handle)
{
    free(handle->data);
}

static void close_provider(void *own)
{
    smtp *m = own;
    while (m->slots != NULL) {
        slot *s = m->slots;
        m->slots = s->next;
        disconnect(s);
        curl_easy_cleanup(s->transfer.handle);
        uv_close((uv_handle_t *)&s->timer, free_slot);
    }
    smtp_fields_free(m->fields);
    free(m);
}

const provider_kind provider_smtp = {
    .is_outward = true, .open = open_provider, .deliver = deliver, .close = close_provider};
