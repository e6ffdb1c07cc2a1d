/* libcurl says which sockets to watch and when to wake it (on_socket, on_deadline); each event goes back to
 * it, and behind each the transfers that have ended are collected. */
#include "worker/channel/http_loop.h"

#include <stdlib.h>

struct http_loop {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    http_loop_done *done;
};

/* One socket that is watched. */
typedef struct watch {
    uv_poll_t poll;
    http_loop *owner;
    curl_socket_t descriptor;
} watch;

/* `done` may start the next transfer, which ends in another turn. */
static void collect(http_loop *l)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
        /* The message's memory goes with the transfer. */
        CURL *transfer = message->easy_handle;
        CURLcode code = message->data.result;
        curl_multi_remove_handle(l->multi, transfer);
        l->done(transfer, code);
    }
}

static void tell(http_loop *l, curl_socket_t descriptor, int events)
{
    int running;
    curl_multi_socket_action(l->multi, descriptor, events, &running);
    collect(l);
}

/* An error lets libcurl find it by reading. */
static void on_event(uv_poll_t *poll, int status, int events)
{
    const watch *w = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    tell(w->owner, w->descriptor, flags);
}

static void free_data(uv_handle_t *handle)
{
    free(handle->data);
}

static watch *watch_new(http_loop *l, curl_socket_t descriptor)
{
    watch *w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init(l->loop, &w->poll, descriptor) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->owner = l;
    w->descriptor = descriptor;
    curl_multi_assign(l->multi, descriptor, w);
    return w;
}

/* libcurl closes a socket right after CURL_POLL_REMOVE, so it must not be watched a moment longer: uv_close
 * sees to that. A socket that cannot be watched is left to the transfer's timeout; an error here would end
 * all transfers. */
static int on_socket(CURL *transfer, curl_socket_t descriptor, int what, void *user, void *of_socket)
{
    http_loop *l = user;
    watch *w = of_socket;
    (void)transfer;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            uv_close((uv_handle_t *)&w->poll, free_data);
        return 0;
    }
    if (w == NULL)
        w = watch_new(l, descriptor);
    if (w != NULL)
        uv_poll_start(&w->poll,
                      ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                          ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0),
                      on_event);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    tell(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl must not be called from inside this callback, so 0 means the loop's next turn. */
static int on_deadline(CURLM *multi, long timeout_ms, void *user)
{
    http_loop *l = user;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

http_loop *http_loop_new(uv_loop_t *loop, long connections, http_loop_done *done)
{
    http_loop *l = calloc(1, sizeof *l);
    CURLM *multi = curl_multi_init();
    if (l == NULL || multi == NULL) {
        curl_multi_cleanup(multi);
        free(l);
        return NULL;
    }
    *l = (http_loop){.loop = loop, .multi = multi, .done = done};
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_deadline);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, l);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
    return l;
}

void http_loop_close(http_loop *l)
{
    curl_multi_cleanup(l->multi);
    uv_close((uv_handle_t *)&l->timer, free_data);
}

bool http_loop_start(http_loop *l, CURL *transfer)
{
    return curl_multi_add_handle(l->multi, transfer) == CURLM_OK;
}

void http_loop_end(http_loop *l, CURL *transfer)
{
    curl_multi_remove_handle(l->multi, transfer);
}
