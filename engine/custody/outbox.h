/* outbox: events of one partition's executions under store custody, on their way into a transaction.
 *
 * An entry holds the events of one transition, encoded by the shell, and a number. The store has it in the
 * same atomic write as the record; a later epoch publishes it, and that commit's offset metadata names the
 * last number published. So whoever takes over knows what is published and what is not. */
#ifndef ENGINE_CUSTODY_OUTBOX_H
#define ENGINE_CUSTODY_OUTBOX_H

#include <stdint.h>

#include "engine/error.h"

typedef struct outbox_entry outbox_entry;
struct outbox_entry {
    outbox_entry *next;
    uint64_t number;
    int64_t offset; /* of the trigger whose execution it is */
    bool durable;   /* the store has it */
    size_t size;
    char bytes[];
};

typedef struct outbox {
    outbox_entry *first; /* ascending numbers, all above `published` */
    outbox_entry *last_entry;
    uint64_t last;      /* the highest number ever given */
    uint64_t published; /* the highest number that a committed transaction has published */
    uint64_t trimmed;   /* up to here the store has been told to forget */
    uint64_t left;      /* the lowest number of what a predecessor has published and not trimmed; 0: none */
    size_t bytes;       /* of the entries in memory */
} outbox;

void outbox_init(outbox *o);
void outbox_free(outbox *o);

/* A copy of the events under the next number, not durable yet. NULL without memory. */
MUST_CHECK outbox_entry *outbox_add(outbox *o, int64_t offset, const char *bytes, size_t size);
/* An entry that a predecessor left in the store, durable. Any order; what is published already is left out,
 * and only to be trimmed. False without memory. */
MUST_CHECK bool outbox_restore(outbox *o, uint64_t number, const char *bytes, size_t size);
/* The last of them was. */
void outbox_restored(outbox *o);

/* The highest number up to which everything is durable: what an epoch may publish. */
uint64_t outbox_ready(const outbox *o);
/* Everything up to number is published: it is forgotten here, and to be trimmed in the store. */
void outbox_published(outbox *o, uint64_t number);

/* The offset metadata: "outbox=<number>". Returns its size, 0 for the number 0: none. */
enum { OUTBOX_METADATA_SIZE = 32 };
size_t outbox_write_metadata(uint64_t number, char text[OUTBOX_METADATA_SIZE]);
/* 0 where the text is nothing of ours. */
uint64_t outbox_read_metadata(const char *text, size_t size);

#endif
