#include "worker/channel/smtp/mail_header.h"

#include <string.h>

#include "engine/schema/format/ascii.h"
#include "engine/value/base64.h"
#include "engine/value/utf8.h"

enum {
    LINE_SIZE = 76,       /* where a line is folded */
    WORD_SIZE = 72,       /* of an encoded word: at most 75, and whole groups of four */
    WORD_FRAME = 12,      /* of it, what is not text */
    WORD_LEAST = 8,       /* base64 that is worth beginning on this line */
    UNFOLDABLE_MAX = 60,  /* an ASCII word that is longer is encoded, which folds it */
    PARAMETER_LEAST = 64, /* an extended parameter's text on one line */
    BASE64_SIZE = WORD_SIZE - WORD_FRAME,
};

/* A field under construction. */
typedef struct line {
    buffer *out;
    size_t column;
} line;

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

bool mail_header_is_line(const value *text)
{
    if (!utf8_valid(text->text, text->count, NULL))
        return false;
    for (uint32_t i = 0; i < text->count; i++) {
        if ((unsigned char)text->text[i] < ' ' || text->text[i] == 0x7F)
            return false;
    }
    return true;
}

bool mail_header_is_plain(const value *text)
{
    size_t word = 0;
    for (uint32_t i = 0; i < text->count; i++) {
        if (!is_printable(text->text[i]))
            return false;
        word = text->text[i] == ' ' ? 0 : word + 1;
        if (word > MAIL_HEADER_LINE_MAX - LINE_SIZE)
            return false;
    }
    return true;
}

/* ---- folding ---- */

static line begin(buffer *b, const char *name)
{
    buffer_add_text(b, name);
    buffer_add_byte(b, ':');
    return (line){.out = b, .column = strlen(name) + 1};
}

static void end(const line *l)
{
    buffer_add_text(l->out, "\r\n");
}

/* What follows is `size` bytes that stay together, behind a space. */
static void separate(line *l, size_t size)
{
    if (l->column + 1 + size > LINE_SIZE && l->column > 1) {
        buffer_add_text(l->out, "\r\n");
        l->column = 0;
    }
    buffer_add_byte(l->out, ' ');
    l->column++;
}

static void add_word(line *l, const char *text, size_t size)
{
    separate(l, size);
    buffer_add(l->out, text, size);
    l->column += size;
}

/* Folds at single spaces. More than one would lose some where it is folded: only words are folded then. */
static void add_words(line *l, const char *text, size_t size)
{
    const char *end_of_text = text + size;
    while (text < end_of_text) {
        const char *p = text;
        while (p < end_of_text && *p == ' ')
            p++;
        while (p < end_of_text && *p != ' ')
            p++;
        add_word(l, text, (size_t)(p - text));
        text = p + (p < end_of_text);
    }
}

/* ---- encoded words ---- */

/* The bytes of whole characters in [text, text + size), at most `most`. */
static size_t fitting(const char *text, size_t size, size_t most)
{
    size_t part = size < most ? size : most;
    while (part < size && (text[part] & 0xC0) == 0x80)
        part--;
    return part;
}

/* Space between encoded words is none in the text. */
static void add_encoded(line *l, const char *text, size_t size)
{
    char base64[BASE64_SIZE];
    while (size > 0) {
        size_t used = l->column + 1 + WORD_FRAME;
        size_t room = used + WORD_LEAST <= LINE_SIZE ? (LINE_SIZE - used) / 4 * 4 : BASE64_SIZE;
        if (room > BASE64_SIZE)
            room = BASE64_SIZE;
        size_t part = fitting(text, size, room / 4 * 3);
        separate(l, WORD_FRAME + base64_size(part));
        base64_encode(text, part, base64);
        buffer_add_text(l->out, "=?utf-8?b?");
        buffer_add(l->out, base64, base64_size(part));
        buffer_add_text(l->out, "?=");
        l->column += WORD_FRAME + base64_size(part);
        text += part;
        size -= part;
    }
}

