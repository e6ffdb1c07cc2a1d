/* Any texts as a message: it is refused, or becomes a mail whose header is what it must be, line by line, and
 * whose subject and text come back. The input is texts that end with a zero byte: to, from, subject, text,
 * html, the name and the content of an attachment, a field of the configuration. */
#include <stdio.h>
#include <stdlib.h>

#include "engine/value/base64.h"
#include "engine/value/utf8.h"
#include "worker/channel/smtp/mail.h"

enum { MEMORY_MAX = 16 << 20, TEXT_COUNT = 8 };

typedef enum text_place { TO, FROM, SUBJECT, TEXT, HTML, FILE_NAME, FILE_CONTENT, FIELD } text_place;

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* The next text; the rest where no zero byte follows. */
static value next_text(const char **p, const char *end)
{
    const char *text = *p;
    const char *zero = memchr(text, '\0', (size_t)(end - text));
    size_t size = zero == NULL ? (size_t)(end - text) : (size_t)(zero - text);
    *p = zero == NULL ? end : zero + 1;
    return value_string(text, size);
}

/* ---- the lines ---- */

static void check_lines(const buffer *b, bool international)
{
    size_t start = 0;
    expect(b->size >= 2 && b->bytes[b->size - 1] == '\n');
    for (size_t i = 0; i < b->size; i++) {
        unsigned char c = (unsigned char)b->bytes[i];
        expect(c != '\0' && (c < 0x80 || international));
        expect((c == '\n') == (i > 0 && b->bytes[i - 1] == '\r') || c != '\n');
        expect(c != '\r' || (i + 1 < b->size && b->bytes[i + 1] == '\n'));
        expect(i != start || c != '.');
        if (c != '\n')
            continue;
        expect(i - start <= 999);
        start = i + 1;
    }
}

/* Skips the field `name` and the lines that it is folded to; returns its first byte behind the colon. */
static const char *take_field(const char **p, const char *name)
{
    size_t size = strlen(name);
    expect(strncmp(*p, name, size) == 0 && (*p)[size] == ':');
    const char *body = *p + size + 1;
    do {
        *p = strstr(*p, "\r\n");
        expect(*p != NULL);
        *p += 2;
    } while (**p == ' ');
    return body;
}

/* ---- decoding ---- */

static void decode_word(buffer *out, const char *text, size_t size)
{
    char bytes[128];
    size_t count = 0;
    expect(size <= sizeof bytes && base64_decode(text, size, bytes, &count));
    buffer_add(out, bytes, count);
}

/* An unstructured field: encoded words, or the text as it is; folds are taken out. */
static void decode_field(buffer *out, const char *p, const char *end)
{
    static const char mark[] = "=?utf-8?b?";
    bool encoded = strncmp(p + strspn(p, " \r\n"), mark, sizeof mark - 1) == 0;
    for (p += *p == ' '; p < end - 2;) {
        if (encoded && strncmp(p, mark, sizeof mark - 1) == 0) {
            const char *word_end = strstr(p + sizeof mark - 1, "?=");
            expect(word_end != NULL && word_end < end);
            decode_word(out, p + sizeof mark - 1, (size_t)(word_end - p) - (sizeof mark - 1));
            p = word_end + 2;
        } else if (*p == '\r' || *p == '\n' || encoded) {
            p++;
        } else {
            buffer_add_byte(out, *p++);
        }
    }
}

static void decode_quoted(buffer *out, const char *p, const char *end)
{
    for (; p < end; p++) {
        unsigned byte;
        if (*p != '=') {
            buffer_add_byte(out, *p);
        } else if (p[1] == '\r') {
            p += 2;
        } else {
            expect(sscanf(p + 1, "%2X", &byte) == 1);
            buffer_add_byte(out, (char)byte);
            p += 2;
        }
    }
}

static void decode_base64(buffer *out, const char *p, const char *end)
{
    while (p < end) {
        const char *line_end = strstr(p, "\r\n");
        expect(line_end != NULL);
        decode_word(out, p, (size_t)(line_end - p));
        p = line_end + 2;
    }
}

/* LF for CRLF, and none at the end. */
static value canonical(arena *a, const char *text, size_t size)
{
    buffer b;
    buffer_init(&b, a, MEMORY_MAX);
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n')
            buffer_add_byte(&b, text[i]);
    }
    while (b.size > 0 && b.bytes[b.size - 1] == '\n')
        b.size--;
    return b.size == 0 ? value_string("", 0) : buffer_string(&b);
}

