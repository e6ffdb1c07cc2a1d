/* How it works: in the order that audit.h asks for. What seems wrong with an execution on the first reading
 * is a suspicion, since it may have gone on between two answers. All suspicions are judged once more by a
 * second reading of the pending sets and then of the records; one that is confirmed, with the record
 * unchanged, is a finding. */
#include "worker/fsck/fsck.h"

#include <stdlib.h>
#include <time.h>

#include "engine/limits.h"
#include "worker/records/partition_keys.h"

enum {
    RESULT_MEMORY = 1 << 30,
    RECORD_MEMORY = 16 * LIMIT_RECORD_BYTES,
    ENTRY_MEMORY = 2 * LIMIT_OUTBOX_BYTES,
};

typedef struct suspicion {
    audit_partition *partition;
    identity id;
    audit_verdict verdict;
    int64_t run;   /* AUDIT_UNTOLD */
    uint64_t hash; /* of the record */
} suspicion;

typedef struct suspicions {
    suspicion *items;
    size_t count;
    size_t capacity;
} suspicions;

typedef struct fsck {
    fsck_result *result;
    const fsck_options *options;
    fsck_kafka *kafka;
    records *records;
    told told;
    int64_t horizon_ms; /* what completed before may have left the topic */
    suspicions suspicions;
    suspicions untold;
    arena memory; /* of one record or outbox entry */
} fsck;

