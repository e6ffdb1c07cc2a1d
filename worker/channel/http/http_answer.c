#include "worker/channel/http/http_answer.h"

#include <ctype.h>
#include <stdio.h>

#include "engine/value/json.h"
#include "engine/value/utf8.h"
#include "worker/channel/http/http_outcome.h"
#include "worker/channel/http/json_pointer.h"

enum { CODE_SIZE = sizeof "http_599_" + HTTP_ERROR_WORD_MAX };

#define HEADER_PREFIX "header:"

static bool is_pointer(const char *place)
{
    return place != NULL && *place == '/';
}

bool http_answer_is_read(const config_http *h)
{
    return is_pointer(h->message_id) || is_pointer(h->error);
}

static const char *find_header(const http_answer *a, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(a->handle, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value
                                                                                        : NULL;
}

/* The text at a place, `/pointer` or `header:NAME`; numbers as they are written. Null where there is none. */
static value find(const http_answer *a, const value *content, const char *place)
{
    if (place == NULL)
        return value_null();
    if (!is_pointer(place)) {
        const char *text = find_header(a, place + strlen(HEADER_PREFIX));
        return text == NULL ? value_null() : value_cstring(text);
    }
    const value *found = json_pointer_find(content, place);
    if (found != NULL && found->kind == VALUE_STRING)
        return *found;
    if (found == NULL || found->kind != VALUE_INT)
        return value_null();
    buffer number;
    buffer_init(&number, a->scratch, SIZE_MAX);
    buffer_add_int(&number, found->integer);
    return number.failed ? value_null() : buffer_string(&number);
}

static void read_document(const http_answer *a, value *content)
{
    error ignored;
    if (a->size == 0 || !json_read(a->scratch, a->body, a->size, content, &ignored))
        *content = value_null();
}

/* It goes into the record, as it is. */
static void take_message_id(const http_answer *a, const value *content, delivery *d)
{
    value id = find(a, content, d->provider->http.message_id);
    if (id.kind != VALUE_STRING || id.count == 0 || id.count > HTTP_MESSAGE_ID_MAX ||
        !utf8_valid(id.text, id.count, NULL))
        return;
    const char *copy = arena_copy(d->arena, id.text, id.count);
    if (copy != NULL)
        d->message_id = value_string(copy, id.count);
}

/* A word that codes may be made of: no sentence, no address. */
static bool is_word(const value *text)
{
    if (text->kind != VALUE_STRING || text->count == 0 || text->count > HTTP_ERROR_WORD_MAX)
        return false;
    for (uint32_t i = 0; i < text->count; i++) {
        char c = text->text[i];
        if (!isalnum((unsigned char)c) && c != '_' && c != '-' && c != '.')
            return false;
    }
    return true;
}

static const char *write_code(const http_answer *a, const value *content, delivery *d)
{
    value word = find(a, content, d->provider->http.error);
    char *code = arena_alloc(d->arena, CODE_SIZE);
    if (code == NULL)
        return "http_error";
    if (is_word(&word))
        snprintf(code, CODE_SIZE, "http_%ld_%.*s", a->status, (int)word.count, word.text);
    else
        snprintf(code, CODE_SIZE, "http_%ld", a->status);
    return code;
}

channel_result http_answer_judge(const http_answer *a, delivery *d, int64_t wall_ms)
{
    value content;
    read_document(a, &content);
    http_verdict verdict = http_judge_status(&d->provider->http, a->status);
    if (verdict == HTTP_DELIVERED) {
        take_message_id(a, &content, d);
        return CHANNEL_DELIVERED;
    }
    d->code = write_code(a, &content, d);
    d->retriable = verdict == HTTP_RETRY;
    d->sentence = d->retriable ? "it cannot take the message now" : "it refuses the message";
    const char *pause = d->retriable ? find_header(a, "Retry-After") : NULL;
    if (pause != NULL)
        d->retry_after_ms = http_retry_after_ms(pause, wall_ms);
    return CHANNEL_REFUSED;
}
