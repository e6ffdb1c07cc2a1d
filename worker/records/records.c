#include "worker/records/records.h"

#include <stdlib.h>

#include "engine/limits.h"
#include "worker/records/records_state.h"
#include "worker/shard/keys.h"

enum {
    PAGE_KEYS = 500,  /* about, of one SCAN */
    ASKED_AHEAD = 64, /* records, which may be large */
    FOUND_MAX = 8,    /* partitions that hold one id */
    /* A record's text as values, and the results of its steps as text again. */
    WALK_MEMORY = 16 * LIMIT_RECORD_BYTES,
};

records *records_open(const redis_url *url, const char *group, int64_t timeout_ms, error *e)
{
    if (strlen(group) > LIMIT_GROUP_BYTES) {
        error_set(e, ERROR_CONFIG, 0, "the group's name has more than %d bytes", LIMIT_GROUP_BYTES);
        return NULL;
    }
    records *r = calloc(1, sizeof *r);
    if (r == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory to read records");
        return NULL;
    }
    r->group = group;
    r->session = redis_session_open(url, timeout_ms, e);
    if (r->session != NULL)
        return r;
    records_close(r);
    return NULL;
}

void records_close(records *r)
{
    if (r == NULL)
        return;
    redis_session_close(r->session);
    free(r);
}

static bool no_room(arena *a, error *e)
{
    return error_set(e, arena_failure(a), 0, "the answer of Redis is larger than its bound");
}

/* ---- partitions ---- */

static int compare_names(const void *a, const void *b)
{
    return partition_name_compare(a, b);
}

static bool copy_name(arena *a, const redisReply *text, partition_name *out, error *e)
{
    if (text->type != REDIS_REPLY_STRING || !partition_name_read(out, text->str, (size_t)text->len))
        return error_set(e, ERROR_RECORD, 0,
                         "the group's set of partitions holds what no worker has put there");
    const char *topic = arena_copy(a, out->topic.text, out->topic.count);
    if (topic == NULL)
        return no_room(a, e);
    out->topic.text = topic;
    return true;
}

static bool copy_names(arena *a, const redisReply *reply, partition_name *items, error *e)
{
    for (size_t i = 0; i < reply->elements; i++)
        if (!copy_name(a, reply->element[i], &items[i], e))
            return false;
    if (reply->elements > 1)
        qsort(items, reply->elements, sizeof *items, compare_names);
    return true;
}

bool records_partitions(records *r, arena *a, partition_name **items, size_t *count, error *e)
{
    buffer key;
    buffer_init(&key, a, KEY_BYTES_MAX);
    buffer_add_text(&key, r->group);
    buffer_add_text(&key, ":partitions");
    if (key.failed)
        return no_room(a, e);
    redisReply *reply = REDIS_CALL(r->session, e, redis_text("SMEMBERS"), (redis_bytes){key.bytes, key.size});
    if (reply == NULL)
        return false;
    *count = reply->elements;
    *items = arena_calloc(a, *count, sizeof **items);
    bool read = *items != NULL ? copy_names(a, reply, *items, e) : no_room(a, e);
    freeReplyObject(reply);
    return read;
}

/* ---- one record ---- */

static void read_found(record_found *f, arena *a, const partition_name *p, value id, value text)
{
    *f = (record_found){.partition = *p, .id = id, .text = text};
    f->readable = record_read(&f->execution, a, text.text, text.count, &f->fault);
    if (f->readable && memcmp(f->execution.id.text, id.text, id.count) != 0)
        f->readable = error_set(&f->fault, ERROR_RECORD, 0, "it is another execution's");
}

static bool ask(records *r, arena *a, const partition_name *p, const identity *id, error *e)
{
    arena_mark mark = arena_get_mark(a);
    buffer key;
    buffer_init(&key, a, KEY_BYTES_MAX);
    key_write_execution(&key, r->group, p->topic.text, p->number, id->text);
    bool asked = key.failed
                     ? no_room(a, e)
                     : REDIS_SEND(r->session, e, redis_text("GET"), (redis_bytes){key.bytes, key.size});
    arena_rewind(a, mark);
    return asked;
}

static bool take(arena *a, const redisReply *reply, const partition_name *p, const identity *id,
                 record_found *items, size_t *count, error *e)
{
    if (reply->type != REDIS_REPLY_STRING || *count == FOUND_MAX)
        return true;
    const char *text = arena_copy(a, reply->str, (size_t)reply->len);
    if (text == NULL)
        return no_room(a, e);
    read_found(&items[(*count)++], a, p, value_cstring(id->text), value_string(text, (size_t)reply->len));
    return true;
}

