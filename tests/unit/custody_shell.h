/* A shell for the tests of activations: one partition's store in memory, deliveries as the test wants them,
 * and a trace of all that was done, one word each:
 *
 *   read begin bind resolve intend deliver   what an activation needed; with a route, deliver:PROVIDER
 *   postpone            nobody took what was due
 *   record              its record was prepared, and later
 *   set                 written: "*" with the retention, "-7" and "+7" its place (due 7 ms after WALL_MS)
 * left and entered the pending set, "<0-2!>" events entered the outbox, "cmd" a command left announce:0-2!
 * the events of steps 0 and 1, and of the execution (!), went into the epoch over:ENDED          its end */
#ifndef TESTS_UNIT_CUSTODY_SHELL_H
#define TESTS_UNIT_CUSTODY_SHELL_H

#include <stdarg.h>

#include "engine/custody/activation.h"
#include "engine/execution/record.h"
#include "tests/unit/custody_run.h"
#include "tests/unit/execution_run.h"

#define ADA "{\"name\":\"Ada\"}"

enum { PENDING_MAX = 8 };

static struct {
    const char *record;
    timer_entry pending[PENDING_MAX]; /* ascending */
    int pending_count;
} store;

typedef enum holding { HOLD_NOTHING, HOLD_READ, HOLD_BIND, HOLD_DELIVERY, HOLD_WRITE } holding;

static struct {
    bool outward;             /* deliveries leave the house */
    bool fails;               /* and are refused for good */
    bool busy;                /* or for now */
    bool gives_up;            /* an unknown outcome is a failure */
    const char *const *route; /* the providers that are asked, up to a NULL; NULL: one, not to be told */
    int refusals;             /* the next deliveries are refused for now */
    int64_t due_ms;           /* nobody takes the next delivery before; 0: it is taken */
    bool refuses;             /* triggers are rejected */
    bool has_no_version;
    holding holding;       /* the test itself reports this */
    custody_effect effect; /* the one that pump stopped at */
    char trace[1 << 12];
} shell;

static inline void open_shell(void)
{
    set_up();
    open_custody();
    memset(&store, 0, sizeof store);
    memset(&shell, 0, sizeof shell);
}

static inline void close_shell(void)
{
    close_custody();
    tear_down();
}

__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...)
{
    size_t used = strlen(shell.trace);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(shell.trace + used, sizeof shell.trace - used, format, arguments);
    va_end(arguments);
}

/* What was done since the last call. */
#define expect_trace(expected)                                                                      \
    do {                                                                                            \
        cr_expect_str_eq(shell.trace, expected, "\"%s\" instead of \"%s\"", shell.trace, expected); \
        shell.trace[0] = '\0';                                                                      \
    } while (0)

/* ---- the store ---- */

static inline int place_of_member(const timer_entry *x)
{
    int at = 0;
    while (at < store.pending_count && timer_compare(&store.pending[at], x) < 0)
        at++;
    return at;
}

static inline bool is_pending(const timer_entry *x)
{
    int at = place_of_member(x);
    return at < store.pending_count && timer_compare(&store.pending[at], x) == 0;
}

static inline void unpark(const timer_entry *x)
{
    int at = place_of_member(x);
    say("%s-%lld", is_pending(x) ? "" : "?", (long long)(x->due_ms - WALL_MS));
    if (!is_pending(x))
        return;
    store.pending_count--;
    memmove(&store.pending[at], &store.pending[at + 1],
            (size_t)(store.pending_count - at) * sizeof store.pending[0]);
}

static inline void park(const timer_entry *x)
{
    int at = place_of_member(x);
    say("+%lld", (long long)(x->due_ms - WALL_MS));
    if (is_pending(x))
        return;
    cr_assert_lt(store.pending_count, PENDING_MAX);
    memmove(&store.pending[at + 1], &store.pending[at],
            (size_t)(store.pending_count - at) * sizeof store.pending[0]);
    store.pending[at] = *x;
    store.pending_count++;
}

static inline void apply(const fenced_write *w)
{
    if (w->owner == NULL)
        return; /* the outbox is trimmed */
    say("set%s", w->expires ? "*" : "");
    if (w->id != NULL)
        store.record = arena_copy(&memory, w->record.text, w->record.count);
    if (w->unpark != NULL)
        unpark(w->unpark);
    if (w->park != NULL)
        park(w->park);
    if (w->entry != NULL)
        say("<%.*s>", (int)w->entry->size, w->entry->bytes);
    if (w->command != NULL)
        say("cmd");
    say(" ");
}

