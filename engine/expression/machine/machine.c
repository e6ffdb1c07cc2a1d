/* The machine: one loop over the instructions of a block.
 *
 * A frame is one run of a block: its variables and behind them its stack. The frame of the expression and of
 * an eager comprehension lives on the C stack (small ones with their values), since they end where they
 * began. That of a generator lives in the arena, and so do the values of every block that has a generator
 * inside: the generator reads the variables of the frames around it when it runs, which may be after they
 * have ended, and sees what they held last. That is Python's late binding of closures.
 *
 * Steps are paid in bulk: a block's instructions when it starts, a loop's with every item (operand a of
 * NEXT), work on many items or bytes by whoever does it. So the loop itself counts nothing, and no run can do
 * more than the budget times a small constant. */
#include "engine/expression/machine/machine.h"

#include "engine/expression/machine/arithmetic.h"
#include "engine/expression/machine/attribute.h"
#include "engine/expression/machine/call.h"
#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/comparison.h"
#include "engine/expression/machine/subscript.h"
#include "engine/limits.h"

enum { VALUES_ON_C_STACK = 32 };

typedef struct frame frame;

struct frame {
    const block *block;
    const frame *outer;
    value *slots;
    value *top;              /* the first free place of the stack */
    const instruction *next; /* to be executed */
};

/* What a comprehension collects into; which one the block's kind tells. */
typedef union collector {
    sequence_builder list;
    set_builder set;
    dict_builder map;
} collector;

/* What all frames of one evaluation share. */
typedef struct machine {
    evaluation *ev;
    const expression *program;
    const value *names;
} machine;

typedef struct generator {
    machine machine;
    frame frame;
    bool running;
    bool ended;
} generator;

typedef enum outcome { OUTCOME_RETURNED, OUTCOME_YIELDED, OUTCOME_FAILED } outcome;

static outcome run(const machine *m, frame *f, collector *collected, value *result);

/* ---- frames ---- */

static size_t values_needed(const block *b)
{
    return (size_t)b->slot_count + b->stack_count;
}

/* A frame whose first instruction is next, and whose variables have no values. */
static inline bool start_frame(evaluation *ev, frame *f, const block *b, const frame *outer, value *values)
{
    *f = (frame){.block = b, .outer = outer, .slots = values, .top = values + b->slot_count, .next = b->code};
    for (uint16_t i = 0; i < b->slot_count; i++)
        values[i] = value_omitted();
    return evaluation_spend(ev, b->code_count);
}

static bool enter(evaluation *ev)
{
    if (ev->depth == LIMIT_EXPRESSION_CALLS)
        return evaluation_raise(ev, EXCEPTION_RESOURCE,
                                "more than %d comprehensions and generators run inside one another",
                                LIMIT_EXPRESSION_CALLS);
    ev->depth++;
    return true;
}

static void start_collector(evaluation *ev, block_kind kind, collector *c)
{
    if (kind == BLOCK_LIST)
        sequence_builder_init(&c->list, ev);
    else if (kind == BLOCK_SET)
        set_builder_init(&c->set, ev);
    else
        dict_builder_init(&c->map, ev);
}

static bool finish_collector(block_kind kind, collector *c, value *result)
{
    if (kind == BLOCK_LIST)
        return sequence_builder_finish(&c->list, VALUE_LIST, result);
    if (kind == BLOCK_SET)
        return set_builder_finish(&c->set, result);
    return dict_builder_finish(&c->map, result);
}

/* Runs a list, set or dict comprehension over the iterator in *value, and puts what it collects there. */
static bool comprehend(const machine *m, const frame *outer, const block *b, value *iterator)
{
    value on_c_stack[VALUES_ON_C_STACK];
    value *values = on_c_stack;
    if (b->shared || values_needed(b) > VALUES_ON_C_STACK) {
        values = evaluation_alloc(m->ev, values_needed(b) * sizeof *values);
        if (values == NULL)
            return false;
    }
    frame on_stack;
    frame *f = &on_stack;
    if (b->shared) {
        f = evaluation_alloc(m->ev, sizeof *f);
        if (f == NULL)
            return false;
    }
    if (!enter(m->ev) || !start_frame(m->ev, f, b, outer, values))
        return false;
    *f->top++ = *iterator;
    collector collected;
    start_collector(m->ev, b->kind, &collected);
    value nothing;
    outcome o = run(m, f, &collected, &nothing);
    m->ev->depth--;
    if (o == OUTCOME_FAILED)
        return false;
    return finish_collector(b->kind, &collected, iterator);
}

