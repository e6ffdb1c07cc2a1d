#include "worker/catalog/catalog_store.h"

#include <stdlib.h>

#include "engine/value/json.h"
#include "worker/catalog/catalog_store_keys.h"

catalog_store *catalog_store_open(const redis_url *url, const char *group, int64_t timeout_ms, error *e)
{
    if (strlen(group) > LIMIT_GROUP_BYTES) {
        error_set(e, ERROR_CONFIG, 0, "the group's name has more than %d bytes", LIMIT_GROUP_BYTES);
        return NULL;
    }
    catalog_store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        (void)error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the catalog's store");
        return NULL;
    }
    s->group = group;
    arena_init(&s->scratch, 4096, LIMIT_WORKFLOW_MEMORY);
    s->session = redis_session_open(url, timeout_ms, e);
    if (s->session != NULL)
        return s;
    catalog_store_close(s);
    return NULL;
}

void catalog_store_close(catalog_store *s)
{
    if (s == NULL)
        return;
    redis_session_close(s->session);
    arena_free(&s->scratch);
    free(s);
}

void catalog_store_channel(const char *group, char channel[CATALOG_CHANNEL_SIZE])
{
    snprintf(channel, CATALOG_CHANNEL_SIZE, "%s:catalog", group);
}

/* ---- replies ---- */

/* Ids come from people and from Redis: what cannot be one has no life. */
static bool check_id(const value *id, error *e)
{
    if (id->count > 0 && id->count <= LIMIT_IDENTIFIER_BYTES)
        return true;
    return error_set(e, ERROR_UNKNOWN_WORKFLOW, 0, "an id has 1 to %d bytes", LIMIT_IDENTIFIER_BYTES);
}

/* The text of a string reply, copied into the arena; *text has kind VALUE_NULL for nil. Frees the reply. */
static bool take_text(redisReply *reply, arena *a, value *text, error *e)
{
    bool taken = true;
    *text = value_null();
    if (reply->type == REDIS_REPLY_STRING) {
        const char *copy = arena_copy(a, reply->str, (size_t)reply->len);
        taken = copy != NULL;
        if (taken)
            *text = value_string(copy, (size_t)reply->len);
        else
            (void)error_set(e, ERROR_LIMIT, 0, "the answer of Redis is larger than its bound");
    } else if (reply->type != REDIS_REPLY_NIL) {
        taken = error_set(e, ERROR_RECORD, 0, "a key of the catalog holds something else");
    }
    freeReplyObject(reply);
    return taken;
}

static bool get_field(catalog_store *s, redis_bytes key, redis_bytes field, arena *a, value *text, error *e)
{
    redisReply *reply = REDIS_CALL(s->session, e, redis_text("HGET"), key, field);
    return reply != NULL && take_text(reply, a, text, e);
}

/* ---- reading ---- */

bool catalog_store_counter(catalog_store *s, int64_t *counter, error *e)
{
    catalog_key key;
    value text;
    arena_reset(&s->scratch);
    redisReply *reply =
        REDIS_CALL(s->session, e, redis_text("GET"), catalog_key_of(&key, s, KEY_COUNTER, NULL));
    if (reply == NULL || !take_text(reply, &s->scratch, &text, e))
        return false;
    *counter = text.kind == VALUE_STRING ? strtoll(text.text, NULL, 10) : 0;
    return true;
}

static int compare_lives(const void *a, const void *b)
{
    const stored_life *left = a;
    const stored_life *right = b;
    return strcmp(left->id.text, right->id.text);
}

static bool read_lives(const redisReply *reply, arena *a, stored_life *lives, error *e)
{
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const redisReply *id = reply->element[i];
        const redisReply *life = reply->element[i + 1];
        stored_life *out = &lives[i / 2];
        const char *copy = arena_copy(a, id->str, (size_t)id->len);
        if (copy == NULL)
            return error_set(e, ERROR_LIMIT, 0, "the catalog is larger than its bound");
        out->id = value_string(copy, (size_t)id->len);
        if (!workflow_life_read(a, life->str, (size_t)life->len, &out->life, e))
            return error_prefix(e, "workflow %s", copy);
    }
    return true;
}

