/* Rendering is one loop over the instructions. Loops stand on a stack of their own; their variables are slots
 * behind the scope's values, in a copy that is made only where the template has loops. One budget of steps
 * and memory serves all expressions and loops of a render: a loop over many items runs out of it instead of
 * multiplying it. Texts, which cost no steps, are bounded by the size of what is rendered. */
#include "engine/expression/template/template.h"

#include "engine/expression/machine/iteration.h"
#include "engine/expression/machine/machine.h"
#include "engine/expression/template/html.h"
#include "engine/expression/template/percent.h"
#include "engine/expression/template/template_parser.h"
#include "engine/expression/text/text_methods.h"
#include "engine/limits.h"
#include "engine/value/number.h"

enum { LOOP_INDEX, LOOP_INDEX0, LOOP_FIRST, LOOP_LAST, LOOP_LENGTH, LOOP_MEMBERS };

typedef struct loop_state {
    const template_instruction *begin;
    value cursor;
    int64_t index; /* of the item that runs now */
    int64_t length;
    value_member members[LOOP_MEMBERS]; /* of the map `loop`; changed in place from item to item */
} loop_state;

typedef struct rendering {
    evaluation evaluation;
    template_kind kind;
    const value *values; /* of the scope, then those of loops */
    value *slots;        /* the same where there are loops, else NULL */
    buffer *out;
    loop_state loops[LIMIT_TEMPLATE_DEPTH];
    size_t depth;
} rendering;

static bool raise(rendering *r, exception_type type, const char *what)
{
    return evaluation_raise(&r->evaluation, type, "%s", what);
}

/* ---- output ---- */

/* A line feed, a carriage return or NUL. All are below 0x10, as hardly any other byte of a text is: eight
 * bytes at a time are known not to be. */
static bool breaks_line(const char *text, size_t size)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    size_t i = 0;
    for (uint64_t word; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (((word - high_bits / 8) & ~word & high_bits) != 0)
            break;
    }
    for (; i < size; i++)
        if (text[i] == '\n' || text[i] == '\r' || text[i] == '\0')
            return true;
    return false;
}

static bool append_text(rendering *r, const value *text)
{
    if (r->kind == TEMPLATE_HTML && !(text->flags & VALUE_SAFE))
        html_escape(r->out, text->text, text->count);
    else if (r->kind == TEMPLATE_URL)
        percent_encode(r->out, text->text, text->count);
    else
        buffer_add(r->out, text->text, text->count);
    if (r->kind == TEMPLATE_LINE && breaks_line(text->text, text->count))
        return raise(r, EXCEPTION_VALUE, "a line break or NUL in a text that must be one line");
    return true;
}

static bool append(rendering *r, const value *v)
{
    char number[NUMBER_TEXT_SIZE];
    value text;
    switch ((value_kind)v->kind) {
    case VALUE_STRING:
        return append_text(r, v);
    case VALUE_NULL:
        return raise(r, EXCEPTION_TYPE, "the value is None (`| default(...)` gives it another)");
    case VALUE_BOOL:
        buffer_add_text(r->out, v->boolean ? "True" : "False");
        return true;
    case VALUE_INT:
        buffer_add_int(r->out, v->integer);
        return true;
    case VALUE_FLOAT:
        text = value_string(number, number_format(v->number, number));
        return append_text(r, &text);
    default:
        return text_str(&r->evaluation, v, &text) && append_text(r, &text);
    }
}

/* ---- loops ---- */

static void set_loop(loop_state *l)
{
    l->members[LOOP_INDEX].value = value_int(l->index + 1);
    l->members[LOOP_INDEX0].value = value_int(l->index);
    l->members[LOOP_FIRST].value = value_bool(l->index == 0);
    l->members[LOOP_LAST].value = value_bool(l->index == l->length - 1);
}

static bool unpack(rendering *r, const value *item, size_t count, value *variables)
{
    value cursor;
    iteration_step step = ITERATION_ITEM;
    if (!iteration_begin(&r->evaluation, item, &cursor))
        return false;
    for (size_t i = 0; i < count && step == ITERATION_ITEM; i++)
        step = iteration_next(&r->evaluation, &cursor, &variables[i]);
    if (step == ITERATION_END)
        return raise(r, EXCEPTION_VALUE, "the item has fewer parts than the loop has variables");
    value more;
    if (step == ITERATION_ITEM)
        step = iteration_next(&r->evaluation, &cursor, &more);
    if (step == ITERATION_ITEM)
        return raise(r, EXCEPTION_VALUE, "the item has more parts than the loop has variables");
    return step == ITERATION_END;
}

/* Gives the innermost loop's variables the next item. */
static iteration_step advance(rendering *r)
{
    loop_state *l = &r->loops[r->depth - 1];
    value item;
    iteration_step step = iteration_next(&r->evaluation, &l->cursor, &item);
    if (step != ITERATION_ITEM)
        return step;
    l->index++;
    set_loop(l);
    value *variables = &r->slots[l->begin->slot + 1];
    if (l->begin->variable_count > 1)
        return unpack(r, &item, l->begin->variable_count, variables) ? ITERATION_ITEM : ITERATION_FAILED;
    variables[0] = item;
    return ITERATION_ITEM;
}

