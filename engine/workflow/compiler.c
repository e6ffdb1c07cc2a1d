#include "engine/workflow/compiler.h"

#include <math.h>

#include "engine/limits.h"
#include "engine/nearest.h"
#include "engine/value/copy.h"
#include "engine/value/duration.h"
#include "engine/value/utf8.h"

enum { SHOWN_BYTES_MAX = 64 };

int compiler_shown(const value *text)
{
    uint32_t size = text->count;
    if (size > SHOWN_BYTES_MAX)
        for (size = SHOWN_BYTES_MAX; size > 0 && ((unsigned char)text->text[size] & 0xC0) == 0x80;)
            size--;
    return (int)size;
}

void compiler_add_memory(compiler *c)
{
    workflow_findings_add(c->findings, c->document, NULL, RULE_LIMIT,
                          "the compiled workflow needs more memory than its bound of %d bytes",
                          LIMIT_WORKFLOW_MEMORY);
}

/* ---- keys ---- */

static bool is_number(const value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static bool has_kind(const value *v, key_kind kind)
{
    switch (kind) {
    case KEY_STRING:
        return v->kind == VALUE_STRING;
    case KEY_LIST:
        return v->kind == VALUE_LIST;
    case KEY_MAP:
        return v->kind == VALUE_MAP;
    case KEY_NUMBER:
        return is_number(v);
    case KEY_DURATION:
        return v->kind == VALUE_STRING || is_number(v);
    default:
        return v->kind == VALUE_MAP || v->kind == VALUE_BOOL;
    }
}

static const char *kind_words(key_kind kind)
{
    static const char *const words[] = {
        [KEY_STRING] = "a string",
        [KEY_LIST] = "a list",
        [KEY_MAP] = "a mapping",
        [KEY_NUMBER] = "a number",
        [KEY_DURATION] = "a string or a number of seconds",
        [KEY_SCHEMA] = "a JSON Schema (a mapping or a boolean)",
    };
    return words[kind];
}

static const key_rule *find_rule(const value *key, const key_rule *rules, size_t rule_count)
{
    for (size_t i = 0; i < rule_count; i++)
        if (value_is_text(key, rules[i].name))
            return &rules[i];
    return NULL;
}

static void add_unknown(compiler *c, const value_member *member, const key_rule *rules, size_t rule_count,
                        const char *what, const char *(*elsewhere)(const char *))
{
    char key[SHOWN_BYTES_MAX + 1];
    int shown = compiler_shown(&member->key);
    memcpy(key, member->key.text, (size_t)shown);
    key[shown] = '\0';
    const char *place = elsewhere != NULL ? elsewhere(key) : NULL;
    if (place != NULL) {
        workflow_findings_add(c->findings, c->document, &member->value, RULE_UNKNOWN_KEY,
                              "%s has no key \"%s\": it belongs into %s", what, key, place);
        return;
    }
    nearest n;
    nearest_init(&n, key);
    for (size_t i = 0; i < rule_count; i++)
        nearest_try(&n, rules[i].name);
    const char *meant = nearest_found(&n);
    workflow_findings_add(c->findings, c->document, &member->value, RULE_UNKNOWN_KEY,
                          "%s has no key \"%s\"%s%s%s", what, key, meant != NULL ? "; is \"" : "",
                          meant != NULL ? meant : "", meant != NULL ? "\" meant?" : "");
}

static void check_member(compiler *c, const value_member *member, const key_rule *rule)
{
    const value *v = &member->value;
    if (v->kind == VALUE_NULL && rule->need == KEY_OPTIONAL)
        return;
    if (!has_kind(v, rule->kind))
        workflow_findings_add(c->findings, c->document, v, RULE_TYPE, "\"%s\" must be %s, not %s", rule->name,
                              kind_words(rule->kind), value_kind_name(v->kind));
}

void compiler_check_keys(compiler *c, const value *map, const key_rule *rules, size_t rule_count,
                         const char *what, const char *(*elsewhere)(const char *key))
{
    for (uint32_t i = 0; i < map->count; i++) {
        const key_rule *rule = find_rule(&map->members[i].key, rules, rule_count);
        if (rule != NULL)
            check_member(c, &map->members[i], rule);
        else
            add_unknown(c, &map->members[i], rules, rule_count, what, elsewhere);
    }
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].need == KEY_REQUIRED && value_field(map, rules[i].name) == NULL)
            workflow_findings_add(c->findings, c->document, map, RULE_REQUIRED_KEY, "%s needs \"%s\"", what,
                                  rules[i].name);
}

const value *compiler_get(const value *map, const char *key, value_kind kind)
{
    const value *v = value_field(map, key);
    return v != NULL && v->kind == kind ? v : NULL;
}

/* ---- durations ---- */

static bool read_duration(const value *v, int64_t min_ms, int64_t *ms)
{
    const int64_t max_ms = LIMIT_WAIT_SECONDS * INT64_C(1000);
    if (v->kind == VALUE_STRING)
        return duration_parse(v->text, v->count, 0, ms) && *ms >= min_ms && *ms <= max_ms;
    double number = value_as_double(v) * 1000;
    if (!(number >= (double)min_ms && number <= (double)max_ms))
        return false;
    *ms = (int64_t)rint(number);
    return true;
}