/* Turns the iterator in *value into a generator over it. */
static bool generate(const machine *m, const frame *outer, const block *b, value *iterator)
{
    generator *g = evaluation_alloc(m->ev, sizeof *g);
    value *values = evaluation_alloc(m->ev, values_needed(b) * sizeof *values);
    if (g == NULL || values == NULL)
        return false;
    *g = (generator){.machine = *m};
    if (!start_frame(m->ev, &g->frame, b, outer, values))
        return false;
    *g->frame.top++ = *iterator;
    *iterator = (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_GENERATOR, .object = g};
    return true;
}

iteration_step machine_resume(evaluation *ev, void *object, value *item)
{
    generator *g = object;
    if (g->ended)
        return ITERATION_END;
    if (g->running) {
        evaluation_raise(ev, EXCEPTION_VALUE, "generator already executing");
        return ITERATION_FAILED;
    }
    if (!enter(ev))
        return ITERATION_FAILED;
    g->running = true;
    outcome o = run(&g->machine, &g->frame, NULL, item);
    g->running = false;
    ev->depth--;
    if (o == OUTCOME_FAILED)
        return ITERATION_FAILED;
    g->ended = o == OUTCOME_RETURNED;
    return g->ended ? ITERATION_END : ITERATION_ITEM;
}

/* ---- instructions that are more than a line ---- */

static inline bool item_of(evaluation *ev, const value *container, const value *key, value *result)
{
    if (container->kind == VALUE_MAP && key->kind == VALUE_STRING) {
        const value *found = value_find(container, key);
        if (found != NULL) {
            *result = *found;
            return true;
        }
    }
    return subscript_item(ev, container, key, result);
}

/* The same for a constant key, which is the source's own: it may be named. */
static inline bool constant_item_of(evaluation *ev, const value *container, const value *key, value *result)
{
    if (item_of(ev, container, key, result))
        return true;
    if (ev->exception->type == EXCEPTION_KEY && key->kind == VALUE_STRING)
        evaluation_raise(ev, EXCEPTION_KEY, "'%.*s'", (int)key->count, key->text);
    return false;
}

static inline bool member_of(evaluation *ev, const value *v, const value *name, value *result)
{
    const value *found = v->kind == VALUE_MAP ? value_find(v, name) : NULL;
    if (found == NULL)
        return attribute_get_member(ev, v, name, result);
    *result = *found;
    return true;
}

/* A copy in two halves. What an instruction has just made is written in halves, and a load of all 16 bytes
 * would have to wait until both have left the store buffer. */
static inline void copy_fresh(value *to, const value *from)
{
    uint64_t head;
    memcpy(&head, from, sizeof head);
    int64_t body = from->integer;
    memcpy(to, &head, sizeof head);
    to->integer = body;
}

/* True where the number is, or has, an exact double: nearly all are. */
static inline bool as_double(const value *v, double *number)
{
    const int64_t exact = INT64_C(1) << 53;
    *number = v->kind == VALUE_FLOAT ? v->number : (double)v->integer;
    return v->kind == VALUE_FLOAT || (v->kind == VALUE_INT && v->integer >= -exact && v->integer <= exact);
}

/* Replaces *left by what the relation says. That of doubles is C's, to the NaN; always inlined, with a
 * relation that is known. */
static inline __attribute__((always_inline)) bool compare(evaluation *ev, relation r, value *left,
                                                          const value *right)
{
    double a, b;
    if (!as_double(left, &a) || !as_double(right, &b))
        return comparison_evaluate(ev, r, left, right, left);
    *left = value_bool(r == RELATION_LESS         ? a < b
                       : r == RELATION_LESS_EQUAL ? a <= b
                       : r == RELATION_EQUAL      ? a == b
                       : r == RELATION_NOT_EQUAL  ? a != b
                       : r == RELATION_GREATER    ? a > b
                                                  : a >= b);
    return true;
}

static inline bool truth(const value *v)
{
    return v->kind == VALUE_BOOL ? v->integer != 0 : expression_truth(v);
}

static bool raise_unbound(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_NAME,
                            "cannot access a variable of a comprehension before it has a value");
}

static bool load_outer(evaluation *ev, const frame *f, unsigned hops, unsigned slot, value *result)
{
    while (hops-- > 0)
        f = f->outer;
    *result = f->slots[slot];
    return !value_is_omitted(result) || raise_unbound(ev);
}