static bool enter_loop(rendering *r, const template_instruction *begin, const value *iterable)
{
    static const char *const names[LOOP_MEMBERS] = {"index", "index0", "first", "last", "length"};
    loop_state *l = &r->loops[r->depth++]; /* the parser has bounded the depth */
    l->begin = begin;
    l->index = -1;
    l->length = iterable->kind == VALUE_STRING ? (int64_t)text_length(iterable) : iterable->count;
    for (size_t i = 0; i < LOOP_MEMBERS; i++)
        l->members[i].key = value_cstring(names[i]);
    l->members[LOOP_LENGTH].value = value_int(l->length);
    r->slots[begin->slot] = (value){.kind = VALUE_MAP, .count = LOOP_MEMBERS, .members = l->members};
    return iteration_begin(&r->evaluation, iterable, &l->cursor);
}

/* ---- instructions ---- */

/* Runs an instruction that has an expression. */
static bool run(rendering *r, const template_instruction *i, uint32_t *next)
{
    value v;
    if (!machine_run(&r->evaluation, i->expression, r->values, &v))
        return false;
    switch ((template_operation)i->operation) {
    case TEMPLATE_PRINT:
    case TEMPLATE_MEMBER:
        return append(r, &v);
    case TEMPLATE_UNLESS:
        if (!expression_truth(&v))
            *next = i->target;
        return true;
    default:
        if (!enter_loop(r, i, &v))
            return false;
    }
    iteration_step step = advance(r);
    if (step == ITERATION_END) {
        r->depth--;
        *next = i->target;
    }
    return step != ITERATION_FAILED;
}

static bool run_next(rendering *r, const template_instruction *i, uint32_t *next)
{
    iteration_step step = advance(r);
    if (step == ITERATION_ITEM)
        *next = i->target;
    else if (step == ITERATION_END)
        r->depth--;
    return step != ITERATION_FAILED;
}

/* Most of what is printed is a member of the payload: it needs no machine. What is not there, and what only
 * expressions have, is the machine's to tell. */
static bool print_member(rendering *r, const template_instruction *i, uint32_t *next)
{
    const value *map = &r->values[i->slot];
    const value *found = map->kind == VALUE_MAP ? value_find(map, i->key) : NULL;
    if (found == NULL || found->kind > VALUE_MAP || r->evaluation.steps_left < EXPRESSION_MEMBER_STEPS)
        return run(r, i, next);
    r->evaluation.steps_left -= EXPRESSION_MEMBER_STEPS;
    return append(r, found);
}

/* *next is changed where it jumps. An exception's position is counted from the instruction's. */
static bool step(rendering *r, const template_instruction *i, uint32_t *next)
{
    switch ((template_operation)i->operation) {
    case TEMPLATE_TEXT_OUT:
        buffer_add(r->out, i->text, i->size);
        return true;
    case TEMPLATE_MEMBER:
        return print_member(r, i, next);
    case TEMPLATE_JUMP:
        *next = i->target;
        return true;
    case TEMPLATE_NEXT:
        return run_next(r, i, next);
    default:
        return run(r, i, next);
    }
}

static bool check_size(rendering *r)
{
    return !r->out->failed || raise(r, EXCEPTION_RESOURCE, "the rendered text is too long");
}

static bool render(rendering *r, const template *t)
{
    for (uint32_t next = 0; next < t->instruction_count;) {
        const template_instruction *i = &t->instructions[next++];
        if (!step(r, i, &next) || !check_size(r)) {
            r->evaluation.exception->position += i->position;
            return false;
        }
    }
    return true;
}

static bool take_slots(rendering *r, const template *t, const value *values)
{
    r->values = values;
    if (t->slot_count == t->value_count)
        return true;
    r->slots = evaluation_alloc(&r->evaluation, t->slot_count * sizeof *r->slots);
    if (r->slots == NULL)
        return false;
    if (t->value_count > 0)
        memcpy(r->slots, values, t->value_count * sizeof *values);
    r->values = r->slots;
    return true;
}

bool template_render(const template *t, const value *values, arena *a, buffer *out, exception *x)
{
    rendering r;
    evaluation_init(&r.evaluation, a, x);
    r.evaluation.steps_left = LIMIT_RENDER_STEPS;
    r.evaluation.memory_left = LIMIT_RENDER_MEMORY;
    r.kind = t->kind;
    r.slots = NULL;
    r.out = out;
    r.depth = 0;
    size_t limit = out->limit;
    if (limit - out->size > LIMIT_RENDERED_BYTES)
        out->limit = out->size + LIMIT_RENDERED_BYTES;
    buffer_expect(out, t->size_expected);
    bool ok = take_slots(&r, t, values) && render(&r, t);
    out->limit = limit;
    return ok;
}

template *template_compile(arena *a, const char *source, size_t size, template_kind kind,
                           const expression_scope *scope, exception *x)
{
    template *t = arena_alloc(a, sizeof *t);
    if (t == NULL) {
        *x = (exception){.type = EXCEPTION_RESOURCE, .message = "no memory is left for the template"};
        return NULL;
    }
    return template_parse(a, source, size, kind, scope, NULL, t, x) ? t : NULL;
}

bool template_is_constant(const template *t)
{
    return t->instruction_count == 0 ||
           (t->instruction_count == 1 && t->instructions[0].operation == TEMPLATE_TEXT_OUT);
}
