/* How the catalog changes. Every change is a loop:
 *
 *     WATCH lives, read the workflow's life, decide (reading what else it takes: versions and stored values
 *     are immutable, and which of them count is in the life), then MULTI, the writes, the new life, the
 *     counter, the publication, EXEC. Where EXEC finds that lives have changed meanwhile, all of it again.
 *
 * The watched hash holds the lives of all workflows, so that a change of another one costs a repetition as
 * well: people change workflows seldom. */
#include <stdlib.h>

#include "engine/value/copy.h"
#include "engine/value/json.h"
#include "worker/catalog/catalog_store.h"
#include "worker/catalog/catalog_store_keys.h"

enum { TRIES_MAX = 100, WRITES_MAX = 4, WRITE_ARGUMENTS_MAX = 4 };

typedef struct write_command {
    redis_bytes arguments[WRITE_ARGUMENTS_MAX];
    size_t count;
} write_command;

/* One try. Its memory is the store's scratch. */
typedef struct change {
    catalog_store *store;
    const value *id;
    workflow_life life; /* as read; then as decided */
    bool is_known;      /* there was a life */
    bool is_needed;     /* something is to be written */
    write_command writes[WRITES_MAX];
    size_t write_count;
    error *error;
} change;

/* Reads, changes c->life, adds writes. Called again in each try. */
typedef bool decide_function(change *c, void *data);

static bool fail_memory(change *c)
{
    return error_set(c->error, ERROR_LIMIT, 0, "the change needs more memory than its bound");
}

/* The arguments are borrowed until the try ends. */
static void add_write(change *c, const redis_bytes *arguments, size_t count)
{
    assert(c->write_count < WRITES_MAX && count <= WRITE_ARGUMENTS_MAX);
    write_command *w = &c->writes[c->write_count++];
    memcpy(w->arguments, arguments, count * sizeof *arguments);
    w->count = count;
}

#define ADD_WRITE(c, ...)                            \
    add_write(c, (const redis_bytes[]){__VA_ARGS__}, \
              sizeof((const redis_bytes[]){__VA_ARGS__}) / sizeof(redis_bytes))

/* Text that stays until the try ends. */
static bool keep(change *c, redis_bytes text, redis_bytes *kept)
{
    const char *copy = arena_copy(&c->store->scratch, text.bytes, text.size);
    *kept = (redis_bytes){copy, text.size};
    return copy != NULL || fail_memory(c);
}

static bool keep_buffer(change *c, const buffer *b, redis_bytes *kept)
{
    *kept = (redis_bytes){b->bytes, b->size};
    return !b->failed || fail_memory(c);
}

/* ---- the transaction ---- */

static bool call(change *c, const redis_bytes *arguments, size_t count)
{
    redisReply *reply = redis_session_call(c->store->session, arguments, count, c->error);
    freeReplyObject(reply);
    return reply != NULL;
}

#define CALL(c, ...)                            \
    call(c, (const redis_bytes[]){__VA_ARGS__}, \
         sizeof((const redis_bytes[]){__VA_ARGS__}) / sizeof(redis_bytes))

static bool read_life(change *c)
{
    error e = {0};
    c->life = workflow_life_new();
    c->is_known = catalog_store_life(c->store, c->id, &c->life, &e);
    if (c->is_known || e.code == ERROR_UNKNOWN_WORKFLOW)
        return true;
    return error_set(c->error, e.code, 0, "%s", e.message);
}

static bool queue_writes(change *c)
{
    enum { LIFE_SIZE_MAX = 256 };
    char channel[CATALOG_CHANNEL_SIZE];
    catalog_key lives, counter;
    buffer life;
    catalog_store_channel(c->store->group, channel);
    buffer_init(&life, &c->store->scratch, LIFE_SIZE_MAX);
    workflow_life_write(&life, &c->life);
    redis_bytes life_bytes;
    if (!keep_buffer(c, &life, &life_bytes) || !CALL(c, redis_text("MULTI")))
        return false;
    for (size_t i = 0; i < c->write_count; i++)
        if (!call(c, c->writes[i].arguments, c->writes[i].count))
            return false;
    return CALL(c, redis_text("HSET"), catalog_key_of(&lives, c->store, KEY_LIVES, NULL),
                catalog_bytes_of(c->id), life_bytes) &&
           CALL(c, redis_text("INCR"), catalog_key_of(&counter, c->store, KEY_COUNTER, NULL)) &&
           CALL(c, redis_text("PUBLISH"), redis_text(channel), catalog_bytes_of(c->id));
}

