/* How it works
 *
 *     WAITING --timer--> CONNECTING --answers to AUTH, SELECT, PING--> READY
 *        ^                   |                                          |
 *        +---- retry_later --+------------------------------------------+
 *
 * Unanswered requests form one list: those that are on the wire come first, `unsent` is the first of the
 * others. Redis answers in order, so every answer belongs to the head. Whatever goes wrong, retry_later
 * lets the connection go, makes all of the list unsent, and starts the timer for the next try. A refusal of
 * one request (OOM, LOADING ...) is treated in the same way, because going on would overtake it. After a
 * refusal or a timeout the head alone is sent (`probing`) until Redis takes it.
 *
 * The timer is the deadline while something is awaited. It measures the time without any answer, not one
 * request's age, so that a long pipeline that is being answered is left alone.
 *
 * Redis answers a long request bit by bit. Where only the last answer counts, the loop sleeps until there can
 * be no fewer bytes (redis_link_await). What has come meanwhile is looked at before it is given up
 * (`looking`). */
#include "worker/shard/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "worker/shard/redis_link.h"
#include "worker/shard/resp.h"

enum {
    RETRY_FIRST_MS = 50,
    RETRY_DOUBLINGS = 7, /* up to 6.4 s */
    CODE_SIZE = 32,
    PROBLEM_SIZE = 160,
    GREETINGS_MAX = 4,
    GREETING_BYTES = 4 << 10,
    LOOK_MS = 10,
};

typedef enum phase { WAITING, CONNECTING, READY, CLOSED } phase;

struct store {
    store_options options;
    phase phase;
    redis_link *link;                     /* NULL in WAITING and CLOSED */
    uv_timer_t timer;                     /* WAITING: the next try; else the deadline */
    uv_prepare_t prepare;                 /* writes what the turn has collected */
    arena greeting;                       /* what a connection begins with */
    const char *greetings[GREETINGS_MAX]; /* the names of its commands */
    unsigned greeting_count;
    unsigned greeted; /* so many of them are answered */

    store_request *head;
    store_request *tail;
    store_request *unsent;
    const store_piece *unsent_piece; /* of it, where its first ones are sent; NULL: none is */
    size_t pending_count;
    size_t sent_count;
    bool probing;
    bool looking; /* at whatever has come */

    uint64_t progress_ms;   /* when something was last answered, or began to be awaited */
    unsigned failure_count; /* since the last answer to a request */
    uint64_t random;        /* state of the jitter */
    log_limiter limiters[STORE_UNREACHABLE + 1]; /* of lines, by state */
    bool loss_told;                              /* so that the recovery is told as well */
    uint64_t loss_ms;

    int open_handles; /* while it closes */
    void (*closed)(void *data);
    void *closed_data;
};

/* Answers that say that Redis cannot serve for now, or never will until somebody acts. */
static const struct {
    const char *code;
    const char *advice;
} refusals[] = {
    {"LOADING", "Redis is loading its data"},
    {"MASTERDOWN", "the replica has lost its master"},
    {"READONLY", "this is a replica: redis.url must lead to the master"},
    {"CLUSTERDOWN", "the cluster is down"},
    {"TRYAGAIN", "the cluster is moving the keys"},
    {"MISCONF", "Redis cannot save to disk: see its log"},
    {"OOM", "Redis is out of memory: raise its maxmemory"},
    {"BUSY", "a script keeps Redis busy"},
    {"NOREPLICAS", "too few replicas are connected (min-replicas-to-write)"},
    {"NOAUTH", "Redis wants a password: put it into redis.url"},
    {"WRONGPASS", "user or password in redis.url is wrong"},
    {"NOPERM", "the user in redis.url may not run this command: extend its ACL"},
    {"MOVED", "this is a node of a Redis Cluster, which is not supported yet"},
    {"ASK", "this is a node of a Redis Cluster, which is not supported yet"},
};

/* The first word of an error. The rest may quote what was sent, and is never shown. */
static void error_code_of(const redisReply *reply, char code[CODE_SIZE])
{
    snprintf(code, CODE_SIZE, "%.*s", (int)strcspn(reply->str, " "), reply->str);
}

static const char *advice_for(const char *code)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (strcmp(refusals[i].code, code) == 0)
            return refusals[i].advice;
    }
    return NULL;
}

/* ---- losing and trying again ---- */

