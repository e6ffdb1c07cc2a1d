/* One pass over the tokens, instructions out as they come. Forward jumps wait in chains, linked through their
 * targets, until the tag that they lead to is reached (`land`). A first, cheap pass over the tokens says how
 * much room texts and instructions need, so that neither is ever moved. */
#include "engine/expression/template/template_parser.h"

#include <stdio.h>
#include <string.h>

#include "engine/expression/template/template_filters.h"
#include "engine/expression/template/template_lexer.h"
#include "engine/limits.h"
#include "engine/value/utf8.h"

enum {
    VARIABLES_MAX = 4, /* of one loop */
    NAMES_MAX = 256,   /* of the scope and all loops around one place */
    INSTRUCTIONS_PER_TOKEN = 2,
    SCRATCH_CHUNK_BYTES = 4096,
};
static const uint32_t NOWHERE = UINT32_MAX;
static const uint16_t NOTHING_HIDDEN = UINT16_MAX;

typedef struct block {
    bool is_loop;
    bool has_else;
    size_t position;     /* of the tag that opened it */
    uint32_t otherwise;  /* chain: jumps to the next elif, else or end */
    uint32_t exits;      /* chain: jumps behind the end */
    uint32_t body;       /* of a loop */
    uint16_t name_count; /* outside of it */
} block;

typedef struct parser {
    arena *arena;
    const char *source;
    template_kind kind;
    const expression_scope *scope;
    check_findings *findings; /* NULL: expressions are not checked, but compiled */
    exception *exception;
    template_instruction *instructions;
    uint32_t instruction_count;
    uint32_t label; /* the newest jump target: no text may be joined across it */
    char *text;
    size_t text_size;
    block blocks[LIMIT_TEMPLATE_DEPTH];
    size_t depth;
    const char *names[NAMES_MAX]; /* a name that a loop's variable hides is "" meanwhile */
    uint16_t hidden[NAMES_MAX];   /* the index of the name that this one hides */
    shape shapes[NAMES_MAX];      /* of the names, for checks */
    shape checked;                /* of the newest expression, in a `for` of its items */
    uint16_t name_count;
    uint16_t slot_count;
} parser;

/* What is left of a statement while it is read. */
typedef struct cursor {
    size_t at;
    size_t end;
} cursor;

static bool fail(parser *p, exception_type type, size_t position, const char *what)
{
    *p->exception = (exception){.type = type, .position = position};
    snprintf(p->exception->message, sizeof p->exception->message, "%s", what);
    return false;
}

static bool fail_syntax(parser *p, size_t position, const char *what)
{
    return fail(p, EXCEPTION_SYNTAX, position, what);
}

/* ---- emission ---- */

static template_instruction *emit(parser *p, template_operation operation, uint32_t target)
{
    template_instruction *i = &p->instructions[p->instruction_count++];
    *i = (template_instruction){.operation = (uint8_t)operation, .target = target};
    return i;
}

/* Adds the next instruction, a jump, to a chain. */
static void chain(parser *p, uint32_t *newest)
{
    uint32_t index = p->instruction_count;
    emit(p, TEMPLATE_JUMP, *newest);
    *newest = index;
}

static void land(parser *p, uint32_t newest)
{
    while (newest != NOWHERE) {
        uint32_t older = p->instructions[newest].target;
        p->instructions[newest].target = p->instruction_count;
        newest = older;
    }
    p->label = p->instruction_count;
}

static void emit_text(parser *p, const char *text, size_t size, size_t position)
{
    char *copy = p->text + p->text_size;
    memcpy(copy, text, size);
    p->text_size += size;
    template_instruction *last =
        p->instruction_count > p->label ? &p->instructions[p->instruction_count - 1] : NULL;
    if (last == NULL || last->operation != TEMPLATE_TEXT_OUT) {
        last = emit(p, TEMPLATE_TEXT_OUT, NOWHERE);
        last->text = copy;
        last->position = (uint32_t)position;
    }
    last->size += (uint32_t)size;
}

static bool check_compiled(parser *p, const expression_scope *scope, bool iterated, size_t start, size_t end)
{
    check_findings *f = p->findings;
    size_t count_before = f->count;
    check_place place = {.scope = scope, .shapes = p->shapes, .findings = f, .iterated = iterated};
    bool ok = check_at(p->arena, p->source + start, end - start, &place, &p->checked, p->exception);
    for (size_t i = count_before; i < f->count; i++)
        f->items[i].position += start;
    return ok;
}

