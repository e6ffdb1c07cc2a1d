/* step: one step of a workflow: what to send, and when not to.
 *
 * A step belongs to its workflow, and is as immutable. Rules: the list in findings.h and the table of config
 * fields in step.c. */
#ifndef ENGINE_WORKFLOW_STEP_H
#define ENGINE_WORKFLOW_STEP_H

#include "engine/workflow/config_template.h"
#include "engine/workflow/control_schema.h"

/* X(code, name) */
#define STEP_TYPES(X)        \
    X(STEP_IN_APP, "IN_APP") \
    X(STEP_EMAIL, "EMAIL")   \
    X(STEP_SMS, "SMS")       \
    X(STEP_PUSH, "PUSH")

typedef enum step_type {
#define X(code, name) code,
    STEP_TYPES(X)
#undef X
        STEP_TYPE_COUNT
} step_type;

/* "IN_APP" and so on. Static. */
const char *step_type_name(step_type type);
/* False where no type has this name. */
MUST_CHECK bool step_type_find(const value *name, step_type *type);

/* What a field holds; every string in it is a template. */
typedef enum step_shape {
    STEP_TEXT,  /* one string */
    STEP_TREE,  /* a map of any depth */
    STEP_FILES, /* a list of maps: name, type (a media type), content (base64) */
} step_shape;

/* A field of a step type's config. */
typedef struct step_field {
    const char *name;
    bool required;
    step_shape shape;
    template_kind kind;
} step_field;

enum { STEP_FIELDS_MAX = 7 };

/* The kind of value that a field of this shape is, as it is written and as it is rendered. */
value_kind step_shape_kind(step_shape shape);

/* The fields of a type in the order in which they are rendered; *count gets their number. Static. */
const step_field *step_type_fields(step_type type, size_t *count);
/* True for the types whose message has an address: `to`. */
bool step_type_has_address(step_type type);

/* What becomes of the execution when the step has failed for good. */
typedef enum step_on_failure {
    STEP_STOP,     /* it is FAILED, and later steps do not run */
    STEP_CONTINUE, /* it goes on */
} step_on_failure;

/* How often a step's message is offered, and how long it waits in between: before attempt n + 1
 * min(max, initial * multiplier^(n - 1)), give or take the share `jitter` of it. */
typedef struct retry_policy {
    int64_t max_attempts; /* the first one included */
    int64_t initial_ms;
    double multiplier;
    int64_t max_ms;
    double jitter;         /* 0 to 1 */
    const value *retry_on; /* the error codes after which it is offered again; NULL: every retriable one */
    size_t retry_on_count;
} retry_policy;

/* Strings are VALUE_STRING, followed by a NUL in memory. */
typedef struct step {
    value id;
    value name;
    step_type type;
    value provider;                       /* VALUE_NULL: the one that [channels] names */
    const control_schema *control_schema; /* NULL: nothing of the step may be changed */
    value controls; /* VALUE_MAP, of WORKFLOW_NAME_CONTROLS: the step's over the workflow's */
    const expression *skip_condition; /* NULL: never skipped */
    retry_policy retry;
    step_on_failure on_failure;
    int64_t delay_ms;                               /* 0: none */
    const expression *delay;                        /* instead of delay_ms; NULL: that */
    const config_template *config[STEP_FIELDS_MAX]; /* by index into step_type_fields; NULL: absent */
    value message_keys; /* VALUE_MAP of the fields that its message has, without their values */
} step;

/* Evaluates the skip condition (*skip is false without one). values: see workflow_scope; `a` is scratch.
 * False with ERROR_EVALUATION; the message names Python's class and the position. */
MUST_CHECK bool step_evaluate_skip(const step *s, const value *values, arena *a, bool *skip, error *e);

/* When the step is due that becomes the current one at now_ms: at now_ms where it has no delay or a negative
 * one, at most LIMIT_WAIT_SECONDS later. values: see workflow_scope; `a` is scratch. False with
 * ERROR_EVALUATION: the expression raises (the message names Python's class and the position), gives neither
 * seconds nor an RFC 3339 time, or gives more than that. */
MUST_CHECK bool step_delay(const step *s, const value *values, arena *a, int64_t now_ms, int64_t *due_ms,
                           error *e);

/* Renders the step's message: a VALUE_MAP from field name to string (`data`: to a map), absent fields left
 * out. It lives in the arena or borrows from values and the step. False with ERROR_TEMPLATE; the message
 * names field, class and position, never a value. */
MUST_CHECK bool step_render(const step *s, const value *values, arena *a, value *message, error *e);

#endif