static inline void fetch_page(const custody_effect *fetch)
{
    timer_entry page[PENDING_MAX];
    int32_t found = 0;
    const partition *p = fetch->partition;
    for (int i = 0; p->topic == 0 && p->number == 0 && i < store.pending_count; i++)
        if (timer_compare(&store.pending[i], &fetch->timer) > 0)
            page[found++] = store.pending[i];
    cr_assert(custody_fetched(c, fetch->ask, p->topic, p->number, page, found));
}

/* ---- what an activation needs ---- */

static inline void read_record(activation *a, int64_t wall_ms)
{
    error e = {0};
    const char *text = store.record;
    if (activation_read(a, &memory, text, text == NULL ? 0 : strlen(text), wall_ms, &e))
        return;
    say("unreadable ");
    cr_expect_eq(e.code, ERROR_RECORD);
    if (a->epoch != NULL)
        activation_rejected(a);
}

static inline void begin_execution(activation *a, int64_t wall_ms)
{
    error e = {0};
    trigger t = trigger_of(ADA);
    t.origin = a->origin;
    if (shell.refuses) {
        activation_rejected(a);
        return;
    }
    cr_assert(execution_begin(&a->execution, &a->execution.id, &t, compiled, &memory, wall_ms, &e), "%s",
              e.message);
    activation_begun(a);
}

static inline void bind_version(activation *a)
{
    error e = {0};
    if (shell.has_no_version)
        activation_unbound(a);
    else
        cr_assert(activation_bound(a, compiled, &memory, &e), "%s", e.message);
}

static inline const char *const *route_there_is(void)
{
    static const char *const usual[] = {"post", NULL};
    return shell.route != NULL ? shell.route : usual;
}

/* The first that has not been asked in this attempt, but for one; NULL: none. */
static inline const char *next_provider(const activation *a, const char *but)
{
    for (const char *const *p = route_there_is(); *p != NULL; p++)
        if (!execution_has_asked(&a->execution, *p) && (but == NULL || strcmp(*p, but) != 0))
            return *p;
    return NULL;
}

/* Who is asked: the name that stays, not the record's. */
static inline const char *provider_asked(const activation *a)
{
    const value *name = &a->execution.steps[a->execution.current_step].provider;
    const char *const *p = route_there_is();
    while (!value_is_text(name, *p))
        p++;
    return *p;
}

static inline void report(activation *a)
{
    bool refused = shell.fails || shell.busy || shell.refusals > 0;
    activation_result r = {
        .delivered = !refused, .provider = provider_asked(a), .failure = busy(), .random = EVEN};
    r.failure.provider = r.provider;
    r.failure.retriable = !shell.fails;
    r.failure.more = next_provider(a, r.provider) != NULL;
    shell.refusals -= shell.refusals > 0;
    activation_report(a, &r);
}

static inline void deliver(activation *a)
{
    if (shell.due_ms != 0) {
        say("postpone ");
        activation_postpone(a, WALL_MS + shell.due_ms);
        shell.due_ms = 0;
        return;
    }
    if (!a->intended)
        activation_choose(a, next_provider(a, NULL));
    if (shell.outward && !a->intended) {
        say("intend ");
        activation_intend(a);
        return;
    }
    if (shell.route == NULL)
        say("deliver ");
    else
        say("deliver:%s ", provider_asked(a));
    activation_deliver(a);
    if (shell.holding != HOLD_DELIVERY)
        report(a);
}

/* "0-2!": the steps that are told, and the execution. */
static inline size_t write_events(const activation *a, char text[32])
{
    const execution *x = &a->execution;
    return (size_t)snprintf(text, 32, "%zu-%zu%s", a->told, x->current_step, execution_ended(x) ? "!" : "");
}

static inline void write_record(activation *a)
{
    buffer b;
    char events[32];
    buffer_init(&b, &memory, LIMIT_RECORD_BYTES);
    say("record ");
    if (a->purpose != PURPOSE_CLEAR)
        record_write(&b, &a->execution);
    cr_assert_not(b.failed);
    size_t size = activation_tells(a) ? write_events(a, events) : 0;
    cr_assert(activation_write(a, buffer_string(&b), events, size));
}

static inline void announce(activation *a)
{
    char events[32];
    write_events(a, events);
    say("announce:%s ", events);
    cr_assert(activation_announced(a));
}

static inline const char *end_name(activation_end end)
{
    static const char *const names[] = {
        [ACTIVATION_DROPPED] = "DROPPED",   [ACTIVATION_ENDED] = "ENDED",
        [ACTIVATION_REPLAYED] = "REPLAYED", [ACTIVATION_DUPLICATE] = "DUPLICATE",
        [ACTIVATION_REJECTED] = "REJECTED", [ACTIVATION_PARKED] = "PARKED",
        [ACTIVATION_VOID] = "VOID",         [ACTIVATION_POSTPONED] = "POSTPONED",
    };
    return names[end];
}