static uint64_t next_random(store *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

/* Doubled with every failure; half of it is chance, so that replicas do not come back all at once. */
static uint64_t retry_delay(store *s)
{
    unsigned doublings = s->failure_count < RETRY_DOUBLINGS ? s->failure_count : RETRY_DOUBLINGS;
    uint64_t delay = (uint64_t)RETRY_FIRST_MS << doublings;
    return delay / 2 + next_random(s) % (delay / 2 + 1);
}

static void disconnect(store *s)
{
    if (s->link != NULL)
        redis_link_close(s->link);
    s->link = NULL;
}

static void tell_failure(store *s, store_state state, const char *problem, const char *advice,
                         uint64_t delay_ms)
{
    uint64_t suppressed;
    if (!log_limiter_allow(&s->limiters[state], uv_now(s->options.loop), &suppressed))
        return;
    s->loss_told = true;
    log_warn(s->options.log, state == STORE_LOST ? "store_lost" : "store_unreachable",
             log_text("server", s->options.url->shown), log_text("error", problem),
             log_text("advice", advice), log_int("pending", (int64_t)s->pending_count),
             log_int("retry_ms", (int64_t)delay_ms), log_int("suppressed", (int64_t)suppressed));
}

static void announce(store *s, store_state state, const char *problem)
{
    error e = {0};
    if (s->options.changed == NULL)
        return;
    if (problem != NULL)
        error_set(&e, ERROR_REDIS, 0, "%s: %s", s->options.url->shown, problem);
    s->options.changed(s->options.data, state, problem == NULL ? NULL : &e);
}

static void on_timer(uv_timer_t *timer);

/* Takes the requests that may not be sent again out of the list. */
static store_request *take_once(store *s)
{
    store_request *lost = NULL, **lost_last = &lost, **link = &s->head;
    s->tail = NULL;
    while (*link != NULL) {
        store_request *r = *link;
        if (r->once) {
            *link = r->next;
            r->next = NULL;
            *lost_last = r;
            lost_last = &r->next;
            s->pending_count--;
        } else {
            s->tail = r;
            link = &r->next;
        }
    }
    return lost;
}

static void fail_all(store_request *list, const char *message)
{
    error e;
    error_set(&e, ERROR_REDIS, 0, "%s", message);
    while (list != NULL) {
        store_request *r = list;
        list = r->next;
        r->answered = r->expected - 1;
        r->done(r, NULL, &e);
    }
}

static void retry_later(store *s, const char *problem, const char *advice)
{
    store_state state = s->phase == READY ? STORE_LOST : STORE_UNREACHABLE;
    uint64_t delay_ms = retry_delay(s);
    disconnect(s);
    if (state == STORE_LOST)
        s->loss_ms = uv_now(s->options.loop);
    s->failure_count++;
    s->phase = WAITING;
    store_request *lost = take_once(s);
    s->unsent = s->head;
    s->unsent_piece = NULL;
    s->sent_count = 0;
    s->looking = false;
    uv_timer_start(&s->timer, on_timer, delay_ms, 0);
    tell_failure(s, state, problem, advice, delay_ms);
    announce(s, state, problem);
    fail_all(lost, "the connection was lost");
}

/* An error that concerns more than one request. */
static void refuse(store *s, const char *command, const char *code, const char *advice)
{
    char problem[PROBLEM_SIZE];
    snprintf(problem, sizeof problem, "%s is answered with %s", command, code);
    retry_later(s, problem, advice);
}

/* ---- requests ---- */

/* The name in "*2\r\n$3\r\nGET\r\n...". */
static void command_name(const store_request *r, char name[CODE_SIZE])
{
    const char *end = r->command + r->size;
    const char *start = memchr(r->command, '$', r->size);
    start = start == NULL ? NULL : memchr(start, '\n', (size_t)(end - start));
    const char *stop = start == NULL ? NULL : memchr(start, '\r', (size_t)(end - start));
    snprintf(name, CODE_SIZE, "%.*s", stop == NULL ? 0 : (int)(stop - start - 1),
             stop == NULL ? "" : start + 1);
}

static void await_answer(store *s)
{
    s->progress_ms = uv_now(s->options.loop);
    if (!uv_is_active((uv_handle_t *)&s->timer))
        uv_timer_start(&s->timer, on_timer, s->options.timeout_ms, 0);
}

static bool may_send(const store *s)
{
    return s->phase == READY && s->unsent != NULL &&
           (!s->probing || s->sent_count == 0 || s->unsent_piece != NULL);
}

/* What the link has no room for is left to on_prepare. */
static void send_unsent(store *s)
{
    while (may_send(s)) {
        store_request *r = s->unsent;
        const store_piece *piece = s->unsent_piece;
        if (!redis_link_add(s->link, piece == NULL ? r->command : piece->bytes,
                            piece == NULL ? r->size : piece->size))
            return;
        if (piece == NULL && s->sent_count++ == 0)
            await_answer(s);
        s->unsent_piece = piece == NULL ? r->further : piece->next;
        if (s->unsent_piece == NULL)
            s->unsent = r->next;
    }
}

static store_request *take_head(store *s)
{
    store_request *r = s->head;
    s->head = r->next;
    if (s->head == NULL)
        s->tail = NULL;
    s->pending_count--;
    return r;
}

static void refuse_head(store *s, const char *code, const char *advice)
{
    char name[CODE_SIZE];
    command_name(s->head, name);
    s->probing = true;
    refuse(s, name, code, advice);
}

static void answer(store_request *r, const redisReply *reply, const char *code)
{
    char name[CODE_SIZE];
    error e;
    if (code == NULL) {
        r->done(r, reply, NULL);
        return;
    }
    command_name(r, name);
    error_set(&e, ERROR_REDIS, 0, "Redis answers %s with %s", name, code);
    r->done(r, NULL, &e);
}

/* The answer belongs to the head alone: hand it over. With the last one, the request is not ours any more. */
static void answer_head(store *s, const redisReply *reply, const char *code)
{
    store_request *r = s->head;
    s->probing = false;
    s->failure_count = 0;
    log_limiter_reset(&s->limiters[STORE_LOST]);
    if (r->answered + 1 == r->expected) {
        s->sent_count--;
        take_head(s);
        if (s->head != NULL && s->head->upcoming != NULL)
            s->head->upcoming(s->head);
        answer(r, reply, code);
    } else {
        answer(r, reply, code);
        r->answered++;
    }
}

static void on_request_answer(store *s, const redisReply *reply)
{
    char code[CODE_SIZE];
    bool is_error = reply->type == REDIS_REPLY_ERROR;
    if (is_error)
        error_code_of(reply, code);
    const char *advice = is_error ? advice_for(code) : NULL;
    if (advice != NULL) {
        refuse_head(s, code, advice);
        return;
    }
    answer_head(s, reply, is_error ? code : NULL);
    send_unsent(s); /* `done` may have closed the store: the phase says so */
}

/* ---- connecting ---- */

static void become_ready(store *s)
{
    s->phase = READY;
    if (s->loss_told)
        log_info(s->options.log, "store_ready", log_text("server", s->options.url->shown),
                 log_int("down_ms", (int64_t)(uv_now(s->options.loop) - s->loss_ms)),
                 log_int("pending", (int64_t)s->pending_count));
    s->loss_told = false;
    log_limiter_reset(&s->limiters[STORE_UNREACHABLE]);
    send_unsent(s);
    announce(s, STORE_READY, NULL);
}

/* Many servers forbid CONFIG; then nothing is known and nothing said. */
static void on_policy(const store *s, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[1]->type != REDIS_REPLY_STRING || strcmp(reply->element[1]->str, "noeviction") == 0)
        return;
    log_warn(s->options.log, "store_evicts", log_text("server", s->options.url->shown),
             log_text("maxmemory_policy", reply->element[1]->str),
             log_text("advice", "records may vanish when memory is short: set maxmemory-policy noeviction"));
}