bool catalog_store_list(catalog_store *s, arena *a, const stored_life **lives, size_t *count, error *e)
{
    catalog_key key;
    redisReply *reply =
        REDIS_CALL(s->session, e, redis_text("HGETALL"), catalog_key_of(&key, s, KEY_LIVES, NULL));
    if (reply == NULL)
        return false;
    *count = reply->elements / 2;
    stored_life *items = arena_calloc(a, *count, sizeof *items);
    bool read = items != NULL ? read_lives(reply, a, items, e)
                              : error_set(e, ERROR_LIMIT, 0, "the catalog is larger than its bound");
    freeReplyObject(reply);
    if (read && *count > 1)
        qsort(items, *count, sizeof *items, compare_lives);
    *lives = items;
    return read;
}

bool catalog_store_life(catalog_store *s, const value *id, workflow_life *life, error *e)
{
    catalog_key key;
    value text;
    arena_reset(&s->scratch);
    if (!check_id(id, e) ||
        !get_field(s, catalog_key_of(&key, s, KEY_LIVES, NULL), catalog_bytes_of(id), &s->scratch, &text, e))
        return false;
    if (text.kind == VALUE_NULL)
        return error_set(e, ERROR_UNKNOWN_WORKFLOW, 0, "there is no workflow \"%.*s\"", (int)id->count,
                         id->text);
    return workflow_life_read(&s->scratch, text.text, text.count, life, e);
}

bool catalog_store_version(catalog_store *s, const value *id, int version, arena *a, stored_version *out,
                           error *e)
{
    catalog_key key;
    catalog_number number;
    value text;
    if (!check_id(id, e) || !get_field(s, catalog_key_of(&key, s, KEY_VERSIONS, id),
                                       catalog_number_of(&number, version), a, &text, e))
        return false;
    if (text.kind == VALUE_NULL)
        return error_set(e, ERROR_UNKNOWN_WORKFLOW, 0, "workflow \"%.*s\" has no version %d", (int)id->count,
                         id->text, version);
    return stored_version_read(a, text.text, text.count, out, e);
}

bool catalog_store_controls(catalog_store *s, const value *id, int64_t control_version, arena *a,
                            value *values, error *e)
{
    catalog_key key;
    catalog_number number;
    value text;
    *values = (value){.kind = VALUE_MAP};
    if (control_version == 0)
        return true;
    if (!check_id(id, e) || !get_field(s, catalog_key_of(&key, s, KEY_CONTROLS, id),
                                       catalog_number_of(&number, control_version), a, &text, e))
        return false;
    if (text.kind == VALUE_NULL || !json_read(a, text.text, text.count, values, NULL) ||
        values->kind != VALUE_MAP)
        return error_set(e, ERROR_RECORD, 0, "the control values of version %lld are not there",
                         (long long)control_version);
    return true;
}

static bool read_changes(const redisReply *reply, arena *a, control_change *changes, error *e)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *item = reply->element[i];
        const char *copy = arena_copy(a, item->str, (size_t)item->len);
        if (copy == NULL)
            return error_set(e, ERROR_LIMIT, 0, "the history is larger than its bound");
        if (!control_change_read(a, copy, (size_t)item->len, &changes[i], e))
            return false;
    }
    return true;
}

bool catalog_store_changes(catalog_store *s, const value *id, arena *a, const control_change **changes,
                           size_t *count, error *e)
{
    catalog_key key;
    if (!check_id(id, e))
        return false;
    redisReply *reply =
        REDIS_CALL(s->session, e, redis_text("LRANGE"), catalog_key_of(&key, s, KEY_CHANGES, id),
                   redis_text("0"), redis_text("-1"));
    if (reply == NULL)
        return false;
    *count = reply->elements;
    control_change *items = arena_calloc(a, *count, sizeof *items);
    bool read = items != NULL ? read_changes(reply, a, items, e)
                              : error_set(e, ERROR_LIMIT, 0, "the history is larger than its bound");
    freeReplyObject(reply);
    *changes = items;
    return read;
}

/* ---- compiling ---- */

/* Without memory for a finding there is only their number. */
static bool set_first_finding(const workflow_findings *f, error *e)
{
    if (f->count == 0)
        return error_set(e, ERROR_INVALID_WORKFLOW, 0, "the document is not sound");
    const workflow_finding *first = &f->items[0];
    return error_set(e, ERROR_INVALID_WORKFLOW, 0, "%s%s%s", first->location,
                     *first->location != '\0' ? ": " : "", first->message);
}

