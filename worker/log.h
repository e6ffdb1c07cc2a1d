/* log: one line an event, in logfmt or JSON, written with one write(2).
 *
 *     log_info(l, "ready", log_int("partitions", count), log_text("group", group));
 *     ts=2026-01-31T12:00:00.000Z level=info event=ready partitions=8 group=carillon
 *
 * A line is built on the stack and bounded, so any thread may log at any time without a lock. Values are
 * quoted and escaped as the format needs; what is not valid UTF-8 becomes U+FFFD, control characters are
 * escaped. Never log payload values, addresses or rendered text: locations, counts and rule names only. */
#ifndef WORKER_LOG_H
#define WORKER_LOG_H

#include <stdbool.h>
#include <stdint.h>

typedef enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR } log_level;
typedef enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON } log_format;

/* Passed around by pointer, read only once threads run. */
typedef struct logger {
    int fd;
    log_level level; /* lower ones are not written */
    log_format format;
} logger;

enum {
    LOG_LINE_SIZE = 4096, /* what a pipe takes in one piece (PIPE_BUF), so lines of processes do not mix */
    LOG_TEXT_SIZE = 1024, /* of one value; the rest is cut */
};

typedef enum log_kind { LOG_KIND_END, LOG_KIND_INT, LOG_KIND_BOOL, LOG_KIND_TEXT } log_kind;

typedef struct log_field {
    log_kind kind;
    const char *key; /* a plain word: letters, digits, `_`, `.` */
    union {
        int64_t integer;
        const char *text;
    };
} log_field;

static inline log_field log_int(const char *key, int64_t integer)
{
    return (log_field){.kind = LOG_KIND_INT, .key = key, .integer = integer};
}
static inline log_field log_bool(const char *key, bool boolean)
{
    return (log_field){.kind = LOG_KIND_BOOL, .key = key, .integer = boolean};
}
/* Borrows the text; with NULL the field is left out. */
static inline log_field log_text(const char *key, const char *text)
{
    return (log_field){.kind = LOG_KIND_TEXT, .key = key, .text = text};
}

/* log_debug(l, event, field...): the fields are evaluated only if the line is written. */
#define log_debug(l, event, ...) LOG_AT(l, LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(l, event, ...) LOG_AT(l, LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(l, event, ...) LOG_AT(l, LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(l, event, ...) LOG_AT(l, LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define LOG_AT(l, at, event, ...)                                                                           \
    do {                                                                                                    \
        if ((at) >= (l)->level)                                                                             \
            log_write(l, at, event, (const log_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = LOG_KIND_END}}); \
    } while (0)

/* Writes the line whatever the level; fields end with LOG_KIND_END. A field that does not fit is left out and
 * truncated=true says so. */
void log_write(const logger *l, log_level level, const char *event, const log_field *fields);

/* A condition that repeats is told at once, then after 1, 2, 4 ... 60 seconds. Zero is a fresh limiter. */
typedef struct log_limiter {
    uint64_t next_ms; /* nothing is told before */
    uint64_t interval_ms;
    uint64_t suppressed_count;
} log_limiter;

/* True where the condition should be told now; *suppressed_count gets how often it was kept back since. */
bool log_limiter_allow(log_limiter *r, uint64_t now_ms, uint64_t *suppressed_count);
/* The condition is over: its next time is told at once. */
void log_limiter_reset(log_limiter *r);

#endif
