/* Invariants:
 *  1. Numbers are given once, ascending, without gaps; entries are in their order.
 *  2. Entries become durable in their order, since fenced writes happen in theirs: what is durable is a
 *     prefix.
 *  3. trimmed <= published <= last. Only what is published is ever trimmed. */
#include "engine/custody/outbox.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/custody/mutation.h"

static const char prefix[] = "outbox=";
enum { PREFIX_SIZE = sizeof prefix - 1, DIGITS_MAX = 19 };

void outbox_init(outbox *o)
{
    *o = (outbox){0};
}

static void drop_first(outbox *o)
{
    outbox_entry *e = o->first;
    o->first = e->next;
    if (o->first == NULL)
        o->last_entry = NULL;
    o->bytes -= e->size;
    free(e);
}

void outbox_free(outbox *o)
{
    while (o->first != NULL)
        drop_first(o);
    outbox_init(o);
}

static outbox_entry *new_entry(uint64_t number, const char *bytes, size_t size)
{
    outbox_entry *e = malloc(sizeof *e + size);
    if (e == NULL)
        return NULL;
    *e = (outbox_entry){.number = number, .size = size};
    memcpy(e->bytes, bytes, size);
    return e;
}

outbox_entry *outbox_add(outbox *o, int64_t offset, const char *bytes, size_t size)
{
    outbox_entry *e = new_entry(o->last + 1, bytes, size);
    if (e == NULL)
        return NULL;
    o->last++;
    e->offset = offset;
    if (o->last_entry == NULL)
        o->first = e;
    else
        o->last_entry->next = e;
    o->last_entry = e;
    o->bytes += size;
    return e;
}

bool outbox_restore(outbox *o, uint64_t number, const char *bytes, size_t size)
{
    if (number <= o->published && !MUTATION(PUBLISHED_AGAIN)) {
        if (o->left == 0 || number < o->left)
            o->left = number;
        return true;
    }
    outbox_entry *e = new_entry(number, bytes, size);
    if (e == NULL)
        return false;
    e->durable = true;
    outbox_entry **link = &o->first;
    while (*link != NULL && (*link)->number < number)
        link = &(*link)->next;
    e->next = *link;
    *link = e;
    if (e->next == NULL)
        o->last_entry = e;
    o->bytes += size;
    if (number > o->last)
        o->last = number;
    return true;
}

void outbox_restored(outbox *o)
{
    o->trimmed = o->left != 0 ? o->left - 1 : o->published;
}

uint64_t outbox_ready(const outbox *o)
{
    uint64_t number = o->published;
    for (const outbox_entry *e = o->first; e != NULL && (e->durable || MUTATION(UNDURABLE_PUBLISHED));
         e = e->next)
        if (e->number > number)
            number = e->number;
    return number;
}

void outbox_published(outbox *o, uint64_t number)
{
    /* An entry that is not durable belongs to a write still, even if another owner has published its number.
     */
    while (o->first != NULL && o->first->number <= number && o->first->durable)
        drop_first(o);
    if (number > o->published)
        o->published = number;
    if (number > o->last && !MUTATION(NUMBERS_REUSED))
        o->last = number;
}

size_t outbox_write_metadata(uint64_t number, char text[OUTBOX_METADATA_SIZE])
{
    if (number == 0 || MUTATION(NO_METADATA))
        return 0;
    return (size_t)snprintf(text, OUTBOX_METADATA_SIZE, "%s%" PRIu64, prefix, number);
}

uint64_t outbox_read_metadata(const char *text, size_t size)
{
    uint64_t number = 0;
    if (size <= PREFIX_SIZE || size > PREFIX_SIZE + DIGITS_MAX || memcmp(text, prefix, PREFIX_SIZE) != 0)
        return 0;
    for (size_t i = PREFIX_SIZE; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    return number;
}
