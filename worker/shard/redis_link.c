/*   CONNECTING --the socket is writable, without an error--> OPEN
 *   both       --broken, or redis_link_close-->              CLOSED: the handle closes, then the memory goes
 *
 * A reply is read into an arena that is reset before the next one. hiredis' reader asks for its parts through
 * `reply_functions`; an element finds its place in the parent's, as in hiredis' own. */
#include "worker/shard/redis_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "engine/value/arena.h"

enum {
    PIECES_MAX = 1024, /* what one call of the system takes (IOV_MAX) */
    READ_SIZE = 64 << 10,
    READS_A_TURN = 4, /* so that the loop's other work gets its turn */
    REPLY_CHUNK = 16 << 10,
    LEAST_MIN = 512, /* fewer are not worth a call of the system */
    LEAST_MAX = 4 << 10,
};

typedef enum link_state { CONNECTING, OPEN, CLOSED } link_state;

struct redis_link {
    uv_poll_t poll;
    redis_link_listener listener;
    redisContext *context; /* its socket, and its parser */
    link_state state;
    int events; /* what is waited for */
    int least;  /* bytes that the system wakes us for */
    arena replies;
    struct iovec pieces[PIECES_MAX];
    size_t first;
    size_t count; /* of pieces from `first` on that are not written */
    char input[READ_SIZE];
};

/* ---- replies ---- */