/* *done is false where another was faster. */
static bool execute(change *c, bool *done)
{
    redisReply *reply = REDIS_CALL(c->store->session, c->error, redis_text("EXEC"));
    if (reply == NULL)
        return false;
    bool sound = true;
    *done = reply->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; *done && sound && i < reply->elements; i++)
        if (reply->element[i]->type == REDIS_REPLY_ERROR)
            sound = error_set(c->error, ERROR_REDIS, 0, "Redis refuses a part of the change: %s",
                              reply->element[i]->str);
    freeReplyObject(reply);
    return sound;
}

static bool try_once(change *c, decide_function *decide, void *data, bool *done)
{
    catalog_key lives;
    *done = true;
    if (!CALL(c, redis_text("WATCH"), catalog_key_of(&lives, c->store, KEY_LIVES, NULL)) || !read_life(c))
        return false;
    if (!decide(c, data) || !c->is_needed) {
        bool refused = c->error->code != ERROR_NONE;
        error ignored;
        redisReply *reply = REDIS_CALL(c->store->session, &ignored, redis_text("UNWATCH"));
        freeReplyObject(reply);
        return !refused;
    }
    return queue_writes(c) && execute(c, done);
}

static bool run(catalog_store *s, const value *id, decide_function *decide, void *data, error *e)
{
    error local = {0};
    for (int i = 0; i < TRIES_MAX; i++) {
        bool done;
        change c = {.store = s, .id = id, .error = &local};
        if (!try_once(&c, decide, data, &done))
            return error_set(e, local.code, local.position, "%s", local.message);
        if (done)
            return true;
    }
    return error_set(e, ERROR_REDIS, 0, "others keep changing the catalog: tried %d times", TRIES_MAX);
}

static bool check_known(change *c)
{
    if (c->is_known)
        return true;
    return error_set(c->error, ERROR_UNKNOWN_WORKFLOW, 0, "there is no workflow \"%.*s\"", (int)c->id->count,
                     c->id->text);
}

/* ---- life ---- */

/* Where the workflow would execute, every required control must have a value. */
static bool check_complete(change *c, const workflow *w)
{
    value controls;
    return catalog_store_controls(c->store, c->id, c->life.control_version, &c->store->scratch, &controls,
                                  c->error) &&
           controls_complete(w, &controls, &c->store->scratch, c->error);
}

static bool check_stored_version(change *c, int version)
{
    const workflow *w =
        catalog_store_workflow(c->store, c->id, version, WORKFLOW_ACTIVE, c->life.control_version, c->error);
    bool complete = w != NULL && check_complete(c, w);
    workflow_release(w);
    return complete;
}

static bool decide_activate(change *c, void *data)
{
    int *version = data;
    int before = c->life.active;
    int wanted = *version != 0 ? *version : c->life.latest;
    if (!check_known(c) || !workflow_life_activate(&c->life, wanted, c->error) ||
        !check_stored_version(c, wanted))
        return false;
    *version = wanted;
    c->is_needed = wanted != before;
    return true;
}

bool catalog_store_activate(catalog_store *s, const value *id, int *version, error *e)
{
    return run(s, id, decide_activate, version, e);
}

static bool decide_archive(change *c, void *data)
{
    (void)data;
    c->is_needed = c->life.status != WORKFLOW_ARCHIVED;
    return check_known(c) && workflow_life_archive(&c->life, c->error);
}

bool catalog_store_archive(catalog_store *s, const value *id, error *e)
{
    return run(s, id, decide_archive, NULL, e);
}

/* ---- documents ---- */

typedef struct application {
    const document *document;
    const workflow *workflow; /* compiled without stored controls */
    workflow_status wanted;
    const catalog_author *author;
    catalog_applied *applied;
} application;