/* AUTH, SELECT, PING: the last one's answer opens the way. PING is there to hear LOADING and the like before
 * any request does. CONFIG's answer comes before those of the requests. */
static void on_greeting(store *s, const redisReply *reply)
{
    const char *name = s->greetings[s->greeted++];
    if (strcmp(name, "CONFIG") == 0) {
        on_policy(s, reply);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        char code[CODE_SIZE];
        error_code_of(reply, code);
        const char *advice = advice_for(code);
        refuse(s, name, code, advice != NULL ? advice : "see what redis.url says about login and database");
    } else if (strcmp(name, "PING") == 0) {
        become_ready(s);
    }
}

static void on_answer(void *data, const redisReply *reply)
{
    store *s = data;
    s->progress_ms = uv_now(s->options.loop);
    s->looking = false;
    if (s->greeted < s->greeting_count)
        on_greeting(s, reply);
    else if (s->head != NULL)
        on_request_answer(s, reply);
    else
        retry_later(s, "an answer that nothing asked for", NULL);
}

static void on_broken(void *data, const char *problem)
{
    retry_later(data, problem, NULL);
}

static void on_connected(void *data)
{
    store *s = data;
    redis_link_flush(s->link); /* the greeting */
}

/* False without memory. */
static bool greet(store *s, const char *name, size_t count, const resp_argument *arguments)
{
    buffer command;
    buffer_init(&command, &s->greeting, GREETING_BYTES);
    resp_command(&command, count, arguments);
    s->greetings[s->greeting_count++] = name;
    return !command.failed && redis_link_add(s->link, command.bytes, command.size);
}

#define GREET(s, name, ...)                                                                               \
    greet(s, name, sizeof((const resp_argument[]){resp_text(name), __VA_ARGS__}) / sizeof(resp_argument), \
          (const resp_argument[]){resp_text(name), __VA_ARGS__})

