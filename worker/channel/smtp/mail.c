/* The parts nest as mail readers expect it: multipart/mixed around the content and its attachments,
 * multipart/alternative around text and html, and neither where there is nothing to hold together. */
#include "worker/channel/smtp/mail.h"

#include <string.h>

#include "engine/limits.h"
#include "engine/schema/format/ascii.h"
#include "engine/value/timestamp.h"
#include "worker/channel/smtp/mail_body.h"
#include "worker/channel/smtp/mail_header.h"

enum { FIELD_NAME_MAX = 64, TYPE_MAX = 127 };

const char mail_list_unsubscribe[] = "List-Unsubscribe";

static const char mixed[] = "mixed", alternative[] = "alternative";

/* ---- what a configuration may add ---- */

bool mail_may_have_field(const char *name)
{
    static const char *const taken[] = {
        "from",        "to",           "reply-to",   "subject", "date",
        "cc",          "bcc",          "message-id", "sender",  "received",
        "return-path", "mime-version", "content",    "resent",  "list-unsubscribe"};
    size_t size = strlen(name);
    if (size == 0 || size > FIELD_NAME_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!ascii_is_alnum(name[i]) && name[i] != '-')
            return false;
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        size_t taken_size = strlen(taken[i]);
        if (strncasecmp(name, taken[i], taken_size) == 0 &&
            (name[taken_size] == '\0' || name[taken_size] == '-'))
            return false;
    }
    return true;
}

/* ---- reading ---- */

/* The text of a member, empty where there is none. */
static value text_of(const value *map, const char *name)
{
    const value *v = value_field(map, name);
    return v != NULL && v->kind == VALUE_STRING ? *v : value_string("", 0);
}

static bool read_address(arena *a, const value *text, const char *what, address *out, error *e)
{
    return address_read(a, text->text, text->count, out, e) || error_prefix(e, "%s", what);
}

bool mail_read(arena *a, const value *message, const mail_options *o, mail *m, error *e)
{
    *m = (mail){.message = message, .options = o};
    value from = text_of(message, "from"), to = text_of(message, "to");
    value reply_to = text_of(message, "reply_to");
    if (from.count == 0 && o->from != NULL)
        from = value_cstring(o->from);
    return read_address(a, &from, "from", &m->from, e) && read_address(a, &to, "to", &m->to, e) &&
           (reply_to.count == 0 || read_address(a, &reply_to, "reply_to", &m->reply_to, e));
}

/* ---- the header ---- */

static void write_date(buffer *b, int64_t now_ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    timestamp_fields t;
    if (!timestamp_split(now_ms * 1000, &t))
        return; /* outside of the years 1 to 9999 */
    buffer_format(b, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n", days[t.weekday], t.day,
                  months[t.month - 1], t.year, t.hour, t.minute, t.second);
}

static void write_id(const mail *m, buffer *b)
{
    const mail_options *o = m->options;
    const value *domain = &m->from.domain;
    size_t size = o->id_domain != NULL ? strlen(o->id_domain) : domain->count;
    buffer_format(b, "Message-ID: <%s@", o->key);
    buffer_add(b, o->id_domain != NULL ? o->id_domain : domain->text, size);
    buffer_add_text(b, ">\r\n");
}

static bool write_subject(const mail *m, buffer *b, error *e)
{
    value subject = text_of(m->message, "subject");
    if (!mail_header_is_line(&subject))
        return error_set(e, ERROR_SYNTAX, 0, "subject: is not one line of text");
    mail_header_write_text(b, "Subject", &subject);
    return true;
}

/* One URI or several, with or without their angle brackets. One click is offered where there is a place to
 * post it to (RFC 8058). */
