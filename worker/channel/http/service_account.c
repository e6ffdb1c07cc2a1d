#include "worker/channel/http/service_account.h"

#include "engine/value/json.h"

enum { VALID_S = 3600, TOKEN_MAX = 4096 };

static bool lacks(const char *member, error *e)
{
    return error_set(e, ERROR_CONFIG, 0, "is no key file of a service account: it has no text at \"%s\"",
                     member);
}

/* The text of a member, followed by a NUL. NULL where it is none. */
static const char *member_text(arena *a, const value *file, const char *member)
{
    const value *v = value_field(file, member);
    if (v == NULL || v->kind != VALUE_STRING || v->count == 0 || memchr(v->text, '\0', v->count) != NULL)
        return NULL;
    return arena_copy(a, v->text, v->count);
}

bool service_account_read(service_account *s, arena *a, const char *json, size_t size, error *e)
{
    value file;
    *s = (service_account){0};
    if (!json_read(a, json, size, &file, e))
        return error_set(e, ERROR_CONFIG, 0, "is no key file of a service account: it is no JSON");
    const char *pem = member_text(a, &file, "private_key");
    s->token_uri = member_text(a, &file, "token_uri");
    s->email = member_text(a, &file, "client_email");
    s->key_id = member_text(a, &file, "private_key_id");
    if (s->token_uri == NULL)
        return lacks("token_uri", e);
    if (s->email == NULL)
        return lacks("client_email", e);
    if (s->key_id == NULL)
        return lacks("private_key_id", e);
    if (pem == NULL)
        return lacks("private_key", e);
    s->key = jwt_key_new(pem, strlen(pem), JWT_RS256, e);
    return s->key != NULL || error_prefix(e, "private_key");
}

static void add_member(buffer *b, const char *before, const char *text)
{
    buffer_add_text(b, before);
    json_write_string(b, text, strlen(text));
}

bool service_account_write(const service_account *s, const char *scope, int64_t now_s, arena *a, buffer *form)
{
    buffer header, claims;
    buffer_init(&header, a, SIZE_MAX);
    buffer_init(&claims, a, SIZE_MAX);
    add_member(&header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":", s->key_id);
    buffer_add(&header, "}", 2);
    add_member(&claims, "{\"iss\":", s->email);
    add_member(&claims, ",\"scope\":", scope);
    add_member(&claims, ",\"aud\":", s->token_uri);
    buffer_add_text(&claims, ",\"iat\":");
    buffer_add_int(&claims, now_s);
    buffer_add_text(&claims, ",\"exp\":");
    buffer_add_int(&claims, now_s + VALID_S);
    buffer_add(&claims, "}", 2);
    buffer_add_text(form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    return !header.failed && !claims.failed && jwt_write(s->key, header.bytes, claims.bytes, form);
}

/* It becomes part of a header. */
static bool is_token(const value *v)
{
    if (v == NULL || v->kind != VALUE_STRING || v->count == 0 || v->count > TOKEN_MAX)
        return false;
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->text[i] <= ' ' || v->text[i] > '~')
            return false;
    }
    return true;
}

bool service_account_token(arena *a, const char *json, size_t size, value *token, int64_t *valid_s)
{
    value answer;
    error ignored;
    if (!json_read(a, json, size, &answer, &ignored))
        return false;
    const value *text = value_field(&answer, "access_token"), *seconds = value_field(&answer, "expires_in");
    if (!is_token(text))
        return false;
    *token = *text;
    *valid_s = seconds != NULL && seconds->kind == VALUE_INT ? seconds->integer : VALID_S;
    if (*valid_s > VALID_S)
        *valid_s = VALID_S;
    return *valid_s > 0;
}
