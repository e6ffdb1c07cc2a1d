#include "worker/channel/http/http_outcome.h"

#include <string.h>

http_verdict http_judge_status(const config_http *h, long status)
{
    if (http_statuses_have(&h->success, status))
        return HTTP_DELIVERED;
    if (http_statuses_have(&h->permanent, status))
        return HTTP_REFUSED;
    return http_statuses_have(&h->retriable, status) ? HTTP_RETRY : HTTP_REFUSED;
}

const http_failure http_address_refused = {
    "address_refused", "its name leads to a link-local or metadata address: allow.link_local is false",
    .permanent = true};

/* Any number of digits; what does not fit is as good as the bound. */
static int64_t read_seconds_as_ms(const char *digits)
{
    int64_t ms = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        ms = ms * 10 + (int64_t)(*digits - '0') * 1000;
        if (ms > HTTP_RETRY_AFTER_MAX_MS)
            return HTTP_RETRY_AFTER_MAX_MS;
    }
    return ms;
}

int64_t http_retry_after_ms(const char *text, int64_t now_ms)
{
    size_t digit_count = strspn(text, "0123456789");
    if (digit_count > 0 && text[digit_count] == '\0')
        return read_seconds_as_ms(text);
    time_t date = curl_getdate(text, NULL);
    if (date < 0 || date > INT64_MAX / 1000)
        return 0;
    int64_t pause_ms = (int64_t)date * 1000 - now_ms;
    if (pause_ms < 0)
        return 0;
    return pause_ms < HTTP_RETRY_AFTER_MAX_MS ? pause_ms : HTTP_RETRY_AFTER_MAX_MS;
}

http_failure http_explain(CURLcode code, bool connected)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return (http_failure){"dns", "its name cannot be resolved", false, false};
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return (http_failure){"connect", "it takes no connection", false, false};
    case CURLE_OPERATION_TIMEDOUT:
        if (!connected)
            return (http_failure){"connect", "it took no connection within connect.timeout.ms", false, false};
        return (http_failure){"timeout", "it did not answer within timeout.ms", true, false};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return (http_failure){"tls", "TLS could not be agreed on with it, or its certificate is not trusted",
                              false, false};
    case CURLE_OUT_OF_MEMORY:
        return (http_failure){"out_of_memory", "no memory for the request", connected, false};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_FAIL_REWIND: /* http.c: libcurl would have sent the request again */
        return (http_failure){"connection_lost", "the connection was lost before it had answered", connected,
                              false};
    default:
        return (http_failure){"protocol", "what it answered is no HTTP", connected, false};
    }
}
