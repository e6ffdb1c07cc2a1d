/* ledger: what custody asks of the store: fences taken, watched and written behind, outboxes and pending sets
 * read.
 *
 * The layout is in worker/shard/keys.h. Everything runs on the shard's loop; answers go to custody. */
#ifndef WORKER_SHARD_LEDGER_H
#define WORKER_SHARD_LEDGER_H

#include "engine/custody/custody.h"
#include "worker/shard/execution_key.h"
#include "worker/shard/store.h"

typedef struct ledger_round ledger_round;

enum { LEDGER_TOKEN_SIZE = 160 };

typedef struct ledger {
    /* Filled by the owner; borrowed. */
    const config *config;
    const logger *log;
    uv_loop_t *loop;
    store *store;
    custody *custody;
    unsigned shard;
    void *context;
    void (*failed)(void *context, const error *why); /* memory has run out, or a key holds what is not ours */
    /* A person's command, borrowed for the call; it stays in its list until it is carried out. */
    void (*commanded)(void *context, uint32_t topic, int32_t number, const char *text, size_t size);

    /* Its own. */
    char token[LEDGER_TOKEN_SIZE]; /* what the fences must hold */
    arena names;                   /* of the assignment: */
    store_piece watch;             /* WATCH and MGET of all fences */
    uint32_t partition_count;
    execution_key key; /* of what is written */
    char expiry[64];   /* of a record that has ended, as its command has it */
    size_t expiry_size;
    arena block;          /* of the block under way: */
    arena texts;          /* its texts, which grow where nothing lies behind them */
    store_request write;  /* WATCH, MGET; or MULTI ... EXEC, perhaps WAIT, WATCH, MGET */
    uint32_t exec_answer; /* number of EXEC's answer; UINT32_MAX: there is none */
    uint32_t wait_answer; /* of WAIT's; UINT32_MAX: there is none */
    store_piece wait;
    char wait_bytes[64];
    bool is_block; /* a block is executed, or its replicas are waited for */
    bool executed;
    bool replicated; /* by as many replicas as there must be */
    log_limiter wait_limiter;
    bool writing;
    ledger_round *rounds; /* under way */
    bool looking;         /* for commands */
    bool closing;
} ledger;

void ledger_init(ledger *l); /* the owner's part is filled already */
void ledger_free(ledger *l); /* the store is closed */

/* CUSTODY_FENCE: a new token in every fence. */
void ledger_fence(ledger *l, uint64_t ask);
/* CUSTODY_LOAD */
void ledger_load(ledger *l, uint64_t ask);
/* CUSTODY_FETCH */
void ledger_fetch(ledger *l, const partition *p, const timer_entry *behind, uint64_t ask);
/* Looks into the command lists of all partitions; `commanded` follows for each command found. Nothing where
 * the last look has not been answered yet. */
void ledger_look_for_commands(ledger *l);
/* A text in a command list that means nothing leaves it. */
void ledger_discard_command(ledger *l, uint32_t topic, int32_t number, const char *text, size_t size);
/* CUSTODY_WATCH */
void ledger_watch(ledger *l);
/* CUSTODY_WRITE */
/* renew: the fences are set to our token in the block, too. */
void ledger_write(ledger *l, const fenced_write *block, bool renew);

#endif
