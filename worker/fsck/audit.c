#include "worker/fsck/audit.h"

#include <stdlib.h>
#include <uuid/uuid.h>

const char *audit_verdict_name(audit_verdict v)
{
#define X(code, name, sentence) name,
    static const char *const names[] = {AUDIT_FINDINGS(X)};
#undef X
    return names[v];
}

const char *audit_verdict_sentence(audit_verdict v)
{
#define X(code, name, sentence) sentence,
    static const char *const sentences[] = {AUDIT_FINDINGS(X)};
#undef X
    return sentences[v];
}

/* Room for one more of `size` bytes. */
static bool grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t wanted = *capacity == 0 ? 64 : 2 * *capacity;
    void *grown = reallocarray(*items, wanted, size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

bool audit_findings_add(audit_findings *f, const audit_finding *finding)
{
    void *items = f->items;
    bool ok = grow(&items, f->count, &f->capacity, sizeof *f->items);
    f->items = items;
    if (ok)
        f->items[f->count++] = *finding;
    return ok;
}

void audit_findings_free(audit_findings *f)
{
    free(f->items);
    *f = (audit_findings){0};
}

/* ---- pending sets ---- */

bool audit_members_add(audit_members *m, const timer_entry *t)
{
    void *items = m->items;
    bool ok = grow(&items, m->count, &m->capacity, sizeof *m->items);
    m->items = items;
    if (!ok)
        return false;
    audit_member *added = &m->items[m->count++];
    *added = (audit_member){.due_ms = t->due_ms};
    memcpy(added->id, t->id.bytes, sizeof added->id);
    return true;
}

static int compare_members(const void *a, const void *b)
{
    const audit_member *x = a, *y = b;
    int order = memcmp(x->id, y->id, sizeof x->id);
    return order != 0 ? order : (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
}

void audit_members_sort(audit_members *m)
{
    if (m->count > 1)
        qsort(m->items, m->count, sizeof *m->items, compare_members);
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++)
        if (i == 0 || compare_members(&m->items[i], &m->items[kept - 1]) != 0)
            m->items[kept++] = m->items[i];
    m->count = kept;
}

void audit_members_free(audit_members *m)
{
    free(m->items);
    *m = (audit_members){0};
}

identity audit_member_id(const audit_member *m)
{
    identity id;
    memcpy(id.bytes, m->id, sizeof id.bytes);
    uuid_unparse_lower(id.bytes, id.text);
    return id;
}

audit_member *audit_members_of(const audit_members *m, const identity *id, size_t *count)
{
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(m->items[middle].id, id->bytes, sizeof id->bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < m->count && memcmp(m->items[low + *count].id, id->bytes, sizeof id->bytes) == 0)
        ++*count;
    return *count > 0 ? &m->items[low] : NULL;
}

/* ---- executions ---- */

/* The one member that makes the execution go on: what comes for another time than the record's is cleared
 * away. */
static bool has_timer(const execution *x, const audit_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (x->due_ms == 0 || members[i].due_ms == x->due_ms)
            return true;
    return false;
}

static bool belongs_to(const audit_partition *p, const execution *x)
{
    return value_same_text(&x->origin.topic, &p->name.topic) && x->origin.partition == p->name.number;
}

audit_verdict audit_judge(const audit_partition *p, const identity *id, const record_found *f)
{
    size_t count;
    const audit_member *members = audit_members_of(&p->members, id, &count);
    if (f == NULL)
        return count > 0 ? AUDIT_NO_RECORD : AUDIT_SOUND;
    const execution *x = &f->execution;
    if (!f->readable || !belongs_to(p, x))
        return AUDIT_BROKEN;
    if (execution_ended(x) || x->origin.offset >= p->committed || has_timer(x, members, count))
        return AUDIT_SOUND;
    return count > 0 ? AUDIT_WRONG_TIMER : AUDIT_NO_TIMER;
}

void audit_count(audit_partition *p, const identity *id, const record_found *f)
{
    size_t count, useful = 0;
    audit_member *members = audit_members_of(&p->members, id, &count);
    for (size_t i = 0; i < count; i++)
        members[i].seen = true;
    const execution *x = &f->execution;
    if (!f->readable)
        return;
    if (execution_ended(x)) {
        p->ended++;
    } else {
        useful = has_timer(x, members, count);
        if (x->origin.offset >= p->committed)
            p->uncommitted++;
        else if (x->due_ms != 0)
            p->waiting++;
        else
            p->running++;
    }
    p->stale += count - useful;
}

/* ---- the outbox ---- */

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool add_range(audit_partition *p, audit_verdict verdict, uint64_t from, uint64_t to)
{
    return audit_findings_add(&p->findings, &(audit_finding){.verdict = verdict, .from = from, .to = to});
}

/* Every number that is given and not published is in the outbox. */
static bool find_gaps(audit_partition *p)
{
    uint64_t next = p->published_last + 1;
    if (p->number_count > 1)
        qsort(p->numbers, p->number_count, sizeof *p->numbers, compare_numbers);
    for (size_t i = 0; i < p->number_count; i++) {
        if (p->numbers[i] < next)
            continue;
        if (p->numbers[i] > next && !add_range(p, AUDIT_GAP, next, p->numbers[i] - 1))
            return false;
        next = p->numbers[i] + 1;
    }
    return next > p->last || add_range(p, AUDIT_GAP, next, p->last);
}

bool audit_outbox(audit_partition *p)
{
    if (p->committed > 0 && !p->fenced && !add_range(p, AUDIT_NO_FENCE, 0, 0))
        return false;
    if (p->last < p->published && !add_range(p, AUDIT_FORGOTTEN, p->last + 1, p->published))
        return false;
    return find_gaps(p);
}
