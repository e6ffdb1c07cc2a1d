/* inbox_session: a recipient's inbox as a person or a script looks at it and works on it, over a connection
 * that blocks (worker/catalog/redis_session.h). */
#ifndef WORKER_CHANNEL_INBOX_SESSION_H
#define WORKER_CHANNEL_INBOX_SESSION_H

#include "worker/catalog/redis_session.h"
#include "worker/channel/inbox/inbox_keys.h"

enum { INBOX_PAGE = 64 };

typedef struct inbox_session {
    redis_session *redis; /* open; borrowed */
    inbox_keys keys;
} inbox_session;

typedef struct inbox_item {
    value text; /* JSON, as the inbox has it; null: it has left in the meantime */
    bool unread;
} inbox_item;

typedef enum inbox_event { INBOX_READ, INBOX_ARCHIVED } inbox_event;
typedef enum inbox_outcome { INBOX_ABSENT = -1, INBOX_UNCHANGED, INBOX_CHANGED } inbox_outcome;

/* Each of these is false with ERROR_REDIS, ERROR_RECORD where a key holds something else, ERROR_LIMIT where
 * the arena is full. */

/* How many items there are under INBOX_INDEX or INBOX_UNREAD. */
MUST_CHECK bool inbox_session_count(inbox_session *s, inbox_key key, int64_t *count, error *e);
/* The ids there, at most `limit`, the latest first; strings in the arena. */
MUST_CHECK bool inbox_session_ids(inbox_session *s, inbox_key key, size_t limit, arena *a, value **ids,
                                  size_t *count, error *e);
/* The items of at most INBOX_PAGE ids; texts in the arena. */
MUST_CHECK bool inbox_session_items(inbox_session *s, const value *ids, size_t count, arena *a,
                                    inbox_item *items, error *e);
/* Marks at most INBOX_PAGE items as read or takes them out, and tells what came of each. An id that has left
 * is known for retention_ms more. */
MUST_CHECK bool inbox_session_settle(inbox_session *s, inbox_event event, const value *ids, size_t count,
                                     int64_t now_ms, int64_t retention_ms, inbox_outcome *outcomes, error *e);

#endif
