/* bare_http: as many and as large requests as a worker's http provider makes, with libcurl and nothing else.
 * What a delivery costs beyond this is the worker's own.
 *
 * Usage: bench_bare_http URL REQUESTS CONCURRENCY BODY_BYTES. Prints one JSON line. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAIT_MS = 1000, WARM_UP = 2000 };

typedef struct request {
    CURL *easy;
    struct curl_slist *headers;
} request;

typedef struct client {
    CURLM *multi;
    const char *url;
    const char *body;
    size_t left; /* to be begun */
    size_t failed;
} client;

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
static void begin(client *c, request *r)
{
    char key[64];
    snprintf(key, sizeof key, "Idempotency-Key: 77fe8e62-387b-5d93-96cc-%012zu", c->left--);
    curl_slist_free_all(r->headers);
    r->headers = curl_slist_append(NULL, "Content-Type: application/json");
    r->headers = curl_slist_append(r->headers, key);
    curl_easy_reset(r->easy);
    curl_easy_setopt(r->easy, CURLOPT_URL, c->url);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, (void *)r);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->easy, CURLOPT_USERAGENT, "carillon/bare");
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, c->body);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle(c->multi, r->easy);
}

static void end_one(client *c, const CURLMsg *message)
{
    request *r;
    long status = 0;
    CURL *easy = message->easy_handle;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    c->failed += message->data.result != CURLE_OK || status != 200;
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

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    size_t count = strtoul(argv[2], NULL, 10), concurrency = strtoul(argv[3], NULL, 10);
    size_t body_size = strtoul(argv[4], NULL, 10);
    request *requests = calloc(concurrency, sizeof *requests);
    char *body = calloc(1, body_size + 1);
    client c = {.url = argv[1], .body = body};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    c.multi = curl_multi_init();
    if (requests == NULL || body == NULL || c.multi == NULL)
        return 1;
    memset(body, 'x', body_size);
    curl_multi_setopt(c.multi, CURLMOPT_MAXCONNECTS, (long)concurrency);
    for (size_t i = 0; i < concurrency; i++)
        requests[i].easy = curl_easy_init();
    make(&c, requests, WARM_UP, concurrency);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    make(&c, requests, count, concurrency);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("{\"requests\": %zu, \"failed\": %zu, \"requests_per_second\": %.0f, \"cpu_us\": %.2f}\n", count,
           c.failed, (double)count / wall, cpu / (double)count * 1e6);
    for (size_t i = 0; i < concurrency; i++) {
        curl_easy_cleanup(requests[i].easy);
        curl_slist_free_all(requests[i].headers);
    }
    curl_multi_cleanup(c.multi);
    free(requests);
    free(body);
    return c.failed > 0;
}