static bool build_set(evaluation *ev, const value *items, size_t count, value *result)
{
    set_builder set;
    set_builder_init(&set, ev);
    for (size_t i = 0; i < count; i++)
        if (!set_builder_add(&set, items[i]))
            return false;
    return set_builder_finish(&set, result);
}

static bool build_map(evaluation *ev, const value *pairs, size_t count, value *result)
{
    dict_builder map;
    dict_builder_init(&map, ev);
    for (size_t i = 0; i < count; i++)
        if (!dict_builder_put(&map, pairs[2 * i], pairs[2 * i + 1]))
            return false;
    return dict_builder_finish(&map, result);
}

/* Replaces *target by its items in reverse. */
static bool unpack(evaluation *ev, value *target, unsigned count)
{
    value source = *target;
    if (source.kind == VALUE_ITERATOR || source.kind > VALUE_SET || source.kind == VALUE_STRING ||
        source.kind == VALUE_MAP) {
        if (!sequence_from(ev, VALUE_TUPLE, target, &source))
            return false;
    } else if (source.kind < VALUE_LIST) {
        return evaluation_raise(ev, EXCEPTION_TYPE, "cannot unpack non-iterable %s object",
                                object_type_name(target));
    }
    if (source.count > count)
        return evaluation_raise(ev, EXCEPTION_VALUE, "too many values to unpack (expected %u)", count);
    if (source.count < count)
        return evaluation_raise(ev, EXCEPTION_VALUE, "not enough values to unpack (expected %u, got %u)",
                                count, source.count);
    for (unsigned i = 0; i < count; i++)
        target[i] = source.items[count - 1 - i];
    return true;
}

/* The arguments of a call stand below *top, then its named ones' names. Leaves the result in *callee. */
static bool call(evaluation *ev, const value *function, const value *self, const value *arguments,
                 instruction i, value *callee)
{
    unsigned named = instruction_a(i);
    unsigned count = instruction_b(i);
    const value *names = named > 0 ? &arguments[count] : NULL;
    if (!evaluation_spend(ev, 1 + count))
        return false;
    value result;
    if (!call_value(ev, function, self, arguments, count, names, &result))
        return false;
    *callee = result;
    return true;
}

static bool collect(opcode op, collector *c, const value *item)
{
    if (op == OP_COLLECT_LIST)
        return sequence_builder_add(&c->list, item[0]);
    if (op == OP_COLLECT_SET)
        return set_builder_add(&c->set, item[0]);
    return dict_builder_put(&c->map, item[0], item[1]);
}

/* The exception is that of the instruction before f->next, unless one further inside has taken it. */
static outcome locate(evaluation *ev, const frame *f, const instruction *next)
{
    if (!ev->located)
        ev->exception->position = f->block->positions[next - 1 - f->block->code];
    ev->located = true;
    return OUTCOME_FAILED;
}

/* True where the instruction before *next has raised because something lacks what is looked up in it. */
static bool lacks(const exception *x, instruction i)
{
    opcode op = instruction_op(i);
    bool subscript = op == OP_ITEM || op == OP_ITEM_CONSTANT || op == OP_NAME_ITEM;
    return x->type == EXCEPTION_ATTRIBUTE || x->type == EXCEPTION_KEY || x->type == EXCEPTION_INDEX ||
           (x->type == EXCEPTION_TYPE && subscript); /* None['key'] */
}

/* The instruction before *next has raised. Where it stands in a lenient range and lacks what it looks up, the
 * run goes on behind that with an operand that counts as omitted. */
static bool recover(evaluation *ev, const frame *f, const instruction **next, value **top)
{
    const block *b = f->block;
    size_t raised = (size_t)(*next - 1 - b->code);
    for (uint16_t i = 0; i < b->lenient_count && lacks(ev->exception, b->code[raised]); i++) {
        const lenient_range *range = &b->lenient[i];
        if (raised < range->start || raised >= range->end)
            continue;
        *top = f->slots + b->slot_count + range->depth;
        *(*top)++ = value_omitted();
        *next = b->code + range->end;
        return true;
    }
    return false;
}

/* ---- the loop ---- */