static bool emit_expression(parser *p, template_operation operation, size_t start, size_t end)
{
    expression_scope scope = *p->scope;
    scope.names = p->names;
    scope.count = p->name_count;
    scope.find_filter = template_filter_find;
    arena_mark mark = arena_get_mark(p->arena);
    expression *compiled = expression_compile(p->arena, p->source + start, end - start, &scope, p->exception);
    bool ok = compiled != NULL;
    if (ok && p->findings != NULL) {
        ok = check_compiled(p, &scope, operation == TEMPLATE_FOR, start, end);
        arena_rewind(p->arena, mark); /* what is checked does not run */
        compiled = NULL;
    }
    if (!ok) {
        p->exception->position += start;
        return false;
    }
    template_instruction *i = emit(p, operation, NOWHERE);
    i->position = (uint32_t)start;
    i->expression = compiled;
    size_t slot;
    i->key = operation == TEMPLATE_PRINT && compiled != NULL ? expression_as_member(compiled, &slot) : NULL;
    if (i->key != NULL) {
        i->operation = TEMPLATE_MEMBER;
        i->slot = (uint16_t)slot;
    }
    return true;
}

/* ---- the names of loops ---- */

static bool add_name(parser *p, const char *name, size_t position)
{
    if (p->name_count == NAMES_MAX)
        return fail(p, EXCEPTION_RESOURCE, position, "too many variables around this place");
    uint16_t slot = p->name_count++;
    p->hidden[slot] = NOTHING_HIDDEN;
    for (uint16_t i = 0; i < slot; i++) {
        if (strcmp(p->names[i], name) == 0) {
            p->hidden[slot] = i;
            p->names[i] = "";
        }
    }
    p->names[slot] = name;
    p->shapes[slot] = shape_of_kinds(SHAPE_ANY);
    if (p->name_count > p->slot_count)
        p->slot_count = p->name_count;
    return true;
}

static void drop_names(parser *p, uint16_t name_count)
{
    while (p->name_count > name_count) {
        uint16_t slot = --p->name_count;
        if (p->hidden[slot] != NOTHING_HIDDEN)
            p->names[p->hidden[slot]] = p->names[slot];
    }
}

/* ---- statements ---- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_space(const parser *p, cursor *c)
{
    while (c->at < c->end && template_is_space(p->source[c->at]))
        c->at++;
}

/* The word at the cursor and the space behind it; size 0 where there is none. */
static cursor take_word(const parser *p, cursor *c)
{
    cursor word = {c->at, c->at};
    while (word.end < c->end && is_word_byte(p->source[word.end]))
        word.end++;
    c->at = word.end;
    skip_space(p, c);
    return word;
}

static bool is_word(const parser *p, cursor word, const char *text)
{
    size_t size = strlen(text);
    return word.end - word.at == size && memcmp(p->source + word.at, text, size) == 0;
}

static bool take_byte(const parser *p, cursor *c, char byte)
{
    if (c->at == c->end || p->source[c->at] != byte)
        return false;
    c->at++;
    skip_space(p, c);
    return true;
}

static bool expect_end(parser *p, cursor c, const char *what)
{
    return c.at == c.end || fail_syntax(p, c.at, what);
}

static bool open_block(parser *p, bool is_loop, size_t position)
{
    if (p->depth == LIMIT_TEMPLATE_DEPTH)
        return fail(p, EXCEPTION_RESOURCE, position, "the template is nested too deeply");
    p->blocks[p->depth++] = (block){
        .is_loop = is_loop,
        .position = position,
        .otherwise = p->instruction_count - 1, /* the test itself */
        .exits = NOWHERE,
        .body = p->instruction_count,
        .name_count = p->name_count,
    };
    return true;
}

static block *innermost(parser *p)
{
    return p->depth > 0 ? &p->blocks[p->depth - 1] : NULL;
}

static bool parse_if(parser *p, size_t position, cursor rest)
{
    return emit_expression(p, TEMPLATE_UNLESS, rest.at, rest.end) && open_block(p, false, position);
}

static bool parse_elif(parser *p, size_t position, cursor rest)
{
    block *b = innermost(p);
    if (b == NULL || b->is_loop || b->has_else)
        return fail_syntax(p, position, "'elif' without an 'if' before it");
    chain(p, &b->exits);
    land(p, b->otherwise);
    b->otherwise = p->instruction_count;
    return emit_expression(p, TEMPLATE_UNLESS, rest.at, rest.end);
}

