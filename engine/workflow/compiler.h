/* compiler: what every part of compiling a workflow document shares: where findings and memory go, and the
 * checks that keys, ids, names and schemas have in common. Private to engine/workflow.
 *
 * Nothing here stops at an error: it becomes a finding, a harmless value takes the place, and the next check
 * follows. Whether the document is sound is seen in the end by whether findings were added. */
#ifndef ENGINE_WORKFLOW_COMPILER_H
#define ENGINE_WORKFLOW_COMPILER_H

#include "engine/expression/expression.h"
#include "engine/schema/schema.h"
#include "engine/workflow/findings.h"

/* The schemas that a workflow owns, freed with it. */
typedef struct schema_list {
    schema **items;
    size_t count;
    size_t capacity;
} schema_list;

typedef struct compiler {
    const document *document;
    workflow_findings *findings;
    arena *arena;         /* of the workflow */
    schema_list *schemas; /* of the workflow */
} compiler;

typedef enum key_kind {
    KEY_STRING,
    KEY_LIST,
    KEY_MAP,
    KEY_NUMBER,
    KEY_DURATION, /* a string or a number */
    KEY_SCHEMA,   /* a map or a boolean */
} key_kind;

typedef enum key_need {
    KEY_OPTIONAL,
    KEY_REQUIRED,
} key_need;

typedef struct key_rule {
    const char *name;
    key_kind kind;
    key_need need;
} key_rule;

/* Checks the members of a map: unknown keys (with the nearest known one, or with `elsewhere` where that says
 * where the key belongs), kinds, and required keys. `what` begins the sentences: "a step". */
void compiler_check_keys(compiler *c, const value *map, const key_rule *rules, size_t rule_count,
                         const char *what, const char *(*elsewhere)(const char *key));

/* The member with this key if it has the kind (which compiler_check_keys complains about), else NULL. A null
 * is an absent member: that is how pydantic writes optional fields. */
const value *compiler_get(const value *map, const char *key, value_kind kind);

/* An id: it becomes part of keys, headers and topics. Copied, with a NUL behind it. NULL gives "". */
value compiler_identifier(compiler *c, const value *v);
/* A name for people: some visible text on one line. */
value compiler_name(compiler *c, const value *v);
/* Any string, copied with a NUL behind it. */
value compiler_copy_text(compiler *c, const value *v);

/* The milliseconds of the member with this key, from min_ms on; bounded by LIMIT_WAIT_SECONDS. False without
 * a member of a duration's kinds, and with a finding where it is none. */
bool compiler_duration(compiler *c, const value *map, const char *key, int64_t min_ms, int64_t *ms);

/* A finding at the string that did not compile, with the place in it. */
void compiler_add_exception(compiler *c, const value *text, workflow_rule rule, const exception *x);
/* A finding at byte `offset` of a string: `kind at character N: message`; kind may be NULL. */
void compiler_add_at(compiler *c, const value *text, workflow_rule rule, size_t offset, const char *kind,
                     const char *message);
/* Compiles the schema `v`, or a variant of it that is no part of the document. The workflow owns it. NULL
 * with a finding at the keyword that is wrong. */
const schema *compiler_schema(compiler *c, const value *v, const value *variant, workflow_rule rule);

/* The finding that memory has run out. */
void compiler_add_memory(compiler *c);

/* For sentences: the bytes of a text that are shown, cut to some length at a character. For "%.*s". */
int compiler_shown(const value *text);

#endif
