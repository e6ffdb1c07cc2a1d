#include "worker/channel/http/http_options.h"

enum {
    BUFFER_SIZE = 4 << 10,  /* libcurl's, for what is received */
    SEND_BUFFER = 16 << 10, /* and for what is sent: the least it takes */
};

#define SET(option, to) (curl_easy_setopt(handle, option, to) == CURLE_OK)

/* In the clear it is HTTP/1.1: libcurl 7.88 cannot share a connection of HTTP/2 there. PIPEWAIT: rather one
 * more stream of a connection than one more connection. */
static bool set_protocol(CURL *handle, const config_provider *p)
{
    bool is_old = p->http.version == CONFIG_HTTP_1_1, is_two = p->http.version == CONFIG_HTTP_2;
    return SET(CURLOPT_HTTP_VERSION, is_old ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS) &&
           SET(CURLOPT_PIPEWAIT, is_two ? 1L : 0L);
}

static bool set_tls(CURL *handle, const config_provider *p)
{
    const config_http *h = &p->http;
    return (p->tls_ca_file == NULL || SET(CURLOPT_CAINFO, p->tls_ca_file)) &&
           (h->tls_cert_file == NULL || SET(CURLOPT_SSLCERT, h->tls_cert_file)) &&
           (h->tls_key_file == NULL || SET(CURLOPT_SSLKEY, h->tls_key_file)) &&
           SET(CURLOPT_SSL_VERIFYPEER, p->tls_verify ? 1L : 0L) &&
           SET(CURLOPT_SSL_VERIFYHOST, p->tls_verify ? 2L : 0L);
}

static bool set_login(CURL *handle, const config_provider *p)
{
    return p->user == NULL || (SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC) && SET(CURLOPT_USERNAME, p->user) &&
                               SET(CURLOPT_PASSWORD, p->password == NULL ? "" : p->password));
}

bool http_options_set(CURL *handle, const config_provider *p, address_guard *guard)
{
    /* QUICK_EXIT: giving up on a name that does not resolve must not wait for the thread that tries to. */
    return SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_TIMEOUT_MS, (long)p->timeout_ms) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)p->connect_timeout_ms) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_USERAGENT, "carillon/" CARILLON_VERSION) &&
           SET(CURLOPT_BUFFERSIZE, (long)BUFFER_SIZE) && SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER) &&
           SET(CURLOPT_PATH_AS_IS, 1L) && set_protocol(handle, p) && set_tls(handle, p) &&
           set_login(handle, p) && address_guard_set(handle, guard);
}