/* The version that has this content, 0 where none. */
static bool find_content(change *c, const char *content, int *version)
{
    catalog_key key;
    redisReply *reply = REDIS_CALL(c->store->session, c->error, redis_text("HGET"),
                                   catalog_key_of(&key, c->store, KEY_CONTENTS, c->id), redis_text(content));
    if (reply == NULL)
        return false;
    long number = reply->type == REDIS_REPLY_STRING ? strtol(reply->str, NULL, 10) : 0;
    freeReplyObject(reply);
    if (number < 0 || number > c->life.latest)
        return error_set(c->error, ERROR_RECORD, 0, "the catalog names a version that is not there");
    *version = (int)number;
    return true;
}

static bool store_version(change *c, const application *a, int version)
{
    stored_version stored = {
        .document = a->document->root,
        .actor = value_cstring(a->author->name),
        .time_ms = a->author->time_ms,
    };
    memcpy(stored.content_id, a->workflow->content_id, CONTENT_ID_SIZE);
    buffer text;
    catalog_key key;
    catalog_number number;
    redis_bytes versions, contents, field, entry;
    buffer_init(&text, &c->store->scratch, LIMIT_DOCUMENT_EXPANDED_BYTES * 2);
    stored_version_write(&text, &stored);
    if (!keep_buffer(c, &text, &entry) ||
        !keep(c, catalog_key_of(&key, c->store, KEY_VERSIONS, c->id), &versions) ||
        !keep(c, catalog_key_of(&key, c->store, KEY_CONTENTS, c->id), &contents) ||
        !keep(c, catalog_number_of(&number, version), &field))
        return false;
    ADD_WRITE(c, redis_text("HSET"), versions, field, entry);
    ADD_WRITE(c, redis_text("HSET"), contents, redis_text(a->workflow->content_id), field);
    return true;
}

/* The document as it would execute: with the control values that are stored. */
static bool check_document(change *c, const application *a, int version)
{
    value controls;
    workflow_findings findings;
    workflow_findings_init(&findings, &c->store->scratch);
    if (!catalog_store_controls(c->store, c->id, c->life.control_version, &c->store->scratch, &controls,
                                c->error))
        return false;
    const workflow_standing standing = {version, WORKFLOW_ACTIVE, c->life.control_version, &controls};
    const workflow *w = workflow_compile(a->document, &standing, &findings);
    bool complete = w != NULL ? check_complete(c, w)
                              : error_set(c->error, ERROR_CONTROL, 0, "%s",
                                          findings.count > 0 ? findings.items[0].message : "it is not sound");
    workflow_release(w);
    return complete;
}

/* On the way to an archived life too: no state is left out. */
static bool apply_activation(change *c, const application *a)
{
    catalog_applied *applied = a->applied;
    if (a->wanted == WORKFLOW_DRAFT || c->life.active == applied->version)
        return true;
    applied->is_activated = a->wanted == WORKFLOW_ACTIVE;
    return workflow_life_activate(&c->life, applied->version, c->error) &&
           (a->wanted == WORKFLOW_ARCHIVED || check_document(c, a, applied->version));
}

static bool decide_apply(change *c, void *data)
{
    const application *a = data;
    catalog_applied *applied = a->applied;
    int same;
    *applied = (catalog_applied){0};
    if (!find_content(c, a->workflow->content_id, &same))
        return false;
    if (c->life.status == WORKFLOW_ARCHIVED && a->wanted == WORKFLOW_ARCHIVED && same != 0) {
        applied->version = same;
        return true;
    }
    if (!workflow_life_apply(&c->life, same, &applied->version, c->error))
        return false;
    applied->is_new = same == 0;
    if ((applied->is_new && !store_version(c, a, applied->version)) || !apply_activation(c, a))
        return false;
    applied->is_archived = a->wanted == WORKFLOW_ARCHIVED;
    c->is_needed = applied->is_new || applied->is_activated || applied->is_archived;
    return !applied->is_archived || workflow_life_archive(&c->life, c->error);
}

bool catalog_store_apply(catalog_store *s, const document *d, const workflow *w, workflow_status wanted,
                         const catalog_author *author, catalog_applied *applied, error *e)
{
    application a = {.document = d, .workflow = w, .wanted = wanted, .author = author, .applied = applied};
    return run(s, &w->id, decide_apply, &a, e);
}

/* ---- control values ---- */