bool compiler_duration(compiler *c, const value *map, const char *key, int64_t min_ms, int64_t *ms)
{
    const value *v = value_field(map, key);
    int64_t read;
    if (v == NULL || !has_kind(v, KEY_DURATION))
        return false;
    if (!read_duration(v, min_ms, &read)) {
        char minimum[DURATION_TEXT_SIZE];
        duration_format(min_ms, minimum);
        workflow_findings_add(c->findings, c->document, v, RULE_DURATION,
                              "\"%s\" must be a duration (" DURATION_EXAMPLES
                              ") or a number of seconds, from %s to %dd",
                              key, minimum, LIMIT_WAIT_SECONDS / (24 * 3600));
        return false;
    }
    *ms = read;
    return true;
}

/* ---- texts ---- */

value compiler_copy_text(compiler *c, const value *v)
{
    value copy;
    if (v == NULL)
        return value_cstring("");
    if (!value_copy(c->arena, v, &copy)) {
        compiler_add_memory(c);
        return value_cstring("");
    }
    return copy;
}

static bool is_identifier(const value *v)
{
    for (uint32_t i = 0; i < v->count; i++) {
        char b = v->text[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
        if (!letter && b != '_' && b != '-' && b != '.' && b != ':')
            return false;
    }
    return v->count > 0 && v->count <= LIMIT_IDENTIFIER_BYTES;
}

value compiler_identifier(compiler *c, const value *v)
{
    if (v != NULL && !is_identifier(v)) {
        workflow_findings_add(c->findings, c->document, v, RULE_IDENTIFIER,
                              "an id has 1 to %d letters, digits, '_', '-', '.' or ':' (ASCII)",
                              LIMIT_IDENTIFIER_BYTES);
        v = NULL;
    }
    return compiler_copy_text(c, v);
}

static bool is_name(const value *v)
{
    bool visible = false;
    for (uint32_t i = 0; i < v->count; i++) {
        unsigned char b = (unsigned char)v->text[i];
        if (b < 0x20 || b == 0x7F)
            return false;
        visible |= b != ' ';
    }
    return visible && v->count <= LIMIT_IDENTIFIER_BYTES;
}

value compiler_name(compiler *c, const value *v)
{
    if (v != NULL && !is_name(v)) {
        workflow_findings_add(c->findings, c->document, v, RULE_NAME,
                              "a name has 1 to %d bytes of text on one line, not only spaces",
                              LIMIT_IDENTIFIER_BYTES);
        v = NULL;
    }
    return compiler_copy_text(c, v);
}

/* ---- programs ---- */

void compiler_add_at(compiler *c, const value *text, workflow_rule rule, size_t offset, const char *kind,
                     const char *message)
{
    size_t at = offset < text->count ? offset : text->count;
    size_t line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++) {
        if (text->text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    size_t character = utf8_length(text->text + line_start, at - line_start) + 1;
    const char *space = kind != NULL ? " " : "";
    kind = kind != NULL ? kind : "";
    if (memchr(text->text, '\n', text->count) == NULL)
        workflow_findings_add(c->findings, c->document, text, rule, "%s%sat character %zu: %s", kind, space,
                              character, message);
    else
        workflow_findings_add(c->findings, c->document, text, rule,
                              "%s%sat line %zu, character %zu of the text: %s", kind, space, line, character,
                              message);
}

void compiler_add_exception(compiler *c, const value *text, workflow_rule rule, const exception *x)
{
    compiler_add_at(c, text, rule, x->position, exception_name(x->type), x->message);
}

/* The message of a schema's error begins with the JSON Pointer of the keyword: follow it to its line. */
static void add_schema_error(compiler *c, const value *v, workflow_rule rule, const error *e)
{
    const char *colon = strstr(e->message, ": ");
    const value *node = colon == NULL ? NULL : document_follow(v, e->message, (size_t)(colon - e->message));
    if (node == NULL)
        workflow_findings_add(c->findings, c->document, v, rule, "%s", e->message);
    else
        workflow_findings_add(c->findings, c->document, node, rule, "%s", colon + 2);
}

static bool reserve_schema(compiler *c)
{
    schema_list *l = c->schemas;
    if (l->count < l->capacity)
        return true;
    size_t capacity = l->capacity * 2 + 2;
    schema **items =
        arena_grow(c->arena, l->items, l->capacity * sizeof *l->items, capacity * sizeof *l->items);
    if (items == NULL)
        return false;
    l->items = items;
    l->capacity = capacity;
    return true;
}

const schema *compiler_schema(compiler *c, const value *v, const value *variant, workflow_rule rule)
{
    error e = {0};
    if (!reserve_schema(c)) {
        compiler_add_memory(c);
        return NULL;
    }
    schema *s = schema_new(variant, &e);
    if (s == NULL)
        add_schema_error(c, v, rule, &e);
    else
        c->schemas->items[c->schemas->count++] = s;
    return s;
}
