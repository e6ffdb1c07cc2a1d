#include "worker/channel/smtp/address.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "engine/schema/format/format.h"
#include "engine/schema/format/idna.h"
#include "engine/value/buffer.h"
#include "engine/value/utf8.h"

static bool fail(error *e, const char *sentence)
{
    return error_set(e, ERROR_SYNTAX, 0, "%s", sentence);
}

static bool fail_memory(const arena *a, error *e)
{
    return error_set(e, arena_failure(a), 0, "needs more memory than there is for it");
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static value trim(const char *text, size_t size)
{
    while (size > 0 && is_space(*text)) {
        text++;
        size--;
    }
    while (size > 0 && is_space(text[size - 1]))
        size--;
    return value_string(text, size);
}

/* ---- the domain ---- */

/* The ASCII form of [*p, end) up to the next dot, where *p is left. */
static bool add_label(buffer *b, const char **p, const char *end)
{
    uint32_t label[IDNA_LABEL_MAX];
    char ascii[IDNA_LABEL_MAX];
    size_t count = 0, size, width;
    for (; *p < end && **p != '.'; *p += width) {
        if (count == IDNA_LABEL_MAX)
            return false;
        label[count++] = utf8_decode(*p, (size_t)(end - *p), &width);
    }
    if (!idna_to_ascii(label, count, ascii, &size))
        return false;
    buffer_add(b, ascii, size);
    return true;
}

static bool add_labels(buffer *b, const char *p, const char *end)
{
    while (add_label(b, &p, end)) {
        if (p == end)
            return true;
        buffer_add_byte(b, *p++); /* the dot */
    }
    return false;
}

/* People write capitals and compatibility characters, which IDNA's labels have none of. */
static bool domain_to_ascii(arena *a, value *domain, error *e)
{
    size_t size;
    buffer b;
    buffer_init(&b, a, ADDRESS_TEXT_MAX);
    uint8_t *lower =
        u8_tolower((const uint8_t *)domain->text, domain->count, NULL, UNINORM_NFKC, NULL, &size);
    if (lower == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    bool converted = add_labels(&b, (const char *)lower, (const char *)lower + size);
    free(lower);
    if (b.failed)
        return fail_memory(a, e);
    if (!converted)
        return fail(e, "is no mailbox: its domain has no ASCII form");
    *domain = buffer_string(&b);
    return true;
}

/* ---- the parts ---- */

static bool is_ascii(const char *text, size_t size)
{
    bool ascii;
    return utf8_valid(text, size, &ascii) && ascii;
}

static bool read_mailbox(arena *a, const value *text, address *out, error *e)
{
    const char *at = text->count == 0 ? NULL : memrchr(text->text, '@', text->count);
    if (at == NULL)
        return fail(e, "is no mailbox: it has no @");
    size_t local_size = (size_t)(at - text->text);
    value domain = value_string(at + 1, text->count - local_size - 1);
    if (!is_ascii(domain.text, domain.count) && !domain_to_ascii(a, &domain, e))
        return false;
    buffer b;
    buffer_init(&b, a, ADDRESS_TEXT_MAX);
    buffer_add(&b, text->text, local_size + 1);
    buffer_add(&b, domain.text, domain.count);
    if (b.failed)
        return fail_memory(a, e);
    if (!format_is_idn_email(b.bytes, b.size))
        return fail(e, "is no mailbox");
    out->mailbox = buffer_string(&b);
    out->domain = value_string(b.bytes + local_size + 1, domain.count);
    out->international = !is_ascii(b.bytes, local_size);
    return true;
}

/* Appends what stands between quotes; returns the place behind them, or NULL where they do not end. */
static const char *read_quoted(const char *p, const char *end, buffer *name)
{
    for (p++; p < end && *p != '"'; p++) {
        if (*p == '\\' && ++p == end)
            return NULL;
        buffer_add_byte(name, *p);
    }
    return p < end ? p + 1 : NULL;
}

/* Reads up to the '<'. Dots and apostrophes need no quotes, as everybody writes them; what would begin
 * another mailbox, a comment or a group does. NULL where the text is wrong. */
static const char *read_name(const char *p, const char *end, buffer *name)
{
    while (p != NULL && p < end && *p != '<') {
        if (*p == '"')
            p = read_quoted(p, end, name);
        else if (strchr(">(),;:@[]\\", *p) != NULL)
            return NULL;
        else if (!is_space(*p))
            buffer_add_byte(name, *p++);
        else if (++p < end && !is_space(*p) && *p != '<' && name->size > 0)
            buffer_add_byte(name, ' ');
    }
    return p;
}

static bool read_named(arena *a, const value *text, address *out, error *e)
{
    buffer name;
    const char *end = text->text + text->count - 1; /* the '>' */
    buffer_init(&name, a, ADDRESS_TEXT_MAX);
    const char *p = read_name(text->text, end, &name);
    if (name.failed)
        return fail_memory(a, e);
    if (p == NULL || p == end)
        return fail(e, "is not one mailbox: a name with such characters stands in \"quotes\"");
    if (name.size > 0)
        out->name = buffer_string(&name);
    value inner = value_string(p + 1, (size_t)(end - p) - 1);
    return read_mailbox(a, &inner, out, e);
}

/* Of valid text. A local part is sent as it is, so that Unicode's own line ends are no better. */
static bool has_control(const value *text)
{
    size_t width;
    for (uint32_t i = 0; i < text->count; i += (uint32_t)width) {
        uint32_t c = utf8_decode(text->text + i, text->count - i, &width);
        if ((c < ' ' && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029)
            return true;
    }
    return false;
}

bool address_read(arena *a, const char *text, size_t size, address *out, error *e)
{
    value trimmed = trim(text, size);
    *out = (address){.name = value_string("", 0)};
    if (trimmed.count == 0)
        return fail(e, "is empty");
    if (size > ADDRESS_TEXT_MAX)
        return error_set(e, ERROR_LIMIT, 0, "is longer than %d bytes", ADDRESS_TEXT_MAX);
    if (!utf8_valid(trimmed.text, trimmed.count, NULL))
        return fail(e, "is no UTF-8");
    if (has_control(&trimmed))
        return fail(e, "has a control character");
    return trimmed.text[trimmed.count - 1] == '>' ? read_named(a, &trimmed, out, e)
                                                  : read_mailbox(a, &trimmed, out, e);
}
