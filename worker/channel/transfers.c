/* libcurl says which sockets to watch and when to wake it (on_socket, on_deadline); each event goes back to
 * it, and behind each the transfers that have ended are collected. */
#include "worker/channel/transfers.h"

#include <stdlib.h>

struct transfers {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
};

/* One socket that is watched. */
typedef struct watch {
    uv_poll_t poll;
    transfers *owner;
    curl_socket_t descriptor;
} watch;

/* `done` may start the next transfer, which ends in another turn. */
static void collect(transfers *all)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(all->multi, &left)) != NULL) {
        /* The message's memory goes with the transfer. */
        CURL *handle = message->easy_handle;
        CURLcode code = message->data.result;
        transfer *t;
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, (char **)&t);
        if (!t->keeps)
            curl_multi_remove_handle(all->multi, handle);
        t->done(t, code);
    }
}

static void tell(transfers *all, curl_socket_t descriptor, int events)
{
    int running;
    curl_multi_socket_action(all->multi, descriptor, events, &running);
    collect(all);
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

static watch *watch_new(transfers *all, curl_socket_t descriptor)
{
    watch *w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init(all->loop, &w->poll, descriptor) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->owner = all;
    w->descriptor = descriptor;
    curl_multi_assign(all->multi, descriptor, w);
    return w;
}

/* libcurl closes a socket right after CURL_POLL_REMOVE, so it must not be watched a moment longer: uv_close
 * sees to that. A socket that cannot be watched is left to the transfer's timeout; an error here would end
 * all transfers. */
static int on_socket(CURL *handle, curl_socket_t descriptor, int what, void *user, void *of_socket)
{
    transfers *all = user;
    watch *w = of_socket;
    (void)handle;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            uv_close((uv_handle_t *)&w->poll, free_data);
        return 0;
    }
    if (w == NULL)
        w = watch_new(all, descriptor);
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
    transfers *all = user;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&all->timer);
    else
        uv_timer_start(&all->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

transfers *transfers_new(uv_loop_t *loop, long connections)
{
    transfers *all = calloc(1, sizeof *all);
    CURLM *multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    if (all == NULL || multi == NULL) {
        curl_multi_cleanup(multi);
        free(all);
        return NULL;
    }
    *all = (transfers){.loop = loop, .multi = multi};
    uv_timer_init(loop, &all->timer);
    all->timer.data = all;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, all);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_deadline);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, all);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
    return all;
}

void transfers_close(transfers *all)
{
    if (all == NULL)
        return;
    curl_multi_cleanup(all->multi);
    uv_close((uv_handle_t *)&all->timer, free_data);
}

bool transfers_start(transfers *all, transfer *t)
{
    curl_easy_setopt(t->handle, CURLOPT_PRIVATE, t);
    return curl_multi_add_handle(all->multi, t->handle) == CURLM_OK;
}

void transfers_end(transfers *all, transfer *t)
{
    curl_multi_remove_handle(all->multi, t->handle);
}
