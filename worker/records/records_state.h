/* records_state: what the files of records share. */
#ifndef WORKER_RECORDS_STATE_H
#define WORKER_RECORDS_STATE_H

#include "worker/records/records.h"

struct records {
    redis_session *session;
    const char *group;
};

/* What SCAN and its like answer: the next cursor and some texts. */
static inline bool redis_is_page(const redisReply *page)
{
    return page->type == REDIS_REPLY_ARRAY && page->elements == 2 &&
           page->element[0]->type == REDIS_REPLY_STRING && page->element[1]->type == REDIS_REPLY_ARRAY;
}

#endif