/* The loop's body ends here; its variables end with it. */
static void end_body(parser *p, block *b)
{
    emit(p, TEMPLATE_NEXT, b->body)->position = p->instructions[b->body - 1].position;
    drop_names(p, b->name_count);
}

static bool parse_else(parser *p, size_t position, cursor rest)
{
    block *b = innermost(p);
    if (b == NULL || b->has_else)
        return fail_syntax(p, position, "'else' without an 'if' or 'for' before it");
    if (!expect_end(p, rest, "'else' takes nothing behind it; a further condition is an 'elif'"))
        return false;
    if (b->is_loop)
        end_body(p, b);
    chain(p, &b->exits);
    land(p, b->otherwise);
    b->otherwise = NOWHERE;
    b->has_else = true;
    return true;
}

static bool close_block(parser *p, bool is_loop, size_t position, cursor rest, const char *without)
{
    block *b = innermost(p);
    if (b == NULL || b->is_loop != is_loop)
        return fail_syntax(p, position, without);
    if (!expect_end(p, rest, "the end of a block takes nothing behind it"))
        return false;
    if (is_loop && !b->has_else)
        end_body(p, b);
    land(p, b->otherwise);
    land(p, b->exits);
    p->depth--;
    return true;
}

static bool parse_endif(parser *p, size_t position, cursor rest)
{
    return close_block(p, false, position, rest, "'endif' without an 'if' before it");
}

static bool parse_endfor(parser *p, size_t position, cursor rest)
{
    return close_block(p, true, position, rest, "'endfor' without a 'for' before it");
}

static bool parse_variables(parser *p, cursor *c, cursor variables[VARIABLES_MAX], uint8_t *count)
{
    *count = 0;
    do {
        if (*count == VARIABLES_MAX)
            return fail(p, EXCEPTION_RESOURCE, c->at, "a loop has at most four variables");
        cursor name = take_word(p, c);
        char first = name.at < name.end ? p->source[name.at] : '0';
        if (first >= '0' && first <= '9')
            return fail_syntax(p, name.at, "expected the name of the loop's variable");
        if (is_word(p, name, "loop"))
            return fail_syntax(p, name.at, "'loop' is the loop itself: choose another name");
        variables[(*count)++] = name;
    } while (take_byte(p, c, ','));
    cursor in = take_word(p, c);
    return is_word(p, in, "in") || fail_syntax(p, in.at, "expected 'in' behind the loop's variables");
}

static bool parse_for(parser *p, size_t position, cursor rest)
{
    cursor variables[VARIABLES_MAX];
    uint8_t count;
    if (!parse_variables(p, &rest, variables, &count) ||
        !emit_expression(p, TEMPLATE_FOR, rest.at, rest.end) || !open_block(p, true, position))
        return false;
    template_instruction *begin = &p->instructions[p->instruction_count - 1];
    begin->variable_count = count;
    begin->slot = p->name_count;
    if (!add_name(p, "loop", position))
        return false;
    for (uint8_t i = 0; i < count; i++) {
        cursor v = variables[i];
        const char *name = arena_copy(p->arena, p->source + v.at, v.end - v.at);
        if (name == NULL)
            return fail(p, EXCEPTION_RESOURCE, v.at, "no memory is left for the template");
        if (!add_name(p, name, v.at))
            return false;
    }
    if (count == 1)
        p->shapes[begin->slot + 1] = p->checked;
    return true;
}

static bool parse_statement(parser *p, const template_token *token)
{
    static const struct {
        const char *word;
        bool (*parse)(parser *p, size_t position, cursor rest);
    } statements[] = {
        {"if", parse_if},       {"elif", parse_elif}, {"else", parse_else},
        {"endif", parse_endif}, {"for", parse_for},   {"endfor", parse_endfor},
    };
    cursor rest = {token->position, token->position + token->size};
    cursor word = take_word(p, &rest);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (is_word(p, word, statements[i].word))
            return statements[i].parse(p, token->position, rest);
    return fail_syntax(p, token->position,
                       "unknown statement (there are: if, elif, else, endif, for, endfor)");
}

/* ---- the whole ---- */

static bool parse_text(parser *p, const template_token *token)
{
    const char *text = p->source + token->position;
    if (p->kind == TEMPLATE_LINE) {
        for (size_t i = 0; i < token->size; i++)
            if (text[i] == '\n' || text[i] == '\r' || text[i] == '\0')
                return fail_syntax(p, token->position + i, "a line break in a text that must be one line");
    }
    emit_text(p, text, token->size, token->position);
    return true;
}

