/* report: findings under construction. */
#ifndef ENGINE_SCHEMA_REPORT_H
#define ENGINE_SCHEMA_REPORT_H

#include "engine/schema/program.h"

typedef struct report {
    arena *arena;
    schema_finding *findings; /* room for `limit` */
    size_t count;
    size_t limit;
    bool failed; /* memory ran out */
} report;

/* Nothing more can be reported. */
static inline bool report_full(const report *r)
{
    return r->failed || r->count == r->limit;
}

/* One finding: the instance at `at` broke the rule of instruction `i` of node `n`. */
void report_refusal(report *r, const node *n, const instruction *i, const place *at);
/* The instance's kind is not among the node's types. */
void report_type(report *r, const node *n, const value *instance, const place *at);
/* The instance lacks the property; `keyword` says so. */
void report_missing(report *r, const node *n, const char *keyword, const value *name, const place *at);
/* Two equal items. */
void report_twins(report *r, const node *n, const place *at, uint32_t first, uint32_t second);

#endif
