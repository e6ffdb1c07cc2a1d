/* Requests of the http kind with hostile values: whatever a message holds, a value never leaves the place of
 * the URL, the header, the form or the document where a template puts it. The input is the message's text;
 * what is made of it is read back by libcurl and by the JSON reader. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/value/json.h"
#include "engine/value/utf8.h"
#include "worker/channel/http/http_request.h"

static char url[] = "http://h.example:8/a/x{{ message.to }}/b?q={{ message.to }}&r=1";
static char body[] = "{\"to\":\"<{{ message.to }}>\",\"raw\":\"{{ message.to }}\",\"last\":1}";

static config_property header[] = {{.name = "X-To", .value = "<{{ message.to }}>"}};
static config_property field[] = {{.name = "to", .value = "{{ message.to }}"}, {.name = "z", .value = "1"}};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_part(CURLU *parsed, CURLUPart part, const char *expected)
{
    char *text = NULL;
    check(curl_url_get(parsed, part, &text, 0) == CURLUE_OK && strcmp(text, expected) == 0);
    curl_free(text);
}

static char *encoded(arena *a, const char *before, const value *text, const char *behind)
{
    buffer b;
    buffer_init(&b, a, SIZE_MAX);
    buffer_add_text(&b, before);
    for (uint32_t i = 0; i < text->count; i++) {
        unsigned char c = (unsigned char)text->text[i];
        bool kept = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    memchr("-._~", c, 4) != NULL;
        buffer_format(&b, kept ? "%c" : "%%%02X", c);
    }
    buffer_add(&b, behind, strlen(behind) + 1);
    return b.bytes;
}

static void check_url(arena *a, const http_message *m, const value *to)
{
    CURLU *parsed = curl_url();
    check(curl_url_set(parsed, CURLUPART_URL, m->url, CURLU_PATH_AS_IS) == CURLUE_OK);
    check_part(parsed, CURLUPART_HOST, "h.example");
    check_part(parsed, CURLUPART_PATH, encoded(a, "/a/x", to, "/b"));
    check_part(parsed, CURLUPART_QUERY, encoded(a, "q=", to, "&r=1"));
    curl_url_cleanup(parsed);
}

static void check_json(arena *a, const http_message *m, const value *to)
{
    value v;
    error e;
    check(json_read(a, m->body, m->body_size, &v, &e) && v.kind == VALUE_MAP && v.count == 3);
    const value *framed = value_field(&v, "to");
    check(value_equal(value_field(&v, "raw"), to) && framed->count == to->count + 2);
    check(to->count == 0 || memcmp(framed->text + 1, to->text, to->count) == 0);
}

static void check_headers(const http_message *m)
{
    for (const struct curl_slist *line = m->headers; line != NULL; line = line->next)
        for (const char *c = line->data; *c != '\0'; c++)
            check(((unsigned char)*c >= 0x20 || *c == '\t') && *c != 0x7F);
}

static void render(const value *to, bool as_form, bool with_header)
{
    config_provider p = {.name = "p", .kind = CONFIG_HTTP, .url = {.text = url, .shown = url}};
    if (with_header)
        p.headers = (config_properties){header, 1};
    if (as_form)
        p.http.form = (config_properties){field, 2};
    else
        p.http.body = body;
    value_member member = {value_cstring("to"), *to};
    const value message = {.kind = VALUE_MAP, .count = 1, .members = &member};
    step_state state = {.attempt = 1};
    const execution x = {.run = 1, .workflow_id = value_cstring("w"), .recipient = *to, .steps = &state};
    const step s = {.id = value_cstring("s"), .name = value_cstring("s")};
    arena memory;
    error e = {0};
    http_message m;
    arena_init(&memory, 4096, 64 << 20);
    const delivery d = {.provider = &p, .execution = &x, .step = &s, .message = &message, .arena = &memory};
    const http_request *r = http_request_compile(&memory, &p, false, &e);
    check(r != NULL);
    if (http_request_render(r, &d, &m, &e)) {
        check_url(&memory, &m, to);
        check_headers(&m);
        if (as_form)
            check(strncmp(m.body, encoded(&memory, "to=", to, "&z=1"), m.body_size) == 0);
        else
            check_json(&memory, &m, to);
    } else {
        check(with_header && e.code == ERROR_TEMPLATE && e.message[0] != '\0');
    }
    arena_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (size > 4096 || !utf8_valid(text, size, NULL))
        return 0;
    const value to = value_string(text, size);
    render(&to, false, false);
    render(&to, true, false);
    render(&to, false, true);
    return 0;
}