static bool no_memory(error *e)
{
    return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the audit");
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* FNV-1a: it only has to tell two states of one record apart. */
static uint64_t hash_of(const value *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < text->count; i++)
        hash = (hash ^ (unsigned char)text->text[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool suspect(suspicions *s, const suspicion *item, error *e)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 64 : 2 * s->capacity;
        suspicion *items = reallocarray(s->items, capacity, sizeof *items);
        if (items == NULL)
            return no_memory(e);
        s->items = items;
        s->capacity = capacity;
    }
    s->items[s->count++] = *item;
    return true;
}

static bool add_finding(audit_findings *f, const audit_finding *finding, error *e)
{
    return audit_findings_add(f, finding) || no_memory(e);
}

/* ---- which partitions ---- */

static int compare_partitions(const void *a, const void *b)
{
    const audit_partition *x = a, *y = b;
    return partition_name_compare(&x->name, &y->name);
}

/* Those that ever had an owner, and those of the configured topics: Redis may have lost its list. */
static bool list_partitions(fsck *f, error *e)
{
    fsck_result *r = f->result;
    const config_list *topics = &f->options->config->triggers;
    partition_name *owned;
    size_t owned_count;
    if (!records_partitions(f->records, &r->memory, &owned, &owned_count, e))
        return false;
    int32_t *counts = arena_calloc(&r->memory, topics->count, sizeof *counts);
    size_t room = owned_count;
    for (size_t i = 0; counts != NULL && i < topics->count; i++) {
        if (!fsck_kafka_partitions(f->kafka, topics->items[i], &counts[i], e))
            return false;
        room += (size_t)counts[i];
    }
    r->partitions = counts != NULL ? arena_calloc(&r->memory, room, sizeof *r->partitions) : NULL;
    if (r->partitions == NULL)
        return no_memory(e);
    for (size_t i = 0; i < owned_count; i++)
        r->partitions[r->count++].name = owned[i];
    for (size_t i = 0; i < topics->count; i++)
        for (int32_t number = 0; number < counts[i]; number++)
            r->partitions[r->count++].name = (partition_name){value_cstring(topics->items[i]), number};
    if (r->count > 1)
        qsort(r->partitions, r->count, sizeof *r->partitions, compare_partitions);
    size_t kept = 0;
    for (size_t i = 0; i < r->count; i++)
        if (kept == 0 || compare_partitions(&r->partitions[i], &r->partitions[kept - 1]) != 0)
            r->partitions[kept++] = r->partitions[i];
    r->count = kept;
    return true;
}

static audit_partition *find_partition(const fsck *f, const partition_name *name)
{
    const audit_partition key = {.name = *name};
    const fsck_result *r = f->result;
    return r->count > 0 ? bsearch(&key, r->partitions, r->count, sizeof key, compare_partitions) : NULL;
}

/* ---- the keys of a partition ---- */

static bool take_member(void *data, const timer_entry *t)
{
    return audit_members_add(data, t);
}

/* *foreign: members that are none. */
static bool read_pending(fsck *f, audit_partition *p, size_t *foreign, error *e)
{
    pending_walk walk = {.cursor = "0"};
    p->members.count = 0;
    while (!walk.ended)
        if (!partition_keys_pending(f->records, &p->name, &walk, take_member, &p->members, e))
            return false;
    audit_members_sort(&p->members);
    *foreign = walk.foreign;
    return true;
}

static bool read_partition(fsck *f, audit_partition *p, error *e)
{
    size_t foreign;
    if (!partition_keys_fence(f->records, &p->name, &p->fenced, e) ||
        !partition_keys_outbox(f->records, &p->name, &f->result->memory, &p->last, &p->numbers,
                               &p->number_count, e) ||
        !read_pending(f, p, &foreign, e))
        return false;
    return foreign == 0 || add_finding(&p->findings, &(audit_finding){.verdict = AUDIT_FOREIGN}, e);
}

/* ---- the first reading of the records ---- */

/* One whose completion must be in the topic by now. */
static bool check_told(fsck *f, audit_partition *p, const record_found *found, error *e)
{
    const execution *x = &found->execution;
    if (!f->options->completions)
        return true;
    told_mark(&f->told, &x->id);
    if (!execution_ended(x) || x->origin.offset >= p->committed || told_has(&f->told, &x->id, x->run))
        return true;
    if (x->completed_ms < f->horizon_ms || x->completed_ms < f->told.since_ms) {
        f->result->unchecked++;
        return true;
    }
    return suspect(&f->untold,
                   &(suspicion){.partition = p, .id = x->id, .run = x->run, .verdict = AUDIT_UNTOLD}, e);
}

static bool check_record(fsck *f, const record_found *found, error *e)
{
    identity id;
    audit_partition *p = find_partition(f, &found->partition);
    if (p == NULL || !identity_parse(&found->id, &id))
        return true; /* it is younger than the list of partitions, or a key that only looks like a record's */
    audit_verdict verdict = audit_judge(p, &id, found);
    audit_count(p, &id, found);
    if (found->readable && !check_told(f, p, found, e))
        return false;
    if (verdict == AUDIT_SOUND)
        return true;
    return suspect(&f->suspicions,
                   &(suspicion){.partition = p, .id = id, .verdict = verdict, .hash = hash_of(&found->text)},
                   e);
}

static bool read_records(fsck *f, error *e)
{
    records_walk w;
    const record_found *found;
    bool checked = true;
    records_walk_begin(&w, f->records);
    while (checked && (found = records_walk_next(&w, e)) != NULL)
        checked = check_record(f, found, e);
    records_walk_end(&w);
    return checked && e->code == ERROR_NONE;
}

/* Members of the pending sets for which no record was found. */
static bool suspect_unseen(fsck *f, error *e)
{
    for (size_t i = 0; i < f->result->count; i++) {
        audit_partition *p = &f->result->partitions[i];
        for (size_t j = 0; j < p->members.count; j++) {
            if (p->members.items[j].seen)
                continue;
            suspicion s = {.partition = p, .verdict = AUDIT_NO_RECORD};
            s.id = audit_member_id(&p->members.items[j]);
            if (!suspect(&f->suspicions, &s, e))
                return false;
        }
    }
    return true;
}

/* ---- the second reading ---- */

static int compare_suspicions(const void *a, const void *b)
{
    const suspicion *x = a, *y = b;
    int order = compare_partitions(x->partition, y->partition);
    return order != 0 ? order : strcmp(x->id.text, y->id.text);
}

static bool judge_again(fsck *f, const suspicion *s, error *e)
{
    record_found *found;
    size_t count;
    audit_partition *p = s->partition;
    arena_reset(&f->memory);
    if (!records_find(f->records, &f->memory, &p->name, 1, &s->id, &found, &count, e))
        return false;
    audit_verdict verdict = audit_judge(p, &s->id, count > 0 ? found : NULL);
    bool unchanged = count == 0 || hash_of(&found->text) == s->hash;
    if (verdict == AUDIT_SOUND || verdict != s->verdict || !unchanged)
        return true;
    return add_finding(&p->findings, &(audit_finding){.verdict = verdict, .id = s->id}, e);
}

/* Each suspicion once: a walk may find a record twice, and a pending set have several members of it. */
static bool confirm(fsck *f, error *e)
{
    suspicions *s = &f->suspicions;
    const audit_partition *latest = NULL;
    size_t foreign;
    if (s->count > 1)
        qsort(s->items, s->count, sizeof *s->items, compare_suspicions);
    for (size_t i = 0; i < s->count; i++) {
        if (i > 0 && compare_suspicions(&s->items[i], &s->items[i - 1]) == 0)
            continue;
        if (s->items[i].partition != latest && !read_pending(f, s->items[i].partition, &foreign, e))
            return false;
        latest = s->items[i].partition;
        if (!judge_again(f, &s->items[i], e))
            return false;
    }
    return true;
}

/* ---- completions ---- */

/* Its event waits in the outbox: the entry holds the event's id as text. */
static bool is_in_outbox(fsck *f, const suspicion *s, bool *found, error *e)
{
    const value whole = value_cstring("");
    const identity event = identity_of_event(&s->id, &whole, s->run);
    const audit_partition *p = s->partition;
    value bytes;
    *found = false;
    uint64_t last, *numbers;
    size_t count;
    arena_reset(&f->memory);
    if (!partition_keys_outbox(f->records, &p->name, &f->memory, &last, &numbers, &count, e))
        return false;
    for (size_t i = 0; i < count && !*found; i++) {
        arena_mark mark = arena_get_mark(&f->memory);
        if (!partition_keys_entry(f->records, &p->name, numbers[i], &f->memory, &bytes, e))
            return false;
        *found = bytes.kind == VALUE_STRING &&
                 memmem(bytes.text, bytes.count, event.text, sizeof event.text - 1) != NULL;
        arena_rewind(&f->memory, mark);
    }
    return true;
}

/* What left the outbox before we looked there has been published before that, so the topic has it now. */
static bool confirm_untold(fsck *f, error *e)
{
    suspicions *s = &f->untold;
    size_t left = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool found;
        if (!is_in_outbox(f, &s->items[i], &found, e))
            return false;
        if (!found)
            s->items[left++] = s->items[i];
    }
    s->count = left;
    if (left == 0)
        return true;
    f->told.late = true;
    if (!fsck_kafka_read(f->kafka, &f->told, &f->horizon_ms, e))
        return false;
    for (size_t i = 0; i < left; i++) {
        const suspicion *u = &s->items[i];
        if (!told_has(&f->told, &u->id, u->run) &&
            !add_finding(&u->partition->findings, &(audit_finding){.verdict = AUDIT_UNTOLD, .id = u->id}, e))
            return false;
    }
    return true;
}

