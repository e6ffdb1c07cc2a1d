/* findings: what is wrong with workflow documents: all of it at once, each with its place and the rule it
 * breaks.
 *
 * Printed as `file:line: location: rule: sentence`. Sentences name keys, types and rules; a workflow document
 * is its author's text, so that they may also quote ids and names from it. */
#ifndef ENGINE_WORKFLOW_FINDINGS_H
#define ENGINE_WORKFLOW_FINDINGS_H

#include "engine/workflow/document.h"

/* X(code, name): the stable word of each rule. */
#define WORKFLOW_RULES(X)                            \
    X(RULE_SYNTAX, "syntax")                         \
    X(RULE_LIMIT, "limit")                           \
    X(RULE_UNKNOWN_KEY, "unknown_key")               \
    X(RULE_REQUIRED_KEY, "required_key")             \
    X(RULE_TYPE, "type")                             \
    X(RULE_IDENTIFIER, "identifier")                 \
    X(RULE_NAME, "name")                             \
    X(RULE_STATUS, "status")                         \
    X(RULE_UNIQUE_WORKFLOW_ID, "unique_workflow_id") \
    X(RULE_STEP_COUNT, "step_count")                 \
    X(RULE_UNIQUE_STEP_ID, "unique_step_id")         \
    X(RULE_UNIQUE_STEP_NAME, "unique_step_name")     \
    X(RULE_STEP_TYPE, "step_type")                   \
    X(RULE_EMAIL_CONTENT, "email_content")           \
    X(RULE_PAYLOAD_SCHEMA, "payload_schema")         \
    X(RULE_CONTROL_SCHEMA, "control_schema")         \
    X(RULE_CONTROL_DEFAULT, "control_default")       \
    X(RULE_CONTROL_VALUE, "control_value")           \
    X(RULE_SKIP_CONDITION, "skip_condition")         \
    X(RULE_DURATION, "duration")                     \
    X(RULE_DELAY, "delay")                           \
    X(RULE_RETRY, "retry")                           \
    X(RULE_ON_FAILURE, "on_failure")                 \
    X(RULE_TEMPLATE, "template")                     \
    X(RULE_STORED, "stored")                         \
    X(RULE_FILE, "file")

typedef enum workflow_rule {
#define X(code, name) code,
    WORKFLOW_RULES(X)
#undef X
} workflow_rule;

/* "unknown_key" and so on. Static. */
const char *workflow_rule_name(workflow_rule rule);

typedef struct workflow_finding {
    const char *file;
    size_t line;          /* 0: unknown */
    const char *location; /* JSON Pointer into the document; "" for the whole */
    workflow_rule rule;
    const char *message; /* a sentence without its full stop */
} workflow_finding;

/* Up to LIMIT_WORKFLOW_FINDINGS; `dropped` counts the rest. Texts live in the arena. */
typedef struct workflow_findings {
    arena *arena;
    workflow_finding *items;
    size_t count;
    size_t dropped;
} workflow_findings;

void workflow_findings_init(workflow_findings *f, arena *a);
/* A finding at a node of the document; at the whole document where node is NULL. The sentence is copied. */
void workflow_findings_add(workflow_findings *f, const document *d, const value *node, workflow_rule rule,
                           const char *format, ...) PRINTF_LIKE(5, 6);
/* A finding about a file as such; line 0 where none. */
void workflow_findings_add_file(workflow_findings *f, const char *file, size_t line, workflow_rule rule,
                                const char *format, ...) PRINTF_LIKE(5, 6);
/* A file's workflow has the id that the one in first_file has. */
void workflow_findings_add_taken_id(workflow_findings *f, const char *file, size_t line, const char *id,
                                    const char *first_file, size_t first_line);
/* What document_read said, as a finding. */
void workflow_findings_add_error(workflow_findings *f, const char *file, const error *e);
/* All of them, those that were dropped included. */
size_t workflow_findings_total(const workflow_findings *f);
/* Appends `file:line: location: rule: sentence` (parts that are unknown are left out), without a newline. */
void workflow_finding_write(buffer *b, const workflow_finding *finding);

#endif