static bool find_among(records *r, arena *a, const partition_name *partitions, size_t partition_count,
                       const identity *id, record_found *items, size_t *count, error *e)
{
    for (size_t i = 0; i < partition_count; i++)
        if (!ask(r, a, &partitions[i], id, e))
            return false;
    for (size_t i = 0; i < partition_count; i++) {
        redisReply *reply = redis_session_receive(r->session, e);
        bool taken = reply != NULL && take(a, reply, &partitions[i], id, items, count, e);
        freeReplyObject(reply);
        if (!taken)
            return false;
    }
    return true;
}

bool records_find(records *r, arena *a, const partition_name *partitions, size_t partition_count,
                  const identity *id, record_found **found, size_t *count, error *e)
{
    *count = 0;
    *found = arena_calloc(a, FOUND_MAX, sizeof **found);
    if (*found == NULL)
        return no_room(a, e);
    for (size_t from = 0; from < partition_count; from += ASKED_AHEAD) {
        size_t rest = partition_count - from;
        if (!find_among(r, a, partitions + from, rest < ASKED_AHEAD ? rest : ASKED_AHEAD, id, *found, count,
                        e))
            return false;
    }
    return true;
}

bool records_key_count(records *r, uint64_t *count, error *e)
{
    redisReply *reply = REDIS_CALL(r->session, e, redis_text("DBSIZE"));
    *count = reply != NULL && reply->type == REDIS_REPLY_INTEGER ? (uint64_t)reply->integer : 0;
    freeReplyObject(reply);
    return reply != NULL;
}

/* ---- all records ---- */

void records_walk_begin(records_walk *w, records *r)
{
    *w = (records_walk){.records = r, .cursor = "0"};
    arena_init(&w->memory, 64 << 10, WALK_MEMORY);
}

void records_walk_end(records_walk *w)
{
    freeReplyObject(w->page);
    freeReplyObject(w->text);
    arena_free(&w->memory);
}

static bool turn_page(records_walk *w, error *e)
{
    buffer pattern;
    char count[16];
    arena_reset(&w->memory);
    buffer_init(&pattern, &w->memory, KEY_BYTES_MAX);
    record_key_write_pattern(&pattern, w->records->group);
    snprintf(count, sizeof count, "%d", PAGE_KEYS);
    if (pattern.failed)
        return no_room(&w->memory, e);
    freeReplyObject(w->page);
    w->page =
        REDIS_CALL(w->records->session, e, redis_text("SCAN"), redis_text(w->cursor), redis_text("MATCH"),
                   (redis_bytes){pattern.bytes, pattern.size}, redis_text("COUNT"), redis_text(count));
    w->asked = w->taken = 0;
    if (w->page == NULL)
        return false;
    if (!redis_is_page(w->page))
        return error_set(e, ERROR_REDIS, 0, "Redis answers SCAN with something else than a page");
    snprintf(w->cursor, sizeof w->cursor, "%s", w->page->element[0]->str);
    w->last_page = strcmp(w->cursor, "0") == 0;
    return true;
}

static size_t page_size(const records_walk *w)
{
    return w->page != NULL ? w->page->element[1]->elements : 0;
}

static bool ask_ahead(records_walk *w, error *e)
{
    const redisReply *keys = w->page->element[1];
    size_t end = keys->elements - w->asked < ASKED_AHEAD ? keys->elements : w->asked + ASKED_AHEAD;
    for (; w->asked < end; w->asked++) {
        const redisReply *key = keys->element[w->asked];
        if (!REDIS_SEND(w->records->session, e, redis_text("GET"), (redis_bytes){key->str, (size_t)key->len}))
            return false;
    }
    return true;
}

/* The answer for the next key of the page is a record, or nothing: it is gone since, or no record's key. */
static const record_found *take_next(records_walk *w, error *e)
{
    const redisReply *key = w->page->element[1]->element[w->taken++];
    partition_name p;
    value id;
    freeReplyObject(w->text);
    w->text = redis_session_receive(w->records->session, e);
    if (w->text == NULL || w->text->type != REDIS_REPLY_STRING ||
        !record_key_read(&p, &id, w->records->group, key->str, (size_t)key->len))
        return NULL;
    w->looked_at++;
    arena_reset(&w->memory);
    read_found(&w->found, &w->memory, &p, id, value_string(w->text->str, (size_t)w->text->len));
    return &w->found;
}

const record_found *records_walk_next(records_walk *w, error *e)
{
    for (;;) {
        if (w->taken < w->asked) {
            const record_found *found = take_next(w, e);
            if (found != NULL || w->text == NULL)
                return found;
        } else if (w->asked < page_size(w)) {
            if (!ask_ahead(w, e))
                return NULL;
        } else if (w->last_page || !turn_page(w, e)) {
            return NULL;
        }
    }
}