static bool audit_completions(fsck *f, error *e)
{
    if (!f->options->completions)
        return true;
    if (!confirm_untold(f, e))
        return false;
    f->result->completions = f->told.read;
    f->result->foreign = f->told.foreign;
    return told_find(&f->told, now_ms() - f->options->config->retention_ms, &f->result->findings) ||
           no_memory(e);
}

/* ---- all of it ---- */

static bool open_all(fsck *f, error *e)
{
    const config *c = f->options->config;
    f->kafka = fsck_kafka_open(c, e);
    if (f->kafka == NULL)
        return false;
    f->records = records_open(f->options->redis, c->group, c->redis_timeout_ms, e);
    return f->records != NULL && told_init(&f->told, now_ms() - c->retention_ms, e);
}

static bool audit(fsck *f, error *e)
{
    fsck_result *r = f->result;
    if (!list_partitions(f, e) || !fsck_kafka_committed(f->kafka, r->partitions, r->count, false, e))
        return false;
    if (f->options->completions && !fsck_kafka_read(f->kafka, &f->told, &f->horizon_ms, e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!read_partition(f, &r->partitions[i], e))
            return false;
    if (!read_records(f, e) || !suspect_unseen(f, e) || !confirm(f, e) || !audit_completions(f, e) ||
        !fsck_kafka_committed(f->kafka, r->partitions, r->count, true, e))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!audit_outbox(&r->partitions[i]))
            return no_memory(e);
    return true;
}

bool fsck_run(fsck_result *r, const fsck_options *o, error *e)
{
    fsck f = {.result = r, .options = o};
    *r = (fsck_result){0};
    arena_init(&r->memory, 16 << 10, RESULT_MEMORY);
    arena_init(&f.memory, 64 << 10, RECORD_MEMORY > ENTRY_MEMORY ? RECORD_MEMORY : ENTRY_MEMORY);
    bool done = open_all(&f, e) && audit(&f, e);
    free(f.suspicions.items);
    free(f.untold.items);
    told_free(&f.told);
    records_close(f.records);
    fsck_kafka_close(f.kafka);
    arena_free(&f.memory);
    return done;
}

void fsck_free(fsck_result *r)
{
    for (size_t i = 0; i < r->count; i++) {
        audit_members_free(&r->partitions[i].members);
        audit_findings_free(&r->partitions[i].findings);
    }
    audit_findings_free(&r->findings);
    arena_free(&r->memory);
    *r = (fsck_result){0};
}
