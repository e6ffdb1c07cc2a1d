#include "worker/cli/render_mail.h"

#include "worker/channel/smtp/mail.h"

/* The text of a member, or the fallback. NULL without memory. */
static const char *text_of(arena *a, const value *map, const char *name, const char *fallback)
{
    const value *v = value_field(map, name);
    return v == NULL || v->kind != VALUE_STRING ? fallback : arena_copy(a, v->text, v->count);
}

static bool read_fields(arena *a, const value *request, mail_options *o, error *e)
{
    const value *headers = value_field(request, "headers");
    const value *unsubscribe = value_field(request, "list_unsubscribe");
    size_t count = headers == NULL || headers->kind != VALUE_MAP ? 0 : headers->count;
    mail_field *fields = arena_calloc(a, count + 1, sizeof *fields);
    bool ok = fields != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        const value_member *m = &headers->members[i];
        fields[i] = (mail_field){.name = arena_copy(a, m->key.text, m->key.count), .text = m->value};
        ok = fields[i].name != NULL;
        if (ok && (strlen(fields[i].name) != m->key.count || !mail_may_have_field(fields[i].name) ||
                   m->value.kind != VALUE_STRING))
            return error_set(e, ERROR_SYNTAX, 0, "headers: a mail gets no such field from here");
    }
    if (!ok)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    if (unsubscribe != NULL && unsubscribe->kind == VALUE_STRING)
        fields[count++] = (mail_field){.name = mail_list_unsubscribe, .text = *unsubscribe};
    o->fields = fields;
    o->field_count = count;
    return true;
}

bool render_mail(arena *a, const value *request, buffer *out, error *e)
{
    const value *message = value_field(request, "message");
    mail_options o = {.key = text_of(a, request, "key", "00000000-0000-5000-8000-000000000000"),
                      .from = text_of(a, request, "from", "sender@localhost")};
    mail m;
    if (message == NULL || message->kind != VALUE_MAP)
        return error_set(e, ERROR_SYNTAX, 0, "an object at \"message\" is needed");
    if (o.key == NULL || o.from == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    return read_fields(a, request, &o, e) && mail_read(a, message, &o, &m, e) && mail_write(&m, out, e);
}