static redisReply *add_reply(const redisReadTask *task, int type)
{
    redis_link *l = task->privdata;
    redisReply *r = arena_calloc(&l->replies, 1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->type = type;
    if (task->parent != NULL) {
        redisReply *parent = task->parent->obj;
        parent->element[task->idx] = r;
    }
    return r;
}

static void *create_string(const redisReadTask *task, char *text, size_t size)
{
    redis_link *l = task->privdata;
    redisReply *r = add_reply(task, task->type);
    if (r == NULL)
        return NULL;
    r->str = arena_copy(&l->replies, text, size);
    r->len = size;
    return r->str == NULL ? NULL : r;
}

/* The count's type differs between hiredis' versions. */
#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count)
#else
static void *create_array(const redisReadTask *task, int count)
#endif
{
    redis_link *l = task->privdata;
    redisReply *r = add_reply(task, task->type);
    if (r == NULL)
        return NULL;
    r->elements = (size_t)count;
    r->element = arena_calloc(&l->replies, r->elements, sizeof *r->element);
    return r->element == NULL ? NULL : r;
}

static void *create_integer(const redisReadTask *task, long long integer)
{
    redisReply *r = add_reply(task, REDIS_REPLY_INTEGER);
    if (r != NULL)
        r->integer = integer;
    return r;
}

static void *create_nil(const redisReadTask *task)
{
    return add_reply(task, REDIS_REPLY_NIL);
}

static void free_nothing(void *reply)
{
    (void)reply; /* the arena's next reset */
}

/* Not constant, since hiredis wants a pointer to something that is not. RESP3's types are never asked for. */
static redisReplyObjectFunctions reply_functions = {
    .createString = create_string,
    .createArray = create_array,
    .createInteger = create_integer,
    .createNil = create_nil,
    .freeObject = free_nothing,
};

/* ---- the socket ---- */

static void on_event(uv_poll_t *poll, int status, int events);

/* Only a change costs a system call. */
static void wait_for(redis_link *l, int events)
{
    if (events == l->events)
        return;
    l->events = events;
    uv_poll_start(&l->poll, events, on_event);
}

static void on_closed(uv_handle_t *handle)
{
    redis_link *l = handle->data;
    redisFree(l->context);
    arena_free(&l->replies);
    free(l);
}

void redis_link_close(redis_link *l)
{
    if (l->state == CLOSED)
        return;
    l->state = CLOSED;
    uv_close((uv_handle_t *)&l->poll, on_closed);
}

static void break_off(redis_link *l, const char *problem)
{
    uv_poll_stop(&l->poll);
    l->listener.broken(l->listener.data, problem);
}

static void end_connecting(redis_link *l)
{
    int failure = 0;
    socklen_t size = sizeof failure;
    if (getsockopt(l->context->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
        failure = errno;
    if (failure != 0) {
        break_off(l, strerror(failure));
        return;
    }
    l->state = OPEN;
    wait_for(l, UV_READABLE);
    l->listener.connected(l->listener.data);
}

/* The parser has used all that it was fed. It may be in the middle of a reply. */
static bool is_through(const redis_link *l)
{
    return l->context->reader->pos == l->context->reader->len;
}

/* False where the link has ended. */
static bool answer_all(redis_link *l)
{
    while (l->state == OPEN) {
        if (is_through(l))
            return true; /* the parser would begin a reply to see that there is nothing of it */
        void *reply = NULL;
        if (redisReaderGetReply(l->context->reader, &reply) != REDIS_OK) {
            break_off(l, l->context->reader->errstr);
            return false;
        }
        if (reply == NULL)
            return true;
        l->listener.answered(l->listener.data, reply);
        arena_reset(&l->replies);
    }
    return false;
}

/* A status or nil that stands at text, whole. Its size with the line's end; 0: there is none. */
static size_t read_line(redisReply *r, char *text, size_t size)
{
    static const char nil[] = "$-1\r\n";
    enum { NIL_SIZE = sizeof nil - 1 };
    if (size >= NIL_SIZE && memcmp(text, nil, NIL_SIZE) == 0) {
        *r = (redisReply){.type = REDIS_REPLY_NIL};
        return NIL_SIZE;
    }
    char *end = size < 3 || text[0] != '+' ? NULL : memchr(text, '\r', size - 1);
    if (end == NULL || end[1] != '\n')
        return 0;
    *end = '\0';
    *r = (redisReply){.type = REDIS_REPLY_STATUS, .str = text + 1, .len = (size_t)(end - text - 1)};
    return (size_t)(end - text) + 2;
}

/* Nearly all replies are a line without content (QUEUED, or nil where there is no record yet). Those at the
 * front of what was read need no parser, unless it is in the middle of a reply. Returns how many bytes they
 * are. */
static size_t answer_lines(redis_link *l, size_t size)
{
    size_t taken = 0, line;
    redisReply reply;
    while (l->state == OPEN && is_through(l) && l->context->reader->ridx < 0 &&
           (line = read_line(&reply, l->input + taken, size - taken)) > 0) {
        taken += line;
        l->listener.answered(l->listener.data, &reply);
    }
    return taken;
}

static void read_some(redis_link *l)
{
    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t size = recv(l->context->fd, l->input, sizeof l->input, 0);
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return;
        if (size <= 0) {
            break_off(l, size == 0 ? "Server closed the connection" : strerror(errno));
            return;
        }
        size_t taken = answer_lines(l, (size_t)size);
        if (redisReaderFeed(l->context->reader, l->input + taken, (size_t)size - taken) != REDIS_OK) {
            break_off(l, l->context->reader->errstr);
            return;
        }
        if (!answer_all(l) || (size_t)size < sizeof l->input)
            return;
    }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    redis_link *l = poll->data;
    /* libuv has stopped waiting; reading finds the socket's error. */
    if (status < 0)
        events = l->state == CONNECTING ? UV_WRITABLE : UV_READABLE;
    if (l->state == CONNECTING) {
        end_connecting(l);
        return;
    }
    if ((events & UV_WRITABLE) != 0)
        redis_link_flush(l);
    if ((events & UV_READABLE) != 0 && l->state == OPEN)
        read_some(l);
}

/* ---- the public part ---- */

redis_link *redis_link_open(uv_loop_t *loop, const redis_url *url, const redis_link_listener *listener,
                            error *e)
{
    redis_link *l = calloc(1, sizeof *l);
    redisContext *c =
        url->path != NULL ? redisConnectUnixNonBlock(url->path) : redisConnectNonBlock(url->host, url->port);
    if (l == NULL || c == NULL)
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    else if (c->err != 0)
        error_set(e, ERROR_REDIS, 0, "%s", c->errstr);
    else if (uv_poll_init(loop, &l->poll, c->fd) != 0)
        error_set(e, ERROR_REDIS, 0, "the loop takes no more sockets");
    else {
        arena_init(&l->replies, REPLY_CHUNK, SIZE_MAX); /* hiredis bounds a reply */
        l->listener = *listener;
        l->context = c;
        l->least = 1;
        l->poll.data = l;
        c->reader->fn = &reply_functions;
        c->reader->privdata = l;
        wait_for(l, UV_WRITABLE);
        return l;
    }
    if (c != NULL)
        redisFree(c);
    free(l);
    return NULL;
}

bool redis_link_add(redis_link *l, const char *bytes, size_t size)
{
    if (l->count == 0)
        l->first = 0;
    if (l->first + l->count == PIECES_MAX)
        return false;
    void *same; /* writing only reads it, but struct iovec serves readers as well */
    memcpy(&same, &bytes, sizeof same);
    l->pieces[l->first + l->count++] = (struct iovec){.iov_base = same, .iov_len = size};
    return true;
}

static void take_written(redis_link *l, size_t size)
{
    while (l->count > 0 && size >= l->pieces[l->first].iov_len) {
        size -= l->pieces[l->first].iov_len;
        l->first++;
        l->count--;
    }
    if (size > 0) {
        struct iovec *part = &l->pieces[l->first];
        part->iov_base = (char *)part->iov_base + size;
        part->iov_len -= size;
    }
}

void redis_link_flush(redis_link *l)
{
    if (l->state != OPEN || l->count == 0)
        return;
    struct msghdr message = {.msg_iov = &l->pieces[l->first], .msg_iovlen = l->count};
    ssize_t size = sendmsg(l->context->fd, &message, MSG_NOSIGNAL);
    if (size >= 0) {
        take_written(l, (size_t)size);
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        break_off(l, strerror(errno));
        return;
    }
    wait_for(l, l->count > 0 ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

bool redis_link_is_drained(const redis_link *l)
{
    return l->count == 0;
}

void redis_link_await(redis_link *l, size_t bytes)
{
    int least = bytes < LEAST_MIN ? 1 : bytes < LEAST_MAX ? (int)bytes : LEAST_MAX;
    if (l->state != OPEN || least == l->least)
        return;
    l->least = least;
    (void)setsockopt(l->context->fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least); /* else it wakes us */
}