static void write_unsubscribe(buffer *b, const value *text)
{
    buffer list;
    bool bare = text->text[0] != '<';
    buffer_init(&list, b->arena, b->limit);
    buffer_add_text(&list, bare ? "<" : "");
    buffer_add(&list, text->text, text->count);
    buffer_add_text(&list, bare ? ">" : "");
    b->failed = b->failed || list.failed;
    if (list.failed)
        return;
    value uris = buffer_string(&list);
    mail_header_write_plain(b, mail_list_unsubscribe, &uris);
    if (memmem(uris.text, uris.count, "<https://", strlen("<https://")) != NULL)
        buffer_add_text(b, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

/* A field whose text renders empty is left out. */
static bool write_field(buffer *b, const mail_field *field, error *e)
{
    bool unsubscribe = strcmp(field->name, mail_list_unsubscribe) == 0;
    if (field->text.count == 0)
        return true;
    if (!mail_header_is_line(&field->text))
        return error_set(e, ERROR_SYNTAX, 0, "header.%s: is not one line of text", field->name);
    bool plain = mail_header_is_plain(&field->text);
    if (unsubscribe && !plain)
        return error_set(e, ERROR_SYNTAX, 0, "list_unsubscribe: is no URI");
    if (unsubscribe)
        write_unsubscribe(b, &field->text);
    else if (plain)
        mail_header_write_plain(b, field->name, &field->text);
    else
        mail_header_write_text(b, field->name, &field->text);
    return true;
}

static bool write_header(const mail *m, buffer *b, error *e)
{
    const mail_options *o = m->options;
    mail_header_write_address(b, "From", &m->from);
    mail_header_write_address(b, "To", &m->to);
    if (m->reply_to.mailbox.count > 0)
        mail_header_write_address(b, "Reply-To", &m->reply_to);
    if (!write_subject(m, b, e))
        return false;
    write_date(b, o->now_ms);
    write_id(m, b);
    for (size_t i = 0; i < o->field_count; i++) {
        if (!write_field(b, &o->fields[i], e))
            return false;
    }
    buffer_add_text(b, "MIME-Version: 1.0\r\n");
    return true;
}

/* ---- parts ---- */

/* `=_` occurs in no body (mail_body.h), and the kinds of multipart are told apart. */
static void add_boundary(const mail *m, buffer *b, const char *kind)
{
    buffer_format(b, "=_%s_%s", kind, m->options->key);
}

static void begin_multipart(const mail *m, buffer *b, const char *kind)
{
    buffer_format(b, "Content-Type: multipart/%s;\r\n boundary=\"", kind);
    add_boundary(m, b, kind);
    buffer_add_text(b, "\"\r\n");
}

static void begin_part(const mail *m, buffer *b, const char *kind)
{
    buffer_add_text(b, "\r\n--");
    add_boundary(m, b, kind);
    buffer_add_text(b, "\r\n");
}

static void end_multipart(const mail *m, buffer *b, const char *kind)
{
    buffer_add_text(b, "\r\n--");
    add_boundary(m, b, kind);
    buffer_add_text(b, "--\r\n");
}

static void write_text(buffer *b, const char *subtype, const value *text)
{
    buffer_format(b, "Content-Type: text/%s; charset=utf-8\r\n", subtype);
    mail_body_write_text(b, text);
}

static void write_content(const mail *m, buffer *b)
{
    value text = text_of(m->message, "text"), html = text_of(m->message, "html");
    bool has_html = value_field(m->message, "html") != NULL;
    if (value_field(m->message, "text") == NULL || !has_html) {
        write_text(b, has_html ? "html" : "plain", has_html ? &html : &text);
        return;
    }
    begin_multipart(m, b, alternative);
    begin_part(m, b, alternative);
    write_text(b, "plain", &text);
    begin_part(m, b, alternative); /* the best one comes last */
    write_text(b, "html", &html);
    end_multipart(m, b, alternative);
}

/* ---- attachments ---- */

/* type/subtype; what is a mail or has parts must not be encoded in base64 (RFC 2046). */
static bool is_file_type(const value *type)
{
    size_t slashes = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        char c = type->text[i];
        slashes += c == '/';
        if (!ascii_is_alnum(c) && (c == '\0' || strchr("!#$&-^_.+/", c) == NULL))
            return false;
    }
    return slashes == 1 && type->count <= TYPE_MAX && type->text[0] != '/' &&
           type->text[type->count - 1] != '/' && strncasecmp(type->text, "multipart/", 10) != 0 &&
           strncasecmp(type->text, "message/", 8) != 0;
}

static bool write_attachment(buffer *b, const value *attachment, error *e)
{
    value name = text_of(attachment, "name"), type = text_of(attachment, "type");
    value content = text_of(attachment, "content");
    if (type.count == 0)
        type = value_cstring("application/octet-stream");
    if (name.count == 0 || !mail_header_is_line(&name))
        return error_set(e, ERROR_SYNTAX, 0, "name: is not one line of text");
    if (!is_file_type(&type))
        return error_set(e, ERROR_SYNTAX, 0, "type: is no media type of a file");
    buffer_format(b, "Content-Type: %.*s", (int)type.count, type.text);
    mail_header_write_parameter(b, "name", &name);
    buffer_add_text(b, "\r\nContent-Disposition: attachment");
    mail_header_write_parameter(b, "filename", &name);
    buffer_add_text(b, "\r\n");
    return mail_body_write_file(b, &content) || error_set(e, ERROR_SYNTAX, 0, "content: is no base64");
}

static bool write_parts(const mail *m, buffer *b, const value *attachments, error *e)
{
    begin_multipart(m, b, mixed);
    begin_part(m, b, mixed);
    write_content(m, b);
    for (uint32_t i = 0; i < attachments->count; i++) {
        begin_part(m, b, mixed);
        if (!write_attachment(b, &attachments->items[i], e))
            return error_prefix(e, "attachments/%u", i);
    }
    end_multipart(m, b, mixed);
    return true;
}

static bool write_body(const mail *m, buffer *b, error *e)
{
    const value *attachments = value_field(m->message, "attachments");
    if (attachments != NULL && attachments->kind == VALUE_LIST && attachments->count > 0)
        return write_parts(m, b, attachments, e);
    write_content(m, b);
    return true;
}

bool mail_write(const mail *m, buffer *b, error *e)
{
    if (!write_header(m, b, e) || !write_body(m, b, e))
        return false;
    if (!b->failed && (b->size < 2 || b->bytes[b->size - 1] != '\n'))
        buffer_add_text(b, "\r\n");
    return !b->failed || error_set(e, ERROR_LIMIT, 0, "the mail is longer than its bound");
}
