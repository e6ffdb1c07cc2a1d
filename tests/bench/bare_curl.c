/* bare_curl: as many and as large requests as a worker's http provider makes, or mails as its smtp provider
 * sends, with libcurl and nothing else. What a delivery costs beyond this is the worker's own.
 *
 * Usage: bench_bare_curl URL REQUESTS CONCURRENCY BODY_BYTES, the URL http:// or smtp://. Prints one JSON
 * line. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_MS = 1000, WARM_UP = 2000, MAIL_LINE = 76 };

typedef struct client client;

typedef struct request {
    const client *client;
    CURL *easy;
    struct curl_slist *list; /* headers, or recipients */
    size_t sent;             /* of a mail */
} request;

struct client {
    CURLM *multi;
    const char *url;
    bool mails;
    const char *body;
    size_t body_size;
    size_t left; /* to be begun */
    size_t failed;
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t drop(char *bytes, size_t one, size_t count, void *context)
{
    (void)bytes, (void)context;
    return one * count;
}

/* Every request has headers of its own, as every delivery has its key. */
static void set_up_post(client *c, request *r)
{
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: 77fe8e62-387b-5d93-96cc-%012zu", c->left);
    r->list = curl_slist_append(NULL, "Content-Type: application/json");
    r->list = curl_slist_append(r->list, key);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->list);
    curl_easy_setopt(r->easy, CURLOPT_USERAGENT, "carillon/bare");
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, c->body);
}

static size_t read_mail(char *room, size_t one, size_t count, void *context)
{
    request *r = context;
    size_t left = r->client->body_size - r->sent;
    size_t size = one * count < left ? one * count : left;
    memcpy(room, r->client->body + r->sent, size);
    r->sent += size;
    return size;
}

/* Every mail has a recipient of its own. */
static void set_up_mail(client *c, request *r)
{
    char recipient[64];
    snprintf(recipient, sizeof recipient, "<%zu@mail.example>", c->left);
    r->list = curl_slist_append(NULL, recipient);
    r->sent = 0;
    curl_easy_setopt(r->easy, CURLOPT_MAIL_FROM, "<bench@localhost>");
    curl_easy_setopt(r->easy, CURLOPT_MAIL_RCPT, r->list);
    curl_easy_setopt(r->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(r->easy, CURLOPT_INFILESIZE, (long)c->body_size);
    curl_easy_setopt(r->easy, CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(r->easy, CURLOPT_READDATA, r);
}

static void begin(client *c, request *r)
{
    curl_slist_free_all(r->list);
    curl_easy_reset(r->easy);
    curl_easy_setopt(r->easy, CURLOPT_URL, c->url);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, (void *)r);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    if (c->mails)
        set_up_mail(c, r);
    else
        set_up_post(c, r);
    c->left--;
    curl_multi_add_handle(c->multi, r->easy);
}

static void end_one(client *c, const CURLMsg *message)
{
    request *r;
    long status = 0;
    CURL *easy = message->easy_handle;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    c->failed += message->data.result != CURLE_OK || status != (c->mails ? 250 : 200);
    curl_multi_remove_handle(c->multi, easy);
    if (c->left > 0)
        begin(c, r);
}

static void make(client *c, request *requests, size_t count, size_t concurrency)
{
    int running = 1, queued;
    c->left = count;
    for (size_t i = 0; i < concurrency && c->left > 0; i++)
        begin(c, &requests[i]);
    while (running > 0) {
        CURLMsg *message;
        curl_multi_perform(c->multi, &running);
        while ((message = curl_multi_info_read(c->multi, &queued)) != NULL) {
            end_one(c, message);
            running = 1;
        }
        curl_multi_poll(c->multi, NULL, 0, running > 0 ? WAIT_MS : 0, NULL);
    }
}

/* A mail is lines. */
static void fill(char *body, size_t size, bool is_mail)
{
    memset(body, 'x', size);
    for (size_t end = MAIL_LINE; is_mail && end <= size; end += MAIL_LINE)
        memcpy(body + end - 2, "\r\n", 2);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    size_t count = strtoul(argv[2], NULL, 10), concurrency = strtoul(argv[3], NULL, 10);
    size_t body_size = strtoul(argv[4], NULL, 10);
    request *requests = calloc(concurrency, sizeof *requests);
    char *body = calloc(1, body_size + 1);
    client c = {
        .url = argv[1], .mails = strncmp(argv[1], "smtp:", 5) == 0, .body = body, .body_size = body_size};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c.multi = curl_multi_init();
    if (requests == NULL || body == NULL || c.multi == NULL)
        return 1;
    fill(body, body_size, c.mails);
    curl_multi_setopt(c.multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    for (size_t i = 0; i < concurrency; i++)
        requests[i] = (request){.client = &c, .easy = curl_easy_init()};
    make(&c, requests, WARM_UP, concurrency);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    make(&c, requests, count, concurrency);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("{\"requests\": %zu, \"failed\": %zu, \"requests_per_second\": %.0f, \"cpu_us\": %.2f}\n", count,
           c.failed, (double)count / wall, cpu / (double)count * 1e6);
    for (size_t i = 0; i < concurrency; i++) {
        curl_easy_cleanup(requests[i].easy);
        curl_slist_free_all(requests[i].list);
    }
    curl_multi_cleanup(c.multi);
    free(requests);
    free(body);
    return c.failed > 0;
}