typedef struct control_edit {
    const control_path *path;
    const value *after;
    const catalog_author *author;
    arena *arena;
    control_change *made;
} control_edit;

static bool store_controls(change *c, const control_edit *t, const value *values)
{
    buffer values_text, change_text;
    catalog_key key;
    catalog_number number;
    redis_bytes controls, changes, field, values_bytes, change_bytes;
    buffer_init(&values_text, &c->store->scratch, LIMIT_CONTROLS_BYTES);
    json_write(&values_text, values);
    buffer_init(&change_text, &c->store->scratch, LIMIT_CONTROLS_BYTES * 4);
    control_change_write(&change_text, t->made);
    if (!keep_buffer(c, &values_text, &values_bytes) || !keep_buffer(c, &change_text, &change_bytes) ||
        !keep(c, catalog_key_of(&key, c->store, KEY_CONTROLS, c->id), &controls) ||
        !keep(c, catalog_key_of(&key, c->store, KEY_CHANGES, c->id), &changes) ||
        !keep(c, catalog_number_of(&number, c->life.control_version), &field))
        return false;
    ADD_WRITE(c, redis_text("HSET"), controls, field, values_bytes);
    ADD_WRITE(c, redis_text("RPUSH"), changes, change_bytes);
    return true;
}

/* `before` outlives the try in the caller's arena. */
static bool note_change(change *c, const control_edit *t, const value *before)
{
    value *copy = before != NULL ? arena_alloc(t->arena, sizeof *copy) : NULL;
    if (before != NULL && (copy == NULL || !value_copy(t->arena, before, copy)))
        return fail_memory(c);
    *t->made = (control_change){
        .version = c->life.control_version,
        .time_ms = t->author->time_ms,
        .actor = value_cstring(t->author->name),
        .path = *t->path,
        .before = copy,
        .after = t->after,
    };
    return true;
}

static bool edit_values(change *c, const control_edit *t, const workflow *w, validator *v, value *changed)
{
    arena *scratch = &c->store->scratch;
    value stored;
    const value *before;
    if (!catalog_store_controls(c->store, c->id, c->life.control_version, scratch, &stored, c->error) ||
        !controls_change(w, &stored, t->path, t->after, v, scratch, changed, &before, c->error))
        return false;
    if (w->status == WORKFLOW_ACTIVE && !controls_complete(w, changed, scratch, c->error))
        return false;
    c->is_needed = before == NULL || t->after == NULL || !value_equal(before, t->after);
    return (!c->is_needed || workflow_life_change_control(&c->life, c->error)) && note_change(c, t, before);
}

static bool decide_control(change *c, void *data)
{
    const control_edit *t = data;
    value changed;
    if (!check_known(c))
        return false;
    workflow_life asked = c->life;
    if (!workflow_life_change_control(&asked, c->error)) /* refused before anything is looked at */
        return false;
    const workflow *w = catalog_store_workflow(c->store, c->id, workflow_life_version(&c->life),
                                               c->life.status, c->life.control_version, c->error);
    validator *v = validator_new();
    bool edited = w != NULL && v != NULL && edit_values(c, t, w, v, &changed);
    if (v == NULL)
        (void)fail_memory(c);
    validator_free(v);
    workflow_release(w);
    return edited && (!c->is_needed || store_controls(c, t, &changed));
}

bool catalog_store_set_control(catalog_store *s, const value *id, const control_path *path,
                               const value *after, const catalog_author *author, arena *a,
                               control_change *made, error *e)
{
    control_edit t = {.path = path, .after = after, .author = author, .arena = a, .made = made};
    return run(s, id, decide_control, &t, e);
}

bool catalog_store_revert_control(catalog_store *s, const value *id, int64_t version,
                                  const catalog_author *author, arena *a, control_change *made, error *e)
{
    const control_change *changes;
    size_t count;
    if (!catalog_store_changes(s, id, a, &changes, &count, e))
        return false;
    if (version < 1 || (uint64_t)version > count)
        return error_set(e, ERROR_CONTROL, 0, "there is no change %lld; changes are 1 to %zu",
                         (long long)version, count);
    const control_change *undone = &changes[version - 1];
    return catalog_store_set_control(s, id, &undone->path, undone->before, author, a, made, e);
}