static outcome run(const machine *m, frame *f, collector *collected, value *result)
{
    evaluation *ev = m->ev;
    const block *b = f->block;
    const value *constants = m->program->constants;
    const value *names = m->names;
    const instruction *next = f->next;
    value *top = f->top;
    for (;;) {
        instruction i = *next++;
        opcode op = instruction_op(i);
        if (op >= OPCODE_COUNT)
            __builtin_unreachable(); /* so that the switch need not check */
        unsigned operand = instruction_b(i);
        bool done = true; /* false where the instruction has raised */
        switch (op) {
        case OP_LOAD_CONSTANT:
            *top++ = constants[operand];
            break;
        case OP_LOAD_NAME:
            *top++ = names[operand];
            break;
        case OP_LOAD_LOCAL:
            *top++ = f->slots[operand];
            done = !value_is_omitted(&top[-1]) || raise_unbound(ev);
            break;
        case OP_LOAD_OUTER:
            done = load_outer(ev, f, instruction_a(i), operand, top);
            top++;
            break;
        case OP_STORE_LOCAL:
            f->slots[operand] = *--top;
            break;
        case OP_POP:
            top--;
            break;
        case OP_SWAP: {
            value last = top[-1];
            top[-1] = top[-2];
            top[-2] = last;
            break;
        }
        case OP_DUPLICATE_UNDER:
            top[0] = top[-1];
            top[-1] = top[-2];
            top[-2] = top[0];
            top++;
            break;
        case OP_NEGATE:
        case OP_PLUS:
        case OP_INVERT:
        case OP_NOT:
            done = arithmetic_unary(ev, (unary_operator)(op - OP_NEGATE), &top[-1], &top[-1]);
            break;
        case OP_ADD:
        case OP_SUBTRACT:
        case OP_MULTIPLY:
        case OP_DIVIDE:
        case OP_FLOOR_DIVIDE:
        case OP_MODULO:
        case OP_POWER:
        case OP_SHIFT_LEFT:
        case OP_SHIFT_RIGHT:
        case OP_BIT_AND:
        case OP_BIT_OR:
        case OP_BIT_XOR:
            top--;
            done = arithmetic_binary(ev, (binary_operator)(op - OP_ADD), &top[-1], &top[0], &top[-1]);
            break;
        case OP_LESS:
            top--;
            done = compare(ev, RELATION_LESS, &top[-1], &top[0]);
            break;
        case OP_GREATER:
            top--;
            done = compare(ev, RELATION_GREATER, &top[-1], &top[0]);
            break;
        case OP_LESS_CONSTANT:
            done = compare(ev, RELATION_LESS, &top[-1], &constants[operand]);
            break;
        case OP_LESS_EQUAL_CONSTANT:
            done = compare(ev, RELATION_LESS_EQUAL, &top[-1], &constants[operand]);
            break;
        case OP_EQUAL_CONSTANT:
            done = compare(ev, RELATION_EQUAL, &top[-1], &constants[operand]);
            break;
        case OP_NOT_EQUAL_CONSTANT:
            done = compare(ev, RELATION_NOT_EQUAL, &top[-1], &constants[operand]);
            break;
        case OP_GREATER_CONSTANT:
            done = compare(ev, RELATION_GREATER, &top[-1], &constants[operand]);
            break;
        case OP_GREATER_EQUAL_CONSTANT:
            done = compare(ev, RELATION_GREATER_EQUAL, &top[-1], &constants[operand]);
            break;
        case OP_LESS_EQUAL:
        case OP_EQUAL:
        case OP_NOT_EQUAL:
        case OP_GREATER_EQUAL:
        case OP_IN:
        case OP_NOT_IN:
        case OP_IS:
        case OP_IS_NOT:
            top--;
            done = comparison_evaluate(ev, (relation)(op - OP_LESS), &top[-1], &top[0], &top[-1]);
            break;
        case OP_IS_NONE:
            top[-1] = value_bool(top[-1].kind == VALUE_NULL);
            break;
        case OP_IS_NOT_NONE:
            top[-1] = value_bool(top[-1].kind != VALUE_NULL);
            break;
        case OP_JUMP:
            next = b->code + operand;
            break;
        case OP_JUMP_IF_FALSE:
            if (!truth(--top))
                next = b->code + operand;
            break;
        case OP_JUMP_IF_TRUE:
            if (truth(--top))
                next = b->code + operand;
            break;
        case OP_JUMP_IF_FALSE_KEEP:
            if (truth(&top[-1]))
                top--;
            else
                next = b->code + operand;
            break;
        case OP_JUMP_IF_TRUE_KEEP:
            if (truth(&top[-1]))
                next = b->code + operand;
            else
                top--;
            break;
        case OP_ATTRIBUTE:
            done = attribute_get(ev, &top[-1], &constants[operand], &top[-1]);
            break;
        case OP_ITEM:
            top--;
            done = item_of(ev, &top[-1], &top[0], &top[-1]);
            break;
        case OP_ITEM_CONSTANT:
            done = constant_item_of(ev, &top[-1], &constants[operand], &top[-1]);
            break;
        case OP_MEMBER:
            done = member_of(ev, &top[-1], &constants[operand], &top[-1]);
            break;
        case OP_NAME_MEMBER:
            done = member_of(ev, &names[instruction_a(i)], &constants[operand], top);
            top++;
            break;
        case OP_NAME_ITEM:
            done = constant_item_of(ev, &names[instruction_a(i)], &constants[operand], top);
            top++;
            break;
        case OP_SLICE:
            top -= 3;
            done = subscript_slice(ev, &top[-1], top, &top[-1]);
            break;
        case OP_BUILD_LIST:
        case OP_BUILD_TUPLE:
            top -= operand;
            done = sequence_copy(ev, op == OP_BUILD_LIST ? VALUE_LIST : VALUE_TUPLE, top, operand, top);
            top++;
            break;
        case OP_BUILD_SET:
            top -= operand;
            done = build_set(ev, top, operand, top);
            top++;
            break;
        case OP_BUILD_MAP:
            top -= 2 * operand;
            done = build_map(ev, top, operand, top);
            top++;
            break;
        case OP_LOAD_METHOD:
            done = attribute_load_method(ev, &constants[operand], &top[-1]);
            top++;
            break;
        case OP_CALL:
            top -= operand + (instruction_a(i) > 0);
            done = call(ev, &top[-1], NULL, top, i, &top[-1]);
            break;
        case OP_CALL_METHOD:
            top -= operand + (instruction_a(i) > 0);
            done = call(ev, &top[-2], value_is_omitted(&top[-1]) ? NULL : &top[-1], top, i, &top[-2]);
            top--;
            break;
        case OP_ITERATE: {
            value iterable = top[-1];
            done = iteration_begin(ev, &iterable, &top[-1]);
            break;
        }
        case OP_NEXT: {
            if (!evaluation_spend(ev, instruction_a(i)))
                return locate(ev, f, next);
            iteration_step step = iteration_next(ev, &top[-1], top);
            if (step == ITERATION_ITEM) {
                top++;
            } else if (step == ITERATION_END) {
                top--;
                next = b->code + operand;
            } else {
                done = false;
            }
            break;
        }
        case OP_UNPACK:
            done = unpack(ev, &top[-1], operand);
            top += (int)operand - 1;
            break;
        case OP_COMPREHEND:
            done = comprehend(m, f, &m->program->blocks[operand], &top[-1]);
            break;
        case OP_GENERATE:
            done = generate(m, f, &m->program->blocks[operand], &top[-1]);
            break;
        case OP_COLLECT_LIST:
        case OP_COLLECT_SET:
            done = collect(op, collected, --top);
            break;
        case OP_COLLECT_MAP:
            top -= 2;
            done = collect(op, collected, top);
            break;
        case OP_YIELD:
            *result = *--top;
            f->top = top;
            f->next = next;
            return OUTCOME_YIELDED;
        case OP_RETURN:
            copy_fresh(result, --top);
            return OUTCOME_RETURNED;
        case OP_END:
            return OUTCOME_RETURNED;
        case OPCODE_COUNT:
            break;
        }
        if (!done && !recover(ev, f, &next, &top))
            return locate(ev, f, next);
    }
}

bool machine_run(evaluation *ev, const expression *p, const value *names, value *result)
{
    const block *b = &p->blocks[0];
    value on_c_stack[VALUES_ON_C_STACK];
    value *values = on_c_stack;
    if (values_needed(b) > VALUES_ON_C_STACK) {
        values = evaluation_alloc(ev, values_needed(b) * sizeof *values);
        if (values == NULL)
            return false;
    }
    machine m = {.ev = ev, .program = p, .names = names};
    frame f;
    if (!start_frame(ev, &f, b, NULL, values) || run(&m, &f, NULL, result) == OUTCOME_FAILED)
        return false;
    if (result->kind != VALUE_RANGE && result->kind != VALUE_ITERATOR)
        return true;
    value lazy = *result;
    return sequence_from(ev, VALUE_LIST, &lazy, result);
}
