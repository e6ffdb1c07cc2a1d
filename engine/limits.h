/* limits: every bound of the engine, each with its reason. Whatever comes from Kafka, Redis, a file or a
 * person meets one of these before it meets memory. */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include <assert.h>

enum {
    /* Values. Deep enough for any payload that people write by hand; shallow enough that recursion over a
     * value stays far below a thread's stack. */
    LIMIT_VALUE_DEPTH = 128,
    /* One value's text, items or members: what a 32-bit count holds, less room for sums. */
    LIMIT_VALUE_COUNT = 1 << 28,
    /* A JSON number's characters: a double has at most 767 significant digits, nobody writes them. */
    LIMIT_NUMBER_CHARACTERS = 400,

    /* A trigger as it arrives and as values; the first is worker.max_trigger_bytes' default. */
    LIMIT_TRIGGER_BYTES = 1 << 20,
    LIMIT_TRIGGER_DECODED_BYTES = 16 << 20,
    LIMIT_TRIGGER_ID_BYTES = 512, /* an idempotency key: longer ones are documents, not keys */
    LIMIT_RECIPIENT_BYTES = 512,  /* becomes part of keys and of the completions' key */
    LIMIT_TRACE_BYTES = 512,      /* traceparent is 55 bytes; tracestate should stay below this (W3C) */

    /* A writer schema's text, and its types counted with every nesting. */
    LIMIT_AVRO_SCHEMA_BYTES = 1 << 20,
    LIMIT_AVRO_SCHEMA_NODES = 4096,
    LIMIT_AVRO_SCHEMA_DEPTH = 64,
    LIMIT_SCHEMAS = 10000,            /* writer schemas that one worker knows */
    LIMIT_AVRO_PLAN_BYTES = 64 << 20, /* memory of one compiled schema */
    /* Items of one array that take no byte (nulls, empty records): nothing else would bound their count. */
    LIMIT_AVRO_EMPTY_ITEMS = 4096,
    /* One decimal: 616 digits; turning it into text takes time that grows with the square. */
    LIMIT_AVRO_DECIMAL_BYTES = 256,

    /* A workflow document and what hangs from it. */
    LIMIT_DOCUMENT_BYTES = 1 << 20,
    LIMIT_DOCUMENT_EXPANDED_BYTES = 4 << 20, /* with aliases written out: a YAML bomb ends here */
    LIMIT_DOCUMENT_MEMORY = 64 << 20,        /* its values and positions: some 60 bytes a node */
    LIMIT_DOCUMENT_ANCHORS = 256,            /* searched one by one */
    LIMIT_WORKFLOW_MEMORY = 64 << 20,        /* compiled: copies of its texts and its programs */
    LIMIT_CONTROLS_BYTES = 64 << 10,         /* stored control values of one workflow, as JSON */
    LIMIT_WORKFLOW_FINDINGS = 64,            /* told at once; the rest is counted */
    LIMIT_STEPS = 100,
    LIMIT_WAIT_SECONDS = 366 * 24 * 3600, /* of a delay, a pause before a retry, an expiry: a year */
    LIMIT_ATTEMPTS = 100,                 /* to deliver one step */
    LIMIT_RETRY_MULTIPLIER = 10,          /* from a second to a day in five pauses */
    LIMIT_RETRY_CODES = 32,               /* searched one by one */
    LIMIT_FAILURES_KEPT = 16,     /* of one step, in its record: some 100 bytes each, the latest say most */
    LIMIT_MESSAGE_ID_BYTES = 512, /* a provider's own id of a message: longer ones are no ids */
    LIMIT_ATTACHMENTS = 16,       /* of one mail */
    /* And their contents together, as base64: they are in the record, and in an event that a broker must take
     * (1 MB unless it is told otherwise). */
    LIMIT_ATTACHMENTS_BYTES = 512 << 10,
    LIMIT_WORKFLOW_VERSIONS = 100000,
    LIMIT_CATALOG_WORKFLOWS = 10000, /* one folder, one Redis: each is some 30 KiB compiled */
    LIMIT_GROUP_BYTES = 255,         /* a group of workers: it begins keys in Redis and ids in Kafka */
    LIMIT_IDENTIFIER_BYTES = 255,    /* ids of workflows and steps: they become parts of keys and headers */

