/* backoff: whether a step's message is offered again, and how long that waits. */
#ifndef ENGINE_EXECUTION_BACKOFF_H
#define ENGINE_EXECUTION_BACKOFF_H

#include "engine/workflow/step.h"

/* True where the policy wants another attempt after attempt number `attempt` (from 1), whose error `code` (a
 * string) may pass. */
MUST_CHECK bool backoff_allows(const retry_policy *p, int64_t attempt, const value *code);

/* How long to wait before it. random: 64 random bits. retry_after_ms: how long the provider asks for, obeyed
 * up to LIMIT_RETRY_AFTER_MS; 0: it does not ask. */
int64_t backoff_wait_ms(const retry_policy *p, int64_t attempt, int64_t retry_after_ms, uint64_t random);

#endif