const workflow *catalog_store_workflow(catalog_store *s, const value *id, int version, workflow_status status,
                                       int64_t control_version, error *e)
{
    arena memory;
    stored_version stored;
    value controls;
    const workflow *w = NULL;
    arena_init(&memory, 16 << 10, LIMIT_DOCUMENT_MEMORY);
    if (catalog_store_version(s, id, version, &memory, &stored, e) &&
        catalog_store_controls(s, id, control_version, &memory, &controls, e)) {
        const document d = {.name = "redis", .root = stored.document};
        const workflow_standing standing = {version, status, control_version, &controls};
        workflow_findings findings;
        workflow_findings_init(&findings, &memory);
        w = workflow_compile(&d, &standing, &findings);
        if (w == NULL)
            (void)set_first_finding(&findings, e);
    }
    arena_free(&memory);
    return w;
}

static const workflow *unchanged(const catalog *previous, const stored_life *stored)
{
    const workflow *w = previous != NULL ? catalog_find(previous, stored->id.text, stored->id.count) : NULL;
    if (w == NULL || w->version != workflow_life_version(&stored->life) || w->status != stored->life.status ||
        w->control_version != stored->life.control_version)
        return NULL;
    return workflow_retain(w);
}

/* The workflow as it is now, or as it was where it does not compile. NULL with *e, or without where there is
 * none. */
static const workflow *load_one(catalog_store *s, const catalog *previous, const stored_life *stored,
                                workflow_findings *f, error *e)
{
    const workflow *w = unchanged(previous, stored);
    if (w != NULL)
        return w;
    int version = workflow_life_version(&stored->life);
    w = catalog_store_workflow(s, &stored->id, version, stored->life.status, stored->life.control_version, e);
    if (w != NULL || e->code == ERROR_REDIS)
        return w;
    workflow_findings_add_file(f, stored->id.text, 0, RULE_STORED, "version %d: %s", version, e->message);
    e->code = ERROR_NONE;
    const workflow *old = previous != NULL ? catalog_find(previous, stored->id.text, stored->id.count) : NULL;
    return old != NULL ? workflow_retain(old) : NULL;
}

static bool is_listed(const stored_life *lives, size_t count, const value *id)
{
    const stored_life key = {.id = *id};
    return count > 0 && bsearch(&key, lives, count, sizeof *lives, compare_lives) != NULL;
}

/* Workflows never leave the store: one that is not there was lost with Redis' memory, and stays as it was. */
static void keep_lost(const catalog *previous, const stored_life *lives, size_t count,
                      const workflow **workflows, size_t *loaded)
{
    for (size_t i = 0; previous != NULL && i < catalog_count(previous); i++) {
        const workflow *w = catalog_at(previous, i);
        if (!is_listed(lives, count, &w->id))
            workflows[(*loaded)++] = workflow_retain(w);
    }
}

static const catalog *load_all(catalog_store *s, const catalog *previous, const stored_life *lives,
                               size_t count, const workflow **workflows, workflow_findings *f, error *e)
{
    size_t loaded = 0;
    error local = {0};
    keep_lost(previous, lives, count, workflows, &loaded);
    for (size_t i = 0; i < count && local.code == ERROR_NONE; i++) {
        const workflow *w = load_one(s, previous, &lives[i], f, &local);
        if (w != NULL)
            workflows[loaded++] = w;
    }
    if (local.code == ERROR_NONE)
        return catalog_new(workflows, loaded, f);
    for (size_t i = 0; i < loaded; i++)
        workflow_release(workflows[i]);
    error_set(e, local.code, 0, "%s", local.message);
    return NULL;
}

const catalog *catalog_store_load(catalog_store *s, const catalog *previous, workflow_findings *f, error *e)
{
    const stored_life *lives;
    size_t count;
    arena_reset(&s->scratch);
    if (!catalog_store_list(s, &s->scratch, &lives, &count, e))
        return NULL;
    size_t kept = previous != NULL ? catalog_count(previous) : 0;
    const workflow **workflows = calloc(count + kept + 1, sizeof *workflows);
    if (workflows == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for %zu workflows", count);
        return NULL;
    }
    const catalog *c = load_all(s, previous, lives, count, workflows, f, e);
    free(workflows);
    return c;
}
