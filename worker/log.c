#include "worker/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/value/utf8.h"

enum {
    TAIL_SIZE = 32, /* always left for what closes a line: the truncation mark, a brace, the newline */
    LIMITER_FIRST_MS = 1000,
    LIMITER_LAST_MS = 60000,
};

/* Appending past the end sets `full` and nothing else. */
typedef struct line {
    char bytes[LOG_LINE_SIZE];
    size_t size;
    size_t limit;
    bool full;
} line;

static void add(line *l, const char *bytes, size_t size)
{
    if (size > l->limit - l->size) {
        l->full = true;
        return;
    }
    memcpy(l->bytes + l->size, bytes, size);
    l->size += size;
}

static void add_text(line *l, const char *text)
{
    add(l, text, strlen(text));
}

/* The width of the character at `text`, 0 where its bytes are not UTF-8. A NUL ends every attempt, because no
 * valid sequence holds one. */
static size_t character_width(const char *text)
{
    for (size_t width = 1; width <= 4; width++) {
        if (text[width - 1] == '\0')
            return 0;
        if (utf8_valid(text, width, NULL))
            return width;
    }
    return 0;
}

/* C0, DEL and C1: a terminal would act on them. */
static bool is_control(const char *character, size_t width)
{
    unsigned char first = (unsigned char)character[0];
    return first < 0x20 || first == 0x7F ||
           (width == 2 && first == 0xC2 && (unsigned char)character[1] < 0xA0);
}

static void add_control(line *l, const char *character, size_t width)
{
    char escape[8];
    switch (character[0]) {
    case '\n':
        add_text(l, "\\n");
        break;
    case '\r':
        add_text(l, "\\r");
        break;
    case '\t':
        add_text(l, "\\t");
        break;
    default:
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)utf8_decode(character, width, &width));
        add_text(l, escape);
    }
}

/* The escapes of a JSON string, which logfmt readers take as well. */
static void add_escaped(line *l, const char *text)
{
    const char *end = text + LOG_TEXT_SIZE;
    while (*text != '\0') {
        size_t width = character_width(text);
        if (text + (width > 0 ? width : 1) > end) {
            add_text(l, "...");
            return;
        }
        if (width == 0)
            add_text(l, "\xEF\xBF\xBD");
        else if (is_control(text, width))
            add_control(l, text, width);
        else {
            if (*text == '"' || *text == '\\')
                add_text(l, "\\");
            add(l, text, width);
        }
        text += width > 0 ? width : 1;
    }
}

static bool needs_quotes(const char *text)
{
    if (*text == '\0' || strlen(text) > LOG_TEXT_SIZE)
        return true;
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text >= 0x7F || *text == '=' || *text == '"' || *text == '\\')
            return true;
    }
    return false;
}

static void add_string(line *l, log_format format, const char *text)
{
    if (format == LOG_FORMAT_LOGFMT && !needs_quotes(text)) {
        add_text(l, text);
        return;
    }
    add_text(l, "\"");
    add_escaped(l, text);
    add_text(l, "\"");
}

static void add_key(line *l, log_format format, const char *key)
{
    if (format == LOG_FORMAT_JSON) {
        add_text(l, l->size == 0 ? "{\"" : ",\"");
        add_text(l, key);
        add_text(l, "\":");
        return;
    }
    if (l->size > 0)
        add_text(l, " ");
    add_text(l, key);
    add_text(l, "=");
}

static void add_field(line *l, log_format format, const log_field *field)
{
    char digits[24];
    add_key(l, format, field->key);
    switch (field->kind) {
    case LOG_KIND_INT:
        snprintf(digits, sizeof digits, "%" PRId64, field->integer);
        add_text(l, digits);
        break;
    case LOG_KIND_BOOL:
        add_text(l, field->integer != 0 ? "true" : "false");
        break;
    case LOG_KIND_TEXT:
        add_string(l, format, field->text);
        break;
    case LOG_KIND_END:
        break;
    }
}

static void add_time(line *l, log_format format)
{
    struct timespec now;
    struct tm utc;
    char day[24];
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)(now.tv_nsec / 1000000));
    add_field(l, format, &(log_field){.kind = LOG_KIND_TEXT, .key = "ts", .text = text});
}

/* One write: where it fails or is cut short there is nobody to tell. */
static void put(int fd, const line *l)
{
    ssize_t written;
    do
        written = write(fd, l->bytes, l->size);
    while (written < 0 && errno == EINTR);
}

void log_write(const logger *l, log_level level, const char *event, const log_field *fields)
{
    static const char *const level_names[] = {"debug", "info", "warn", "error"};
    line out;
    out.size = 0;
    out.limit = sizeof out.bytes - TAIL_SIZE;
    out.full = false;
    add_time(&out, l->format);
    add_field(&out, l->format,
              &(log_field){.kind = LOG_KIND_TEXT, .key = "level", .text = level_names[level]});
    add_field(&out, l->format, &(log_field){.kind = LOG_KIND_TEXT, .key = "event", .text = event});
    for (; fields->kind != LOG_KIND_END && !out.full; fields++) {
        size_t start = out.size;
        if (fields->kind == LOG_KIND_TEXT && fields->text == NULL)
            continue;
        add_field(&out, l->format, fields);
        if (out.full)
            out.size = start;
    }
    out.limit = sizeof out.bytes;
    if (out.full)
        add_field(&out, l->format, &(log_field){.kind = LOG_KIND_BOOL, .key = "truncated", .integer = 1});
    add_text(&out, l->format == LOG_FORMAT_JSON ? "}\n" : "\n");
    put(l->fd, &out);
}

bool log_limiter_allow(log_limiter *r, uint64_t now_ms, uint64_t *suppressed_count)
{
    if (r->interval_ms > 0 && now_ms < r->next_ms) {
        r->suppressed_count++;
        return false;
    }
    *suppressed_count = r->suppressed_count;
    r->suppressed_count = 0;
    r->interval_ms = r->interval_ms == 0 ? LIMITER_FIRST_MS : r->interval_ms * 2;
    if (r->interval_ms > LIMITER_LAST_MS)
        r->interval_ms = LIMITER_LAST_MS;
    r->next_ms = now_ms + r->interval_ms;
    return true;
}

void log_limiter_reset(log_limiter *r)
{
    *r = (log_limiter){0};
}
