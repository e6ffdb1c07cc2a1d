#include "worker/channel/smtp/smtp_fields.h"

#include <stdlib.h>

#include "engine/expression/template/template.h"
#include "engine/limits.h"
#include "worker/channel/delivery_names.h"

enum { MEMORY_MAX = 8 << 20 };

typedef struct field {
    const char *key; /* of the configuration, for sentences */
    const char *name;
    const template *text;
} field;

struct smtp_fields {
    arena memory;
    field *items;
    size_t count;
};

static bool fail_memory(const arena *a, error *e)
{
    return error_set(e, arena_failure(a), 0, "no memory for its templates");
}

static const char *key_of_header(arena *a, const char *name)
{
    buffer b;
    buffer_init(&b, a, SIZE_MAX);
    buffer_add_text(&b, "header.");
    buffer_add(&b, name, strlen(name) + 1);
    return b.failed ? NULL : b.bytes;
}

static bool compile(smtp_fields *f, const config_provider *p, const char *key, const char *name,
                    const char *source, error *e)
{
    exception x;
    buffer text;
    buffer_init(&text, &f->memory, LIMIT_TEMPLATE_BYTES);
    if (key == NULL)
        return fail_memory(&f->memory, e);
    if (!secret_expand(&text, source, strlen(source), &p->secrets, false, e))
        return error_prefix(e, "%s", key);
    const template *t =
        text.failed ? NULL
                    : template_compile(&f->memory, text.bytes, text.size, TEMPLATE_LINE, &delivery_scope, &x);
    if (text.failed)
        return fail_memory(&f->memory, e);
    if (t == NULL)
        return error_set(e, ERROR_CONFIG, x.position, "%s: %s at byte %zu: %s", key, exception_name(x.type),
                         x.position, x.message);
    f->items[f->count++] = (field){.key = key, .name = name, .text = t};
    return true;
}

static bool compile_all(smtp_fields *f, const config_provider *p, error *e)
{
    f->items = arena_calloc(&f->memory, p->headers.count + 1, sizeof *f->items);
    if (f->items == NULL)
        return fail_memory(&f->memory, e);
    for (size_t i = 0; i < p->headers.count; i++) {
        const config_property *h = &p->headers.items[i];
        if (!mail_may_have_field(h->name))
            return error_set(e, ERROR_CONFIG, 0, "header.%s: a mail gets no such field from here", h->name);
        if (!compile(f, p, key_of_header(&f->memory, h->name), h->name, h->value, e))
            return false;
    }
    return p->smtp.list_unsubscribe == NULL ||
           compile(f, p, "list_unsubscribe", mail_list_unsubscribe, p->smtp.list_unsubscribe, e);
}

smtp_fields *smtp_fields_new(const config_provider *p, error *e)
{
    smtp_fields *f = calloc(1, sizeof *f);
    if (f == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for its templates");
        return NULL;
    }
    arena_init(&f->memory, 1024, MEMORY_MAX);
    if (!compile_all(f, p, e)) {
        smtp_fields_free(f);
        return NULL;
    }
    return f;
}

void smtp_fields_free(smtp_fields *f)
{
    if (f != NULL)
        arena_free(&f->memory);
    free(f);
}

static bool render(const field *item, const value *values, arena *a, mail_field *out, error *e)
{
    buffer text;
    exception x;
    buffer_init(&text, a, LIMIT_HEADER_BYTES);
    if (!template_render(item->text, values, a, &text, &x))
        return error_set(e, ERROR_TEMPLATE, x.position, "%s: %s at byte %zu: %s", item->key,
                         exception_name(x.type), x.position, x.message);
    *out = (mail_field){.name = item->name, .text = buffer_string(&text)};
    return true;
}

bool smtp_fields_render(const smtp_fields *f, const delivery *d, mail_options *o, error *e)
{
    value values[DELIVERY_NAME_COUNT];
    if (f->count == 0)
        return true;
    mail_field *fields = arena_calloc(d->arena, f->count, sizeof *fields);
    if (fields == NULL || !delivery_names_fill(d, values))
        return error_set(e, ERROR_LIMIT, 0, "the mail needs more memory than the trigger's bound");
    for (size_t i = 0; i < f->count; i++) {
        if (!render(&f->items[i], values, d->arena, &fields[i], e))
            return false;
    }
    o->fields = fields;
    o->field_count = f->count;
    return true;
}
