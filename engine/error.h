/* error: what went wrong, as a value: a code, the class that says what to do about it, a place and a
 * sentence.
 *
 * Functions that can fail take an `error *` as their last argument and return false (or NULL); on success
 * they leave it alone. The sentence names locations and rules, never a payload value, address or rendered
 * text: errors travel into logs, headers and the rejected topic. */
#ifndef ENGINE_ERROR_H
#define ENGINE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
/* What is rare stays out of a function that is called for every value, so that this one needs no frame. */
#define APART __attribute__((noinline))
#define PRINTF_LIKE(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))

typedef enum error_class {
    ERROR_RETRIABLE, /* the same call may succeed later */
    ERROR_ABORT,     /* the epoch must be dropped and its triggers read again */
    ERROR_FATAL,     /* the process must end */
    ERROR_POISON,    /* this input can never succeed: reject it, go on with the rest */
} error_class;

/* X(code, class, reason): `reason` is the stable word that rejected triggers and logs carry. */
#define ERROR_CODES(X)                                            \
    X(ERROR_NONE, ERROR_RETRIABLE, "none")                        \
    X(ERROR_OUT_OF_MEMORY, ERROR_FATAL, "out_of_memory")          \
    X(ERROR_LIMIT, ERROR_POISON, "limit_exceeded")                \
    X(ERROR_SYNTAX, ERROR_POISON, "syntax")                       \
    X(ERROR_DECODE, ERROR_POISON, "decode_failed")                \
    X(ERROR_UNKNOWN_SCHEMA, ERROR_POISON, "unknown_schema")       \
    X(ERROR_INVALID_SCHEMA, ERROR_POISON, "invalid_schema")       \
    X(ERROR_UNSUPPORTED, ERROR_POISON, "unsupported")             \
    X(ERROR_TOO_LARGE, ERROR_POISON, "too_large")                 \
    X(ERROR_TRIGGER, ERROR_POISON, "invalid_trigger")             \
    X(ERROR_UNKNOWN_WORKFLOW, ERROR_POISON, "unknown_workflow")   \
    X(ERROR_INACTIVE_WORKFLOW, ERROR_POISON, "inactive_workflow") \
    X(ERROR_EMPTY_RECIPIENT, ERROR_POISON, "empty_recipient")     \
    X(ERROR_INVALID_PAYLOAD, ERROR_POISON, "invalid_payload")     \
    X(ERROR_INVALID_WORKFLOW, ERROR_POISON, "invalid_workflow")   \
    X(ERROR_CONTROL, ERROR_POISON, "invalid_control")             \
    X(ERROR_EVALUATION, ERROR_POISON, "evaluation_failed")        \
    X(ERROR_TEMPLATE, ERROR_POISON, "template_failed")            \
    X(ERROR_RECORD, ERROR_POISON, "invalid_record")               \
    X(ERROR_CONFIG, ERROR_FATAL, "invalid_configuration")         \
    X(ERROR_KAFKA, ERROR_RETRIABLE, "kafka")                      \
    X(ERROR_REDIS, ERROR_RETRIABLE, "redis")                      \
    X(ERROR_SYSTEM, ERROR_FATAL, "system")

typedef enum error_code {
#define X(code, class, reason) code,
    ERROR_CODES(X)
#undef X
} error_code;

enum { ERROR_MESSAGE_SIZE = 512 };

typedef struct error {
    error_code code;
    size_t
        position; /* byte offset into the input (or a line number where the function says so); 0 where none */
    char message[ERROR_MESSAGE_SIZE];
} error;

/* Fills *e (which may be NULL) and returns false, so that a failing function can end with `return
 * error_set(...)`. A message that is too long is cut at a UTF-8 boundary. */
#define error_set(...) (error_fill(__VA_ARGS__), error_false())
void error_fill(error *e, error_code code, size_t position, const char *format, ...) PRINTF_LIKE(4, 5);

/* Puts `prefix: ` in front of the message, keeping code and position. Returns false, as error_set does. */
#define error_prefix(...) (error_extend(__VA_ARGS__), error_false())
void error_extend(error *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Always false, visibly so: a compiler that sees it knows that what a failed call left unset is never read.
 */
static inline bool error_false(void)
{
    return false;
}

/* The stable word of a code, e.g. "invalid_payload". Static. */
const char *error_reason(error_code code);
error_class error_class_of(error_code code);

#endif
