#include "worker/admin/admin.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/admin/metrics.h"

enum {
    CONNECTIONS_MAX = 64,
    CONNECTIONS_OF_ONE_MAX = 16, /* from one address, so that it cannot keep others out */
    SILENCE_SECONDS = 5,         /* then a connection is closed */
    CONNECTION_BYTES = 16 << 10,
    BACKLOG = 32,
    CHUNK_BYTES = 32 << 10,
    TEXT_BYTES = 8 << 20, /* of an answer: a hundred thousand partitions */
    MEMORY_BYTES = 4 * TEXT_BYTES,
    HOST_SIZE = 256,
    PORT_SIZE = 16,
};

struct admin {
    struct MHD_Daemon *daemon;
    const vitals *vitals;
    char address[HOST_SIZE + PORT_SIZE + sizeof "[]:"];
};

/* ---- answers ---- */

/* Each appends its text and returns its status. */
typedef unsigned page(const vitals *v, buffer *b);

static unsigned health(bool well, const error *e, buffer *b)
{
    buffer_format(b, "%s\n", well ? "ok" : e->message);
    return well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned write_alive(const vitals *v, buffer *b)
{
    error e;
    return health(vitals_alive(v, &e), &e, b);
}

static unsigned write_ready(const vitals *v, buffer *b)
{
    error e;
    return health(vitals_ready(v, &e), &e, b);
}

static unsigned write_metrics(const vitals *v, buffer *b)
{
    vitals_write_metrics(v, b);
    return MHD_HTTP_OK;
}

static unsigned write_index(const vitals *v, buffer *b)
{
    (void)v;
    buffer_add_text(b, "carillon " CARILLON_VERSION "\n\n"
                       "/metrics  figures, for Prometheus\n"
                       "/livez    200 while the process' loops turn\n"
                       "/readyz   200 while it takes triggers\n");
    return MHD_HTTP_OK;
}

static unsigned write_not_found(const vitals *v, buffer *b)
{
    (void)v;
    buffer_add_text(b, "not found; / lists what there is\n");
    return MHD_HTTP_NOT_FOUND;
}

static unsigned write_not_allowed(const vitals *v, buffer *b)
{
    (void)v;
    buffer_add_text(b, "only GET and HEAD\n");
    return MHD_HTTP_METHOD_NOT_ALLOWED;
}

static page *find_page(const char *url)
{
    static const struct {
        const char *url;
        page *page;
    } pages[] = {
        {"/metrics", write_metrics}, {"/livez", write_alive}, {"/readyz", write_ready}, {"/", write_index}};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].url, url) == 0)
            return pages[i].page;
    return write_not_found;
}

/* ---- HTTP ---- */

static void add_headers(struct MHD_Response *response, unsigned status)
{
    MHD_add_response_header(response, "Content-Type", METRICS_CONTENT_TYPE);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Connection", "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
}

/* Without memory the connection is closed. */
static enum MHD_Result answer(const admin *a, struct MHD_Connection *connection, page *write)
{
    arena memory;
    buffer text;
    arena_init(&memory, CHUNK_BYTES, MEMORY_BYTES);
    buffer_init(&text, &memory, TEXT_BYTES);
    unsigned status = write(a->vitals, &text);
    struct MHD_Response *response =
        text.failed ? NULL : MHD_create_response_from_buffer(text.size, text.bytes, MHD_RESPMEM_MUST_COPY);
    arena_free(&memory);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, status);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Called when the request's head is there, then with each part of a body, then to be answered. A method that
 * is not allowed is answered at once: its body is not waited for. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **state)
{
    (void)version;
    (void)body;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer(context, connection, write_not_allowed);
    if (*state == NULL || *body_size > 0) {
        *state = context;
        *body_size = 0;
        return MHD_YES;
    }
    return answer(context, connection, find_page(url));
}

/* ---- listening ---- */

static int listen_at(const struct addrinfo *place)
{
    const int on = 1;
    int s = socket(place->ai_family, place->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, place->ai_protocol);
    if (s < 0)
        return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, place->ai_addr, place->ai_addrlen) == 0 && listen(s, BACKLOG) == 0)
        return s;
    int why = errno;
    close(s);
    errno = why;
    return -1;
}

/* A socket, or -1 with the error and errno. */
static int open_socket(const char *host, const char *port, error *e)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *places;
    int code = getaddrinfo(host, port, &hints, &places);
    errno = 0;
    if (code != 0) {
        error_set(e, ERROR_CONFIG, 0, "admin.listen: %s is no address here: %s", host, gai_strerror(code));
        return -1;
    }
    int s = listen_at(places);
    int why = errno;
    freeaddrinfo(places);
    if (s < 0)
        error_set(e, ERROR_CONFIG, 0, "admin.listen: cannot listen on %s:%s: %s", host, port, strerror(why));
    errno = why;
    return s;
}

/* Workers on one machine, each with the default, must not keep each other from starting. */
static int open_default_or_free(const config_listen *where, const logger *log, error *e)
{
    int s = open_socket(where->host, where->port, e);
    if (s >= 0 || !where->is_default || errno != EADDRINUSE)
        return s;
    log_warn(log, "admin_port_taken", log_text("message", e->message),
             log_text("advice", "another port is used; set admin.listen to choose one"));
    return open_socket(where->host, "0", e);
}

static void find_address(admin *a, int s)
{
    struct sockaddr_storage place;
    socklen_t size = sizeof place;
    char host[HOST_SIZE] = "", port[PORT_SIZE] = "";
    if (getsockname(s, (struct sockaddr *)&place, &size) == 0)
        getnameinfo((struct sockaddr *)&place, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    bool brackets = strchr(host, ':') != NULL;
    snprintf(a->address, sizeof a->address, "%s%s%s:%s", brackets ? "[" : "", host, brackets ? "]" : "",
             port);
}

/* ---- life ---- */

/* The socket is the daemon's, also where it cannot start. */
static bool start_daemon(admin *a, int s, error *e)
{
    struct MHD_OptionItem bounds[] = {
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_OF_ONE_MAX, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_SECONDS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    a->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, NULL, NULL,
                                 on_request, a, MHD_OPTION_LISTEN_SOCKET, s, MHD_OPTION_ARRAY, bounds,
                                 MHD_OPTION_END);
    return a->daemon != NULL || error_set(e, ERROR_SYSTEM, 0, "the admin server cannot be started");
}

admin *admin_start(const config_listen *where, const vitals *v, const logger *log, error *e)
{
    int s = open_default_or_free(where, log, e);
    if (s < 0)
        return NULL;
    admin *a = calloc(1, sizeof *a);
    if (a == NULL) {
        close(s);
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the admin server");
        return NULL;
    }
    a->vitals = v;
    find_address(a, s);
    if (!start_daemon(a, s, e)) {
        free(a);
        return NULL;
    }
    log_info(log, "admin", log_text("address", a->address));
    return a;
}

void admin_stop(admin *a)
{
    if (a == NULL)
        return;
    MHD_stop_daemon(a->daemon);
    free(a);
}

const char *admin_address(const admin *a)
{
    return a->address;
}
