/* Invariants:
 *  1. items are strictly ascending, and there are at most LIMIT_TIMER_WINDOW.
 *  2. Every timer of the store up to the cursor that counts is in the window, or was popped.
 *  3. complete: there is none behind the cursor; then whatever is armed enters the window.
 *  4. A full window that takes one more loses its last, and the cursor moves back before it: it is read
 *     again. The cursor moves forward only over what a read has found.
 *  5. Behind the cursor the window has something only while complete or while a read runs, and nothing of
 *     it is popped while one runs: neither before an earlier timer that the read will find, nor to be found
 *     again.
 *
 * A timer armed behind the cursor is left to the next read, since the store has it already; but while a read
 * runs it may have come too late for that one, so it enters the window then, and the read's copy of it is
 * recognised. What it does not reach is left to the next one. A read during which that makes the window too
 * full counts for nothing, and its place is read again. */
#include "engine/custody/timers.h"

#include <stdlib.h>
#include <string.h>

#include "engine/custody/mutation.h"
#include "engine/limits.h"

enum { DUE_DIGITS = 13, OFFSET_DIGITS = 19, ID_SIZE = 36 };

/* ---- members ---- */

int timer_compare(const timer_entry *a, const timer_entry *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return memcmp(a->id.text, b->id.text, ID_SIZE);
}

static void write_digits(char *to, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        to[i] = (char)('0' + number % 10);
}

void timer_write_member(buffer *b, const timer_entry *t)
{
    if (!buffer_reserve(b, TIMER_MEMBER_SIZE))
        return;
    char *to = b->bytes + b->size;
    write_digits(to, t->due_ms, DUE_DIGITS);
    to[DUE_DIGITS] = ':';
    write_digits(to + DUE_DIGITS + 1, t->offset, OFFSET_DIGITS);
    to[DUE_DIGITS + 1 + OFFSET_DIGITS] = ':';
    memcpy(to + DUE_DIGITS + 1 + OFFSET_DIGITS + 1, t->id.text, ID_SIZE);
    b->size += TIMER_MEMBER_SIZE;
}

static bool read_digits(const char *text, int digits, int64_t *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, text[i] - '0', number))
            return false;
    }
    return text[digits] == ':';
}

bool timer_read_member(timer_entry *t, const char *text, size_t size)
{
    if (size != TIMER_MEMBER_SIZE || !read_digits(text, DUE_DIGITS, &t->due_ms) ||
        !read_digits(text + DUE_DIGITS + 1, OFFSET_DIGITS, &t->offset))
        return false;
    value id = value_string(text + DUE_DIGITS + 1 + OFFSET_DIGITS + 1, ID_SIZE);
    return identity_parse(&id, &t->id);
}

/* ---- the window ---- */

void timers_init(timers *t)
{
    *t = (timers){.cursor = {.due_ms = INT64_MIN}};
}

void timers_free(timers *t)
{
    free(t->items);
    timers_init(t);
}

static void leave_to_next_read(timers *t, const timer_entry *behind)
{
    while (t->count > 0 && timer_compare(&t->items[t->count - 1], behind) > 0)
        t->count--;
}

static void make_room(timers *t)
{
    t->overflowed = true;
    if (t->fetching && !MUTATION(CURSOR_FORWARD))
        leave_to_next_read(t, &t->cursor);
    if (t->count <= LIMIT_TIMER_WINDOW)
        return;
    t->count--;
    t->cursor = t->items[t->count - 1];
    t->complete = false;
}

static bool insert(timers *t, const timer_entry *x)
{
    if (t->items == NULL) {
        t->items = malloc((LIMIT_TIMER_WINDOW + 1) * sizeof *t->items);
        if (t->items == NULL)
            return false;
    }
    uint32_t low = 0, high = t->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (timer_compare(&t->items[middle], x) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->count && timer_compare(&t->items[low], x) == 0)
        return true;
    memmove(t->items + low + 1, t->items + low, (t->count - low) * sizeof *t->items);
    t->items[low] = *x;
    if (++t->count > LIMIT_TIMER_WINDOW)
        make_room(t);
    return true;
}

bool timers_arm(timers *t, const timer_entry *x)
{
    bool behind = timer_compare(x, &t->cursor) > 0;
    if (behind && !t->complete && (!t->fetching || t->overflowed))
        return true;
    return insert(t, x);
}

bool timers_pop(timers *t, int64_t now_ms, timer_entry *out)
{
    if (t->count == 0 || t->items[0].due_ms > now_ms)
        return false;
    if (t->fetching && timer_compare(&t->items[0], &t->cursor) > 0)
        return false;
    *out = t->items[0];
    memmove(t->items, t->items + 1, --t->count * sizeof *t->items);
    return true;
}

int64_t timers_next_ms(const timers *t)
{
    return t->count == 0 ? INT64_MAX : t->items[0].due_ms;
}

/* ---- reading more ---- */

bool timers_should_fetch(const timers *t)
{
    return !t->complete && !t->fetching && t->count < LIMIT_TIMER_WINDOW / 2;
}

timer_entry timers_fetch_begin(timers *t)
{
    t->fetching = true;
    t->overflowed = false;
    return t->cursor;
}

bool timers_fetched(timers *t, const timer_entry *items, uint32_t count, const timer_entry *last,
                    uint32_t found)
{
    if (found == LIMIT_TIMER_PAGE)
        leave_to_next_read(t, last);
    for (uint32_t i = 0; i < count && !t->overflowed; i++)
        if (!insert(t, &items[i]))
            return false;
    t->fetching = false;
    if (t->overflowed)
        return true;
    if (found > 0)
        t->cursor = *last;
    t->complete = found < LIMIT_TIMER_PAGE;
    return true;
}

void timers_fetch_failed(timers *t)
{
    t->fetching = false;
    leave_to_next_read(t, &t->cursor);
}
