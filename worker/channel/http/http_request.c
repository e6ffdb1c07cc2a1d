#include "worker/channel/http/http_request.h"

#include <strings.h>

#include "engine/expression/template/percent.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/channel/delivery_names.h"
#include "worker/channel/http/http_target.h"
#include "worker/channel/http/json_template.h"

/* header.NAME or form.NAME. */
typedef struct field {
    const char *name;
    blank blank;
} field;

typedef struct fields {
    field *items;
    size_t count;
} fields;

struct http_request {
    const config_provider *provider;
    const char *constant_url; /* NULL: a template */
    const template *url;
    fields headers;
    fields form;
    const json_template *json; /* NULL: the body is no JSON template */
    blank *text;               /* NULL: no body.text */
    bool masked;
};

/* ---- compiling ---- */

typedef struct compiler {
    arena *arena;
    const config_provider *provider;
    bool masked;
    error *error;
} compiler;

static bool blame(const compiler *c, const char *group, const char *name)
{
    return error_prefix(c->error, "%s%s", group, name);
}

static bool out_of_memory(const compiler *c)
{
    return error_set(c->error, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

static bool explain(const compiler *c, const exception *x)
{
    return error_set(c->error, ERROR_CONFIG, x->position, "%s: byte %zu: %s", exception_name(x->type),
                     x->position, x->message);
}

/* The text with its secrets, followed by a NUL. */
static bool expand(const compiler *c, const char *text, buffer *source)
{
    buffer_init(source, c->arena, LIMIT_TEMPLATE_BYTES);
    if (!secret_expand(source, text, strlen(text), &c->provider->secrets, c->masked, c->error))
        return false;
    buffer_add_byte(source, '\0');
    return !source->failed || out_of_memory(c);
}

static bool compile_blank(const compiler *c, const char *text, template_kind kind, blank *b)
{
    buffer source;
    exception x;
    if (!expand(c, text, &source))
        return false;
    return blank_compile(b, c->arena, source.bytes, source.size - 1, kind, &delivery_scope, &x) ||
           explain(c, &x);
}

static bool compile_fields(const compiler *c, const char *group, const config_properties *given,
                           template_kind kind, fields *out)
{
    out->items = arena_calloc(c->arena, given->count, sizeof *out->items);
    if (out->items == NULL)
        return out_of_memory(c);
    for (size_t i = 0; i < given->count; i++) {
        out->items[i].name = given->items[i].name;
        if (!compile_blank(c, given->items[i].value, kind, &out->items[i].blank))
            return blame(c, group, given->items[i].name);
    }
    out->count = given->count;
    return true;
}

/* Masked, it may be nothing but ***. */
static bool keep_constant_url(const compiler *c, const char *url, http_request *r)
{
    r->constant_url = url;
    return c->masked || http_target_check(c->arena, url, &c->provider->http.allowed_hosts, c->error);
}

static bool compile_url(const compiler *c, http_request *r)
{
    buffer source;
    exception x;
    if (!expand(c, c->provider->url.text, &source))
        return false;
    r->url = template_compile(c->arena, source.bytes, source.size - 1, TEMPLATE_URL, &delivery_scope, &x);
    if (r->url == NULL)
        return explain(c, &x);
    if (template_is_constant(r->url))
        return keep_constant_url(c, source.bytes, r);
    if (c->provider->http.allowed_hosts.count == 0 && !http_target_is_constant(source.bytes))
        return error_set(c->error, ERROR_CONFIG, 0,
                         "its host must not depend on a value, unless allowed.hosts says where requests may "
                         "go");
    return true;
}

static bool compile_body(const compiler *c, http_request *r)
{
    const config_http *h = &c->provider->http;
    if ((h->body != NULL) + (h->body_text != NULL) + (h->form.count > 0) > 1)
        return error_set(c->error, ERROR_CONFIG, 0,
                         "there is one body: body, body.text and form.NAME exclude one another") ||
               blame(c, "", "body");
    if (h->body != NULL) {
        r->json = json_template_compile(c->arena, h->body, &c->provider->secrets, c->masked, &delivery_scope,
                                        c->error);
        return r->json != NULL || blame(c, "", "body");
    }
    if (h->body_text == NULL)
        return true;
    r->text = arena_alloc(c->arena, sizeof *r->text);
    if (r->text == NULL)
        return out_of_memory(c);
    return compile_blank(c, h->body_text, TEMPLATE_TEXT, r->text) || blame(c, "", "body.text");
}

/* A secret is no template. */
static bool check_secrets(const compiler *c)
{
    const secrets *known = &c->provider->secrets;
    for (size_t i = 0; i < known->count; i++) {
        const char *text = known->items[i].value;
        if (strstr(text, "{{") != NULL || strstr(text, "{%") != NULL || strstr(text, "{#") != NULL)
            return error_set(c->error, ERROR_CONFIG, 0,
                             "the value of ${%s} holds what begins an expression of a template",
                             known->items[i].name);
    }
    return true;
}

const http_request *http_request_compile(arena *a, const config_provider *p, bool masked, error *e)
{
    const compiler c = {.arena = a, .provider = p, .masked = masked, .error = e};
    http_request *r = arena_calloc(a, 1, sizeof *r);
    if (r == NULL) {
        (void)out_of_memory(&c);
        return NULL;
    }
    r->provider = p;
    r->masked = masked;
    if (!check_secrets(&c) || (!compile_url(&c, r) && !blame(&c, "", "url")) ||
        !compile_fields(&c, "header.", &p->headers, TEMPLATE_LINE, &r->headers) ||
        !compile_fields(&c, "form.", &p->http.form, TEMPLATE_TEXT, &r->form) || !compile_body(&c, r))
        return NULL;
    return r;
}

/* ---- rendering ---- */

typedef struct renderer {
    const http_request *request;
    const delivery *delivery;
    value values[DELIVERY_NAME_COUNT];
    http_message *message;
    error *error;
} renderer;

static bool lack_memory(const renderer *r)
{
    return error_set(r->error, ERROR_LIMIT, 0, "the request needs more memory than the trigger's bound");
}

static bool fail(const renderer *r, const char *group, const char *name, const exception *x)
{
    return error_set(r->error, ERROR_TEMPLATE, x->position, "%s%s: %s: byte %zu: %s", group, name,
                     exception_name(x->type), x->position, x->message);
}

static bool render_url(renderer *r)
{
    exception x;
    buffer url;
    const http_request *request = r->request;
    r->message->url = request->constant_url;
    if (request->constant_url != NULL)
        return true;
    buffer_init(&url, r->delivery->arena, LIMIT_RENDERED_BYTES);
    if (!template_render(request->url, r->values, r->delivery->arena, &url, &x))
        return fail(r, "", "url", &x);
    buffer_add_byte(&url, '\0');
    if (url.failed)
        return lack_memory(r);
    r->message->url = url.bytes;
    if (memchr(url.bytes, '\0', url.size - 1) != NULL)
        return error_set(r->error, ERROR_TEMPLATE, 0, "url: holds a NUL");
    if (request->masked ||
        http_target_check(r->delivery->arena, url.bytes, &request->provider->http.allowed_hosts, r->error))
        return true;
    r->error->code = ERROR_TEMPLATE;
    return error_prefix(r->error, "url");
}

/* Controls but for a tab have no place in a header (RFC 9110, section 5.5). */
static bool is_header_text(const value *text)
{
    for (uint32_t i = 0; i < text->count; i++) {
        unsigned char c = (unsigned char)text->text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return text->count <= HTTP_HEADER_BYTES_MAX;
}

bool http_message_add(http_message *m, arena *a, const char *name, const char *text, size_t size)
{
    struct curl_slist *node = arena_alloc(a, sizeof *node);
    buffer line;
    buffer_init(&line, a, SIZE_MAX);
    buffer_add_text(&line, name);
    buffer_add_text(&line, ": ");
    buffer_add(&line, text, size);
    buffer_add_byte(&line, '\0');
    if (node == NULL || line.failed)
        return false;
    /* libcurl only reads the list: its nodes may be anybody's. */
    *node = (struct curl_slist){.data = line.bytes, .next = m->headers};
    m->headers = node;
    return true;
}

static bool render_header(renderer *r, const field *f)
{
    exception x;
    value text;
    bool absent;
    if (!blank_text(&f->blank, r->values, r->delivery->arena, &text, &absent, &x))
        return fail(r, "header.", f->name, &x);
    if (absent || text.count == 0)
        return true;
    if (!is_header_text(&text))
        return error_set(r->error, ERROR_TEMPLATE, 0, "header.%s: is longer than %d bytes or holds a control",
                         f->name, HTTP_HEADER_BYTES_MAX);
    return http_message_add(r->message, r->delivery->arena, f->name, text.text, text.count) || lack_memory(r);
}

/* One of ours, unless the configuration has its own. */
static bool add_own(renderer *r, const char *name, const value *text)
{
    const fields *given = &r->request->headers;
    for (size_t i = 0; i < given->count; i++) {
        if (strcasecmp(given->items[i].name, name) == 0)
            return true;
    }
    return text->kind != VALUE_STRING ||
           http_message_add(r->message, r->delivery->arena, name, text->text, text->count) || lack_memory(r);
}

static value content_type(const http_request *r)
{
    const config_http *h = &r->provider->http;
    if (h->content_type != NULL)
        return value_cstring(h->content_type);
    if (r->form.count > 0)
        return value_cstring("application/x-www-form-urlencoded");
    return value_cstring(r->text != NULL ? "text/plain; charset=utf-8" : "application/json");
}

/* Each goes in front of the one before. */
static bool render_headers(renderer *r)
{
    const http_request *request = r->request;
    const execution *x = r->delivery->execution;
    const identity key = delivery_key(r->delivery);
    const value key_text = value_string(key.text, sizeof key.text - 1), type = content_type(request);
    for (size_t i = request->headers.count; i-- > 0;) {
        if (!render_header(r, &request->headers.items[i]))
            return false;
    }
    return (!r->message->has_body || add_own(r, "Content-Type", &type)) &&
           add_own(r, "Idempotency-Key", &key_text) && add_own(r, "traceparent", &x->traceparent) &&
           add_own(r, "tracestate", &x->tracestate);
}

static void add_text(buffer *b, const char *name, const char *text, size_t size)
{
    buffer_add_text(b, name);
    json_write_string(b, text, size);
}

static void write_plain(buffer *b, const delivery *d)
{
    const execution *x = d->execution;
    const char *type = step_type_name(d->step->type);
    add_text(b, "{\"execution_id\":", x->id.text, sizeof x->id.text - 1);
    add_text(b, ",\"workflow_id\":", x->workflow_id.text, x->workflow_id.count);
    buffer_add_text(b, ",\"workflow_version\":");
    buffer_add_int(b, x->workflow_version);
    add_text(b, ",\"step_id\":", d->step->id.text, d->step->id.count);
    add_text(b, ",\"step_type\":", type, strlen(type));
    buffer_add_text(b, ",\"run\":");
    buffer_add_int(b, x->run);
    buffer_add_text(b, ",\"attempt\":");
    buffer_add_int(b, x->steps[x->current_step].attempt);
    add_text(b, ",\"recipient\":", x->recipient.text, x->recipient.count);
    buffer_add_text(b, ",\"message\":");
    json_write(b, d->message);
    buffer_add_byte(b, '}');
}

static bool render_form(renderer *r, buffer *body)
{
    const fields *form = &r->request->form;
    for (size_t i = 0; i < form->count; i++) {
        const field *f = &form->items[i];
        exception x;
        value text;
        bool absent;
        if (!blank_text(&f->blank, r->values, r->delivery->arena, &text, &absent, &x))
            return fail(r, "form.", f->name, &x);
        if (absent)
            continue;
        if (body->size > 0)
            buffer_add_byte(body, '&');
        percent_encode(body, f->name, strlen(f->name));
        buffer_add_byte(body, '=');
        percent_encode(body, text.text, text.count);
    }
    return true;
}

static bool render_text(renderer *r, buffer *body)
{
    exception x;
    value text;
    bool absent;
    if (!blank_text(r->request->text, r->values, r->delivery->arena, &text, &absent, &x))
        return fail(r, "", "body.text", &x);
    if (!absent)
        buffer_add(body, text.text, text.count);
    return true;
}

static bool write_body(renderer *r, buffer *body)
{
    const http_request *request = r->request;
    exception x;
    if (request->json != NULL)
        return json_template_write(request->json, r->values, r->delivery->arena, body, &x) ||
               fail(r, "", "body", &x);
    if (request->form.count > 0)
        return render_form(r, body);
    if (request->text != NULL)
        return render_text(r, body);
    write_plain(body, r->delivery);
    return true;
}

static bool has_body(const http_request *r)
{
    int method = r->provider->http.method;
    return r->json != NULL || r->text != NULL || r->form.count > 0 ||
           (method != CONFIG_METHOD_GET && method != CONFIG_METHOD_DELETE);
}

static bool render_body(renderer *r)
{
    buffer body;
    r->message->has_body = has_body(r->request);
    if (!r->message->has_body)
        return true;
    buffer_init(&body, r->delivery->arena, LIMIT_RECORD_BYTES);
    if (!write_body(r, &body))
        return false;
    if (body.failed)
        return lack_memory(r);
    r->message->body = body.size == 0 ? "" : body.bytes;
    r->message->body_size = body.size;
    return true;
}

bool http_request_render(const http_request *request, const delivery *d, http_message *m, error *e)
{
    static char no_expect[] = "Expect:"; /* or a large request would wait for a permission first */
    static struct curl_slist last = {.data = no_expect};
    renderer r = {.request = request, .delivery = d, .message = m, .error = e};
    *m = (http_message){.headers = &last};
    if (!delivery_names_fill(d, r.values))
        return lack_memory(&r);
    return render_url(&r) && render_body(&r) && render_headers(&r);
}