static bool parse_tokens(parser *p, template_lexer lexer)
{
    for (;;) {
        template_token token;
        if (!template_lexer_next(&lexer, &token, p->exception))
            return false;
        bool ok = true;
        switch (token.kind) {
        case TEMPLATE_TOKEN_END:
            return p->depth == 0 ||
                   fail_syntax(p, p->blocks[p->depth - 1].position, "the block that begins here has no end");
        case TEMPLATE_TOKEN_TEXT:
            ok = parse_text(p, &token);
            break;
        case TEMPLATE_TOKEN_PRINT:
            ok = emit_expression(p, TEMPLATE_PRINT, token.position, token.position + token.size);
            break;
        case TEMPLATE_TOKEN_STATEMENT:
            ok = parse_statement(p, &token);
            break;
        }
        if (!ok)
            return false;
    }
}

static bool fail_memory(parser *p)
{
    return fail(p, EXCEPTION_RESOURCE, 0, "no memory is left for the template");
}

static bool make_room(parser *p, template_lexer lexer, arena *scratch)
{
    size_t token_count = 0, text_size = 0;
    template_token token;
    do {
        if (!template_lexer_next(&lexer, &token, p->exception))
            return false;
        token_count++;
        if (token.kind == TEMPLATE_TOKEN_TEXT)
            text_size += token.size;
    } while (token.kind != TEMPLATE_TOKEN_END);
    p->text = arena_alloc(p->arena, text_size);
    p->instructions = arena_calloc(scratch, token_count * INSTRUCTIONS_PER_TOKEN, sizeof *p->instructions);
    return (p->text != NULL && p->instructions != NULL) || fail_memory(p);
}

static void begin_checks(parser *p, const template_checking *checking)
{
    p->findings = checking->findings;
    for (size_t i = 0; i < p->scope->count; i++)
        p->shapes[i] = checking->shapes[i];
}

static bool check_source(parser *p, const char *source, size_t size)
{
    if (size > LIMIT_TEMPLATE_BYTES)
        return fail(p, EXCEPTION_RESOURCE, LIMIT_TEMPLATE_BYTES, "the template is too long");
    if (!utf8_valid(source, size, NULL))
        return fail_syntax(p, 0, "the template is not valid UTF-8");
    for (size_t i = 0; i < p->scope->count; i++)
        if (!add_name(p, p->scope->names[i], 0))
            return false;
    return true;
}

/* As long as the texts, and values of usual length. */
static uint32_t expect_size(const parser *p)
{
    enum { VALUE_SIZE = 32 };
    uint32_t size = 0;
    for (uint32_t i = 0; i < p->instruction_count; i++) {
        const template_instruction *in = &p->instructions[i];
        size += in->operation == TEMPLATE_TEXT_OUT ? in->size : 0;
        size += in->operation == TEMPLATE_PRINT || in->operation == TEMPLATE_MEMBER ? VALUE_SIZE : 0;
    }
    return size;
}

static bool parse(parser *p, const char *source, size_t size, const template_checking *checking,
                  arena *scratch)
{
    template_lexer lexer = {.source = source, .size = size};
    if (!check_source(p, source, size) || !make_room(p, lexer, scratch))
        return false;
    if (checking != NULL)
        begin_checks(p, checking);
    return parse_tokens(p, lexer);
}

bool template_parse(arena *a, const char *source, size_t size, template_kind kind,
                    const expression_scope *scope, const template_checking *checking, template *t,
                    exception *x)
{
    parser p = {.arena = a, .source = source, .kind = kind, .scope = scope, .exception = x};
    arena scratch; /* the first pass asks for more instructions than will be needed */
    arena_init(&scratch, SCRATCH_CHUNK_BYTES, LIMIT_WORKFLOW_MEMORY);
    bool ok = parse(&p, source, size, checking, &scratch);
    size_t instructions_size = p.instruction_count * sizeof *p.instructions;
    template_instruction *instructions = ok ? arena_alloc(a, instructions_size) : NULL;
    if (instructions != NULL)
        memcpy(instructions, p.instructions, instructions_size);
    else if (ok)
        ok = fail_memory(&p);
    *t = (template){
        .instructions = instructions,
        .instruction_count = p.instruction_count,
        .value_count = (uint16_t)scope->count,
        .slot_count = p.slot_count,
        .size_expected = expect_size(&p),
        .kind = kind,
    };
    arena_free(&scratch);
    return ok;
}