static bool greet_all(store *s, const redis_url *url)
{
    bool ok = true;
    arena_reset(&s->greeting);
    s->greeting_count = s->greeted = 0;
    if (url->user != NULL)
        ok = GREET(s, "AUTH", resp_text(url->user), resp_text(url->password));
    else if (url->password != NULL)
        ok = GREET(s, "AUTH", resp_text(url->password));
    if (url->database != 0)
        ok = ok && GREET(s, "SELECT", resp_int(url->database));
    return ok && greet(s, "PING", 1, (const resp_argument[]){resp_text("PING")}) &&
           GREET(s, "CONFIG", resp_text("GET"), resp_text("maxmemory-policy"));
}

static void begin_connecting(store *s)
{
    const redis_link_listener listener = {
        .data = s, .connected = on_connected, .answered = on_answer, .broken = on_broken};
    error e;
    s->phase = CONNECTING;
    s->link = redis_link_open(s->options.loop, s->options.url, &listener, &e);
    if (s->link == NULL)
        retry_later(s, e.message, NULL);
    else if (!greet_all(s, s->options.url))
        retry_later(s, "out of memory", NULL);
    else
        await_answer(s);
}

/* Redis answers what it has read at once all together, so a pipeline of slow commands may take too long where
 * each alone would not: hence one alone next. */
static void give_up_waiting(store *s)
{
    if (s->phase == READY)
        s->probing = true;
    retry_later(s, "no answer in time", "see redis.timeout.ms");
}

/* Bytes that come before the head's last answer. */
static size_t least_awaited(const store *s)
{
    const store_request *r = s->head;
    if (s->phase != READY || s->sent_count == 0 || s->unsent == r || s->looking)
        return 0;
    return (size_t)r->answer_bytes * (r->expected - r->answered);
}

/* The turn that follows reads what has come, and is over when the timer comes again. */
static void look(store *s)
{
    s->looking = true;
    uv_timer_start(&s->timer, on_timer, LOOK_MS, 0);
}

static void on_timer(uv_timer_t *timer)
{
    store *s = timer->data;
    if (s->phase == WAITING) {
        begin_connecting(s);
        return;
    }
    uint64_t waited_ms = uv_now(s->options.loop) - s->progress_ms;
    if (s->phase == READY && s->sent_count == 0)
        return;
    if (waited_ms < s->options.timeout_ms)
        uv_timer_start(&s->timer, on_timer, s->options.timeout_ms - waited_ms, 0);
    else if (least_awaited(s) > 0)
        look(s);
    else
        give_up_waiting(s);
}

/* Writes until all is written, or the socket is full: then the loop goes on when it has room. */
static void on_prepare(uv_prepare_t *prepare)
{
    store *s = prepare->data;
    while (s->link != NULL && s->phase == READY) {
        send_unsent(s);
        if (redis_link_is_drained(s->link)) {
            redis_link_await(s->link, least_awaited(s));
            return;
        }
        redis_link_flush(s->link); /* may end the connection */
        if (s->link == NULL || !redis_link_is_drained(s->link))
            return;
    }
}

/* ---- life ---- */

store *store_new(const store_options *options)
{
    store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->options = *options;
    s->random = uv_hrtime() | 1;
    s->loss_told = true;
    s->loss_ms = uv_now(options->loop);
    arena_init(&s->greeting, GREETING_BYTES, 4 * GREETING_BYTES);
    uv_timer_init(options->loop, &s->timer);
    uv_prepare_init(options->loop, &s->prepare);
    s->timer.data = s;
    s->prepare.data = s;
    uv_prepare_start(&s->prepare, on_prepare);
    uv_timer_start(&s->timer, on_timer, 0, 0);
    return s;
}

static void on_closed(uv_handle_t *handle)
{
    store *s = handle->data;
    if (--s->open_handles > 0)
        return;
    store_request *left = s->head;
    s->head = NULL;
    fail_all(left, "the store is closed");
    if (s->closed != NULL)
        s->closed(s->closed_data);
    arena_free(&s->greeting);
    free(s);
}

void store_close(store *s, void (*closed)(void *data), void *data)
{
    assert(s->phase != CLOSED);
    s->phase = CLOSED;
    s->closed = closed;
    s->closed_data = data;
    s->open_handles = 2;
    disconnect(s);
    uv_close((uv_handle_t *)&s->timer, on_closed);
    uv_close((uv_handle_t *)&s->prepare, on_closed);
}

void store_send(store *s, store_request *request)
{
    assert(s->phase != CLOSED);
    request->next = NULL;
    request->answered = 0;
    if (request->expected == 0)
        request->expected = 1;
    if (s->tail == NULL)
        s->head = request;
    else
        s->tail->next = request;
    s->tail = request;
    s->pending_count++;
    if (s->unsent == NULL)
        s->unsent = request;
    send_unsent(s);
}

bool store_is_ready(const store *s)
{
    return s->phase == READY;
}

size_t store_pending_count(const store *s)
{
    return s->pending_count;
}
