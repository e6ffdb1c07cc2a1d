/* redis: the simulated store: what custody keeps of each partition, connections with their watches, and
 * requests.
 *
 * A connection carries requests in order, and so their replies. Where it breaks, what was under way on it is
 * not carried out, or only its first part, or all of it, perhaps later than what is sent on the next
 * connection: a packet that was sent again by the kernel of a client that had already given up. */
#ifndef TESTS_SIMULATION_REDIS_H
#define TESTS_SIMULATION_REDIS_H

#include "engine/custody/activation.h"
#include "tests/simulation/picture.h"

enum { TOKEN_SIZE = 48, COMMANDS_MAX = 64, RECORD_SLOTS = 256 };

typedef struct store_text {
    const char *bytes; /* NULL: none */
    size_t size;
} store_text;

typedef struct redis_entry {
    uint64_t number;
    store_text bytes;
} redis_entry;

typedef struct redis_partition {
    char fence[TOKEN_SIZE];
    uint64_t touched;     /* how often the fence was set: what a watch remembers */
    timer_entry *pending; /* ascending */
    uint32_t pending_count;
    uint32_t pending_capacity;
    redis_entry *outbox; /* in order of arrival */
    uint32_t outbox_count;
    uint32_t outbox_capacity;
    uint64_t last; /* 0: none */
    store_text commands[COMMANDS_MAX];
    uint32_t command_count;
} redis_partition;

typedef struct redis_record redis_record;
struct redis_record {
    redis_record *next; /* in its slot */
    identity id;
    store_text text;
    const picture *picture;
    bool expires;
};

typedef struct redis_data {
    redis_partition partitions[PARTITIONS_MAX];
    redis_record *records[RECORD_SLOTS];
} redis_data;

struct redis {
    redis_data now;
    redis_data replica; /* of scenarios that lose: what a failover leaves */
    int64_t up_us;      /* before, no connection is taken */
    uint64_t failovers;
};

/* ---- requests ---- */

typedef enum request_kind {
    REQUEST_FENCE,    /* sets a partition's fence to token */
    REQUEST_OUTBOX,   /* reads a partition's outbox */
    REQUEST_PENDING,  /* reads a page behind `behind` */
    REQUEST_COMMANDS, /* reads a partition's commands */
    REQUEST_RECORD,   /* reads a record */
    REQUEST_WATCH,    /* watches and reads the fences of `partitions` */
    REQUEST_WRITE,    /* carries a block out, watches and reads anew */
} request_kind;

/* A fenced_write on its way: all that it holds, copied. */
typedef struct block_write block_write;
struct block_write {
    block_write *next;
    uint32_t partition;
    bool has_owner;
    bool has_id;
    identity id;
    store_text record;
    const picture *picture;
    bool expires;
    bool unparks, parks;
    timer_entry unpark, park;
    uint64_t entry; /* 0: none */
    store_text entry_bytes;
    uint64_t trim_from, trim_to;
    store_text command;
    bool in_log;            /* written in log custody */
    char token[TOKEN_SIZE]; /* what its owner believed to hold when the owner began */
};

typedef struct request request;
struct request {
    request *next;
    request_kind kind;
    uint32_t partition;
    uint64_t ask;
    char token[TOKEN_SIZE];
    timer_entry behind;
    identity id;
    uint32_t partitions[PARTITIONS_MAX];
    uint32_t partition_count;
    block_write *block;
    bool renews;          /* the block sets the fences anew */
    void *task;           /* of the worker: whose record is read */
    uint32_t outstanding; /* of rounds: their other requests */
    request *round;
};

typedef struct connection {
    struct worker *worker;
    uint64_t incarnation;
    bool closed; /* by the store or the network: what arrives is lost */
    bool watching;
    int64_t held_us; /* before, nothing arrives: a late one */
    uint64_t seen[PARTITIONS_MAX];
    int64_t arrives_us; /* the last request */
    int64_t answers_us; /* the last reply */
} connection;

/* One sending of a request, and its reply. */
typedef struct shipment {
    world *world;
    connection *connection;
    const request *request;
    bool held;     /* it was, once */
    bool executed; /* of a block */
    char fences[PARTITIONS_MAX][TOKEN_SIZE];
    store_text record;
    store_text *texts; /* commands */
    redis_entry *entries;
    timer_entry *timers;
    uint32_t count;
    uint64_t last;
} shipment;

void redis_make(world *w);
connection *redis_connect(world *w, struct worker *k);
/* Sends; the reply comes to worker_replied, unless the connection breaks. */
void redis_send(world *w, connection *c, const request *r);
/* The connection breaks. late: what is under way arrives all the same, some time. */
void redis_break(world *w, connection *c, bool late);
/* A person's command. */
void redis_command(world *w, uint32_t place, const char *bytes, size_t size);
/* The replica catches up. */
void redis_replicate(world *w);
/* The replica is the store from now on. */
void redis_fail_over(world *w);

const redis_record *redis_find(const redis_data *d, const identity *id);
bool redis_is_pending(const redis_data *d, uint32_t place, const identity *id);

#endif