static void check_same(arena *a, const buffer *b, const value *text)
{
    value is = canonical(a, b->size == 0 ? "" : b->bytes, b->size);
    value must = canonical(a, text->text, text->count);
    expect(!b->failed && value_same_text(&is, &must));
}

/* ---- the mail ---- */

static const char *check_header(const char *p, const value *texts, arena *a)
{
    buffer subject;
    buffer_init(&subject, a, MEMORY_MAX);
    take_field(&p, "From");
    take_field(&p, "To");
    const char *body = take_field(&p, "Subject");
    decode_field(&subject, body, p);
    expect(!subject.failed && subject.size == texts[SUBJECT].count &&
           memcmp(subject.size == 0 ? "" : subject.bytes, texts[SUBJECT].text, subject.size) == 0);
    take_field(&p, "Date");
    take_field(&p, "Message-ID");
    if (texts[FIELD].count > 0)
        take_field(&p, "X-Field");
    take_field(&p, "MIME-Version");
    take_field(&p, "Content-Type");
    return p;
}

/* Of a mail that has one part. */
static void check_body(const char *p, const char *end, const value *text, arena *a)
{
    buffer b;
    const char *encoding = take_field(&p, "Content-Transfer-Encoding");
    expect(strncmp(p, "\r\n", 2) == 0);
    p += 2;
    buffer_init(&b, a, MEMORY_MAX);
    if (strncmp(encoding, " base64\r\n", 9) == 0)
        decode_base64(&b, p, end);
    else
        decode_quoted(&b, p, end);
    check_same(a, &b, text);
}

static void check(arena *a, const mail *m, const value *texts, bool has_html, bool has_file)
{
    buffer b;
    error e;
    buffer_init(&b, a, MEMORY_MAX);
    if (!mail_write(m, &b, &e)) {
        expect(e.code == ERROR_SYNTAX || e.code == ERROR_LIMIT);
        return;
    }
    check_lines(&b, m->from.international || m->to.international);
    buffer_add_byte(&b, '\0');
    const char *p = check_header(b.bytes, texts, a);
    const char *end = b.bytes + b.size - 1;
    if (!has_html && !has_file)
        check_body(p, end, &texts[TEXT], a);
    else
        expect(strncmp(p, "\r\n--=_", 6) == 0 && strncmp(end - 4, "--\r\n", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *p = (const char *)data, *end = p + size;
    value texts[TEXT_COUNT];
    if (size == 0 || !utf8_valid(p, size, NULL))
        return 0;
    for (size_t i = 0; i < TEXT_COUNT; i++)
        texts[i] = next_text(&p, end);
    bool has_html = texts[HTML].count > 0, has_file = texts[FILE_NAME].count > 0;
    const value_member file[] = {{value_cstring("name"), texts[FILE_NAME]},
                                 {value_cstring("content"), texts[FILE_CONTENT]}};
    const value attachment = {.kind = VALUE_MAP, .count = 2, .members = file};
    const value_member members[] = {{value_cstring("to"), texts[TO]},
                                    {value_cstring("subject"), texts[SUBJECT]},
                                    {value_cstring("text"), texts[TEXT]},
                                    {value_cstring("attachments"), value_list(&attachment, has_file)},
                                    {value_cstring("html"), texts[HTML]}};
    const value message = {.kind = VALUE_MAP, .count = has_html ? 5 : 4, .members = members};
    const mail_field field = {"X-Field", texts[FIELD]};
    arena memory;
    arena_init(&memory, 4096, MEMORY_MAX);
    char *from = arena_copy(&memory, texts[FROM].text, texts[FROM].count);
    const mail_options o = {.key = "6f1d7c52-0c56-5b7e-9a43-1f3f0f5d2b11",
                            .from = from,
                            .fields = &field,
                            .field_count = 1,
                            .now_ms = 1769860805000};
    mail m;
    error e;
    if (mail_read(&memory, &message, &o, &m, &e))
        check(&memory, &m, texts, has_html, has_file);
    else
        expect(e.code == ERROR_SYNTAX || e.code == ERROR_LIMIT);
    arena_free(&memory);
    return 0;
}
