/* http_options: what all requests of a provider have in common, as libcurl wants it: protocol, timeouts, TLS,
 * login, the guard of addresses. */
#ifndef WORKER_CHANNEL_HTTP_OPTIONS_H
#define WORKER_CHANNEL_HTTP_OPTIONS_H

#include "worker/channel/address_guard.h"
#include "worker/config/config.h"

/* The guard must outlive the handle. False without memory, or where libcurl lacks what is asked for. */
MUST_CHECK bool http_options_set(CURL *handle, const config_provider *p, address_guard *guard);

#endif