/* False where it waits, or is over. */
static inline bool do_need(activation *a, activation_need need, int64_t wall_ms)
{
    switch (need) {
    case ACTIVATION_READ:
        say("read ");
        if (shell.holding == HOLD_READ)
            return false;
        read_record(a, wall_ms);
        return true;
    case ACTIVATION_BEGIN:
        say("begin ");
        begin_execution(a, wall_ms);
        return true;
    case ACTIVATION_BIND:
        say("bind ");
        if (shell.holding == HOLD_BIND)
            return false;
        bind_version(a);
        return true;
    case ACTIVATION_RESOLVE:
        say("resolve ");
        activation_resolve(a, !shell.gives_up, wall_ms);
        return true;
    case ACTIVATION_DELIVER:
        deliver(a);
        return true;
    case ACTIVATION_RECORD:
        write_record(a);
        return true;
    case ACTIVATION_ANNOUNCE:
        announce(a);
        return true;
    case ACTIVATION_OVER:
        say("over:%s", end_name(a->end));
        return false;
    default:
        return false;
    }
}

static inline void proceed(activation *a, int64_t now_ms)
{
    while (do_need(a, activation_next(a, WALL_MS + now_ms), WALL_MS + now_ms))
        ;
}

/* ---- the loop ---- */

static inline bool obey(const custody_effect *effect, int64_t now_ms)
{
    switch (effect->action) {
    case CUSTODY_PROCEED:
        proceed(effect->activation, now_ms);
        return true;
    case CUSTODY_WATCH:
        custody_watched(c, true, now_ms);
        return true;
    case CUSTODY_WRITE:
        if (shell.holding == HOLD_WRITE)
            return false;
        for (const fenced_write *w = effect->block; w != NULL; w = w->next)
            apply(w);
        custody_written(c, true, true, now_ms);
        return true;
    case CUSTODY_FETCH:
        fetch_page(effect);
        return true;
    case CUSTODY_END:
        epoch_free(effect->epoch);
        return true;
    default:
        return false;
    }
}

/* Goes on until something else is asked than what the store and the activations do. */
static inline void pump(int64_t now_ms, custody_action expected)
{
    do
        shell.effect = custody_next(c, now_ms, WALL_MS + now_ms);
    while (obey(&shell.effect, now_ms));
    cr_assert_eq(shell.effect.action, expected, "action %d instead of %d at %lld", shell.effect.action,
                 expected, (long long)now_ms);
}

static inline void commit(int64_t now_ms)
{
    pump(now_ms, CUSTODY_COMMIT);
    custody_committed(c, shell.effect.epoch);
    pump(now_ms, CUSTODY_WAIT);
}

/* The transaction fails, and the positions are read again. */
static inline void abort_commit(int64_t now_ms, int64_t committed)
{
    pump(now_ms, CUSTODY_COMMIT);
    custody_aborted(c, shell.effect.epoch);
    pump(now_ms, CUSTODY_POSITION);
    find_positions(committed, "");
    pump(now_ms, CUSTODY_WAIT);
}

/* ---- beginnings ---- */

static inline identity id_of_execution(void)
{
    value workflow_id = value_cstring("orders"), trigger_id = value_cstring("t-1");
    return identity_of_execution(&workflow_id, &trigger_id, NULL);
}

static inline origin origin_at(int64_t offset)
{
    return (origin){.topic = value_cstring("carillon.triggers"), .partition = 0, .offset = offset};
}

/* A trigger arrives, and its activation goes as far as it can without the loop. */
static inline epoch *arrive(activation *a, int64_t offset, int64_t now_ms)
{
    epoch *e = take(offset, now_ms);
    origin from = origin_at(offset);
    a->execution.id = id_of_execution();
    activation_start(a, c, e, custody_partition(c, 0, 0), &from);
    proceed(a, now_ms);
    return e;
}

/* The timer that custody starts at this time. */
static inline void wake(activation *a, int64_t now_ms)
{
    pump(now_ms, CUSTODY_TIMER);
    activation_start_timer(a, c, shell.effect.partition, &shell.effect.timer);
    proceed(a, now_ms);
}

static inline void command(activation *a, activation_command what, int64_t now_ms)
{
    a->execution.id = id_of_execution();
    activation_start_command(a, c, custody_partition(c, 0, 0), what, "a command", 9);
    proceed(a, now_ms);
}

/* Ours, up to offset 5, with the workflow of these steps. */
static inline void own(const char *steps)
{
    workflow_of(steps);
    take_over(0, 5);
}

#endif
