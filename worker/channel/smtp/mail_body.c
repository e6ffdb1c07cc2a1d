#include "worker/channel/smtp/mail_body.h"

#include <string.h>

#include "engine/value/base64.h"

enum {
    LINE_SIZE = 76,
    LINE_BYTES = LINE_SIZE / 4 * 3, /* of a line of base64 */
    READABLE_SHARE = 6,             /* quoted-printable is shorter up to one escaped byte in six */
};

static bool is_literal(char c)
{
    return c >= '!' && c <= '~' && c != '=';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- quoted-printable ---- */

static bool is_mostly_readable(const value *text)
{
    size_t escaped = 0;
    for (uint32_t i = 0; i < text->count; i++) {
        char c = text->text[i];
        escaped += !is_literal(c) && !is_blank(c) && c != '\n' && c != '\r';
    }
    return escaped <= text->count / READABLE_SHARE;
}

/* A blank at the end of a line would be lost on the way. A dot at its beginning SMTP would escape; mail boxes
 * do so with "From ". */
static bool is_escaped(const char *line, size_t size, size_t at, size_t column)
{
    char c = line[at];
    if (is_blank(c))
        return at + 1 == size;
    if (column == 0 && (c == '.' || (c == 'F' && size - at >= 5 && memcmp(line + at, "From ", 5) == 0)))
        return true;
    return !is_literal(c);
}

static void write_line(buffer *b, const char *line, size_t size)
{
    size_t column = 0;
    for (size_t i = 0; i < size; i++) {
        bool escaped = is_escaped(line, size, i, column);
        size_t width = escaped ? 3 : 1;
        if (column + width > LINE_SIZE - (i + 1 < size)) { /* the last may take the place of a soft break */
            buffer_add_text(b, "=\r\n");
            column = 0;
            escaped = is_escaped(line, size, i, column);
            width = escaped ? 3 : 1;
        }
        if (escaped)
            buffer_format(b, "=%02X", (unsigned char)line[i]);
        else
            buffer_add_byte(b, line[i]);
        column += width;
    }
}

static size_t line_end(const char *text, size_t size)
{
    const char *lf = memchr(text, '\n', size);
    return lf == NULL ? size : (size_t)(lf - text);
}

/* `write` gets each line, CRLF what stands between them. */
static void write_lines(buffer *b, const value *text, void (*write)(buffer *b, const char *line, size_t size))
{
    const char *p = text->text;
    size_t left = text->count;
    for (;;) {
        size_t end = line_end(p, left);
        bool is_last = end == left;
        write(b, p, !is_last && end > 0 && p[end - 1] == '\r' ? end - 1 : end);
        if (is_last)
            return;
        buffer_add_text(b, "\r\n");
        p += end + 1;
        left -= end + 1;
    }
}

/* ---- base64 ---- */

static void add_line(buffer *b, const char *line, size_t size)
{
    buffer_add(b, line, size);
}

static void write_base64(buffer *b, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = size < LINE_BYTES ? size : LINE_BYTES;
        if (!buffer_reserve(b, base64_size(part) + 2))
            return;
        base64_encode(bytes, part, b->bytes + b->size);
        b->size += base64_size(part);
        buffer_add_text(b, "\r\n");
        bytes += part;
        size -= part;
    }
}

static void write_encoding(buffer *b, const char *name)
{
    buffer_format(b, "Content-Transfer-Encoding: %s\r\n\r\n", name);
}

void mail_body_write_text(buffer *b, const value *text)
{
    if (is_mostly_readable(text)) {
        write_encoding(b, "quoted-printable");
        write_lines(b, text, write_line);
        return;
    }
    buffer canonical;
    buffer_init(&canonical, b->arena, b->limit);
    write_lines(&canonical, text, add_line);
    b->failed = b->failed || canonical.failed;
    write_encoding(b, "base64");
    if (!canonical.failed)
        write_base64(b, canonical.bytes, canonical.size);
}

/* The next characters of a line, without what stands between them; *p goes on behind them. */
static size_t pack_line(const char **p, const char *end, char line[LINE_SIZE])
{
    size_t size = 0;
    for (; *p < end && size < LINE_SIZE; ++*p) {
        if (!is_blank(**p) && **p != '\r' && **p != '\n')
            line[size++] = **p;
    }
    return size;
}

bool mail_body_write_file(buffer *b, const value *base64)
{
    char line[LINE_SIZE], bytes[LINE_SIZE];
    const char *p = base64->text, *end = p + base64->count;
    size_t byte_count = LINE_BYTES;
    write_encoding(b, "base64");
    for (size_t size; (size = pack_line(&p, end, line)) > 0;) {
        /* Only the last line may be short. */
        if (byte_count != LINE_BYTES || !base64_decode(line, size, bytes, &byte_count))
            return false;
        buffer_add(b, line, size);
        buffer_add_text(b, "\r\n");
    }
    return true;
}