/* True where the text comes back as it is from a field that holds it unencoded and folded at its spaces. */
static bool is_readable(const value *text)
{
    size_t word = 0;
    if (text->count > 0 && (text->text[0] == ' ' || text->text[text->count - 1] == ' '))
        return false;
    for (uint32_t i = 0; i < text->count; i++) {
        char c = text->text[i];
        word = c == ' ' ? 0 : word + 1;
        if (!is_printable(c) || word > UNFOLDABLE_MAX || (c == ' ' && text->text[i + 1] == ' ') ||
            (c == '=' && i + 1 < text->count && text->text[i + 1] == '?'))
            return false;
    }
    return true;
}

/* ---- fields ---- */

void mail_header_write_text(buffer *b, const char *name, const value *text)
{
    line l = begin(b, name);
    if (text->count == 0)
        buffer_add_byte(b, ' ');
    else if (is_readable(text))
        add_words(&l, text->text, text->count);
    else
        add_encoded(&l, text->text, text->count);
    end(&l);
}

void mail_header_write_plain(buffer *b, const char *name, const value *text)
{
    line l = begin(b, name);
    add_words(&l, text->text, text->count);
    end(&l);
}

/* True where a phrase needs no quotes: atoms and single spaces. */
static bool is_atoms(const value *text)
{
    for (uint32_t i = 0; i < text->count; i++) {
        if (!ascii_is_alnum(text->text[i]) && strchr("!#$%&'*+-/=?^_`{|}~ ", text->text[i]) == NULL)
            return false;
    }
    return true;
}

/* For a text of at most UNFOLDABLE_MAX bytes. Returns the size. */
static size_t quote(const value *text, char quoted[2 * UNFOLDABLE_MAX + 2])
{
    size_t size = 0;
    quoted[size++] = '"';
    for (uint32_t i = 0; i < text->count; i++) {
        if (text->text[i] == '"' || text->text[i] == '\\')
            quoted[size++] = '\\';
        quoted[size++] = text->text[i];
    }
    quoted[size++] = '"';
    return size;
}

void mail_header_write_address(buffer *b, const char *name, const address *mailbox)
{
    char quoted[2 * UNFOLDABLE_MAX + 2];
    line l = begin(b, name);
    const value *phrase = &mailbox->name;
    if (!is_readable(phrase) || (!is_atoms(phrase) && phrase->count > UNFOLDABLE_MAX))
        add_encoded(&l, phrase->text, phrase->count);
    else if (is_atoms(phrase))
        add_words(&l, phrase->text, phrase->count);
    else
        add_word(&l, quoted, quote(phrase, quoted));
    size_t size = mailbox->mailbox.count;
    separate(&l, size + 2);
    if (phrase->count > 0)
        buffer_add_byte(b, '<');
    buffer_add(b, mailbox->mailbox.text, size);
    if (phrase->count > 0)
        buffer_add_byte(b, '>');
    end(&l);
}

/* ---- parameters ---- */

static void add_percent(buffer *b, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (ascii_is_alnum(text[i]) || text[i] == '.' || text[i] == '-' || text[i] == '_')
            buffer_add_byte(b, text[i]);
        else
            buffer_format(b, "%%%02X", (unsigned char)text[i]);
    }
}

/* name*0*=utf-8''...; name*1*=...; a byte takes up to three. */
static void write_extended(buffer *b, const char *name, const value *text)
{
    const char *p = text->text;
    size_t left = text->count;
    for (int i = 0; left > 0; i++) {
        size_t part = fitting(p, left, PARAMETER_LEAST / 3);
        buffer_format(b, ";\r\n %s*%d*=%s", name, i, i == 0 ? "utf-8''" : "");
        add_percent(b, p, part);
        p += part;
        left -= part;
    }
}

void mail_header_write_parameter(buffer *b, const char *name, const value *text)
{
    if (!is_readable(text) || text->count > UNFOLDABLE_MAX) {
        write_extended(b, name, text);
        return;
    }
    char quoted[2 * UNFOLDABLE_MAX + 2];
    buffer_format(b, ";\r\n %s=", name);
    buffer_add(b, quoted, quote(text, quoted));
}