    /* JSON Schema. */
    LIMIT_SCHEMA_BYTES = 1 << 20,
    LIMIT_SCHEMA_KEYWORDS = 16384,
    LIMIT_SCHEMA_DEPTH = 128,       /* nesting of subschemas in the text */
    LIMIT_SCHEMA_CALL_DEPTH = 256,  /* nesting of subschemas and references while validating */
    LIMIT_SCHEMA_MEMORY = 64 << 20, /* each half of it, compiled; the least schema takes some 7 KiB */
    LIMIT_SCHEMA_STEPS = 10000000,  /* subschemas and comparisons of one validation: a second, about */
    LIMIT_SCHEMA_SCRATCH =
        64 << 20, /* of one validation: marks of evaluated members, hashes of unique items */
    LIMIT_PATTERN_BYTES = 4096,
    LIMIT_PATTERN_MATCH = 1000000, /* PCRE2 match limit: a hit is an error, never "no match" */
    LIMIT_PATTERN_DEPTH = 1000,    /* PCRE2 depth limit */
    LIMIT_PATTERN_STACK = 1 << 20, /* of PCRE2's machine code */
    LIMIT_SCHEMA_ERRORS = 16,      /* reported for one instance */

    /* Expressions and templates. */
    LIMIT_EXPRESSION_BYTES = 4096,
    LIMIT_EXPRESSION_DEPTH = 64,       /* of the parse */
    LIMIT_EXPRESSION_STEPS = 100000,   /* of one evaluation */
    LIMIT_EXPRESSION_MEMORY = 1 << 20, /* of one evaluation */
    LIMIT_EXPRESSION_CALLS = 100,      /* comprehensions and generators running inside one another */
    LIMIT_TEMPLATE_BYTES = 256 << 10,
    LIMIT_TEMPLATE_DEPTH = 32,      /* of ifs and fors inside one another */
    LIMIT_RENDER_STEPS = 1000000,   /* of all expressions and loops of one render */
    LIMIT_RENDER_MEMORY = 4 << 20,  /* the same, in bytes */
    LIMIT_RENDERED_BYTES = 1 << 20, /* one rendered text */

    /* An execution's record: what one SET may carry. */
    LIMIT_RECORD_BYTES = 8 << 20,
    /* Its nesting: a payload, or a message's data, as deep as any value, six levels down. */
    LIMIT_RECORD_DEPTH = LIMIT_VALUE_DEPTH + 8,

/* Waiting executions of one partition that a worker holds in memory, and how many it reads at a time: the
 * others stay in the store until their turn. One atomic block of writes: while Redis carries it out, nobody
 * else is served. The bytes of a partition's outbox in memory and not yet published, beyond which no timer is
 * started. Tests reach these with a handful. */
#ifdef CARILLON_SMALL_LIMITS
    LIMIT_TIMER_WINDOW = 6,
    LIMIT_TIMER_PAGE = 3,
    LIMIT_FENCE_WRITES = 4,
    LIMIT_OUTBOX_BYTES = 64,
#else
    LIMIT_TIMER_WINDOW = 512,
    LIMIT_TIMER_PAGE = 256,
    LIMIT_FENCE_WRITES = 512,
    LIMIT_OUTBOX_BYTES = 16 << 20,
#endif
    LIMIT_FENCE_BYTES = 1 << 20,
    LIMIT_INBOX_ITEM_BYTES = 64 << 10, /* a thousand of them, the default bound, are 64 MiB a recipient */
    LIMIT_INBOX_ITEMS = 100000,        /* of one recipient */
    LIMIT_COMMAND_BYTES = 256,         /* a person's command to a partition's owner, as text */
    /* A mail as it is sent: a record's texts, where base64 makes them longer by a third, and its attachments,
     * which are base64 already. A field of its header that a provider adds: no server takes much longer ones.
     */
    LIMIT_MAIL_BYTES = 12 << 20,
    LIMIT_HEADER_BYTES = 16 << 10,
    /* How long a provider may ask to be left alone (Retry-After): a day. */
    LIMIT_RETRY_AFTER_MS = 24 * 60 * 60 * 1000,
};

static_assert(LIMIT_TRIGGER_BYTES <= LIMIT_TRIGGER_DECODED_BYTES, "a trigger must fit where it is decoded");
static_assert(LIMIT_TIMER_PAGE <= LIMIT_TIMER_WINDOW / 2, "a page must fit beside what the window has");
static_assert(LIMIT_RENDERED_BYTES <= LIMIT_RECORD_BYTES, "a rendered text must fit the record");
static_assert(LIMIT_EXPRESSION_BYTES <= LIMIT_TEMPLATE_BYTES,
              "a template must be able to hold any expression");

#endif
