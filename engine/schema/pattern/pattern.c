#include "engine/schema/pattern/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/schema/pattern/ecma.h"
#include "engine/schema/pattern/plain.h"

enum {
    /* A byte of the pattern becomes at most the ranges of \S. */
    TRANSLATED_BYTES_MAX = LIMIT_PATTERN_BYTES * 256,
    JIT_STACK_FIRST = 32 << 10,
};

struct pattern {
    pattern *next;
    value text;
    const plain *plain; /* or NULL: */
    pcre2_code *code;
    bool is_native; /* compiled to machine code */
};

struct pattern_scratch {
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
};

static bool compile_translated(pattern *p, const buffer *translated, error *e)
{
    const uint32_t options = PCRE2_UTF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
                             PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
    int code;
    PCRE2_SIZE at;
    const char *text = translated->size == 0 ? "" : translated->bytes;
    p->code = pcre2_compile((PCRE2_SPTR)text, translated->size, options, &code, &at, NULL);
    if (p->code == NULL) {
        char message[128];
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
        return error_set(e, ERROR_INVALID_SCHEMA, 0, "%s", message);
    }
    p->is_native = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
    return true;
}

static bool compile(pattern *p, arena *a, const value *text, error *e)
{
    p->plain = plain_new(a, text->text, text->count);
    if (p->plain != NULL)
        return true;
    arena memory;
    arena_init(&memory, 1024, TRANSLATED_BYTES_MAX * 4);
    buffer translated;
    buffer_init(&translated, &memory, TRANSLATED_BYTES_MAX);
    bool ok = ecma_translate(&translated, text->text, text->count, e);
    if (ok && translated.failed)
        ok = error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the pattern");
    ok = ok && compile_translated(p, &translated, e);
    arena_free(&memory);
    return ok;
}

pattern *pattern_new(arena *a, const value *text, pattern *next, error *e)
{
    if (text->count > LIMIT_PATTERN_BYTES) {
        error_set(e, ERROR_LIMIT, 0, "the pattern is longer than %d bytes", LIMIT_PATTERN_BYTES);
        return NULL;
    }
    pattern *p = arena_calloc(a, 1, sizeof *p);
    if (p == NULL) {
        error_set(e, arena_failure(a), 0, "no memory for the pattern");
        return NULL;
    }
    if (!compile(p, a, text, e))
        return NULL;
    p->next = next;
    p->text = *text;
    return p;
}

const value *pattern_text(const pattern *p)
{
    return &p->text;
}

void pattern_free(pattern *p)
{
    for (; p != NULL; p = p->next)
        pcre2_code_free(p->code);
}

pattern_scratch *pattern_scratch_new(void)
{
    pattern_scratch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->match = pcre2_match_data_create(1, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, LIMIT_PATTERN_STACK, NULL);
    if (s->match == NULL || s->context == NULL || s->stack == NULL) {
        pattern_scratch_free(s);
        return NULL;
    }
    pcre2_set_match_limit(s->context, LIMIT_PATTERN_MATCH);
    pcre2_set_depth_limit(s->context, LIMIT_PATTERN_DEPTH);
    pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void pattern_scratch_free(pattern_scratch *s)
{
    if (s == NULL)
        return;
    pcre2_match_data_free(s->match);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->stack);
    free(s);
}

pattern_result pattern_search(const pattern *p, pattern_scratch *s, const char *text, size_t size)
{
    if (size == 0)
        text = "";
    if (p->plain != NULL)
        return plain_matches(p->plain, text, size) ? PATTERN_MATCH : PATTERN_MISMATCH;
    PCRE2_SPTR subject = (PCRE2_SPTR)text;
    int found = p->is_native
                    ? pcre2_jit_match(p->code, subject, size, 0, 0, s->match, s->context)
                    : pcre2_match(p->code, subject, size, 0, PCRE2_NO_UTF_CHECK, s->match, s->context);
    if (found >= 0)
        return PATTERN_MATCH;
    return found == PCRE2_ERROR_NOMATCH ? PATTERN_MISMATCH : PATTERN_LIMIT;
}
