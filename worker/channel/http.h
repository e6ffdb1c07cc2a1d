/* http: the providers of kind `http` of one shard. A delivery is a POST of the rendered step as JSON:
 *
 *     {"execution_id":"...","workflow_id":"...","workflow_version":1,"step_id":"...","step_type":"EMAIL",
 *      "run":1,"attempt":1,"recipient":"...","message":{...}}
 *
 * with the headers Content-Type: application/json, Idempotency-Key (delivery_key), User-Agent, and
 * traceparent and tracestate where the trigger has them. What an answer means: http_outcome.h. */
#ifndef WORKER_CHANNEL_HTTP_H
#define WORKER_CHANNEL_HTTP_H

#include "worker/channel/channel.h"

/* The config and the logger are borrowed. NULL without memory. */
MUST_CHECK http *http_new(const config *c, const logger *log, uv_loop_t *loop);
/* Cuts what is in flight and forgets what waits: `done` is not called for either. The last memory goes in the
 * loop's next turn. Not from inside `done`. */
void http_close(http *h);

/* Delivers d through the provider with this place in the config. At most `concurrency` are in flight at a
 * time; others wait in order, which takes no memory but their own. */
MUST_CHECK channel_result http_deliver(http *h, size_t provider, delivery *d);

#endif
