/* Trees to bytecode. Every comprehension becomes a block with variables of its own; a name is looked for in
 * the block, in those around it, in the scope and among the built-ins, as Python does. The first iterable of
 * a comprehension belongs to the block around it.
 *
 * The depth of the stack is followed while emitting (opcode_effect), so that the machine knows how much it
 * needs and checks nothing. Where ways meet, `depth` is set by hand to what both have left. */
#include "engine/expression/program/program.h"

#include "engine/expression/machine/attribute.h"
#include "engine/expression/machine/builtins.h"

typedef struct builder builder;

/* A block under construction. */
struct builder {
    builder *outer;
    unsigned number; /* of the block */
    block_kind kind;
    instruction *code;
    uint16_t *positions;
    size_t count;
    size_t capacity;
    size_t depth;
    size_t depth_max;
    const value **variables; /* names of the slots */
    size_t variable_count;
    bool shared;
    lenient_range *lenient;
    size_t lenient_count;
    size_t lenient_capacity;
};

typedef struct compiler {
    evaluation *ev;
    const expression_scope *scope;
    builder *builder; /* innermost */
    value *constants;
    size_t constant_count;
    size_t constant_capacity;
    block *blocks;
    size_t block_count;
    size_t block_capacity;
} compiler;

static bool compile(compiler *c, const node *n);

/* ---- emitting ---- */

static bool raise_no_memory(const compiler *c)
{
    return evaluation_raise(c->ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
}

/* Room for one more of `size` bytes in an array of the scratch arena. */
static void *grow(compiler *c, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t bigger = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = arena_grow(c->ev->scratch, array, *capacity * size, bigger * size);
    if (grown == NULL)
        raise_no_memory(c);
    else
        *capacity = bigger;
    return grown;
}

static void adjust_depth(compiler *c, int effect)
{
    builder *b = c->builder;
    b->depth += (size_t)effect;
    if (b->depth > b->depth_max)
        b->depth_max = b->depth;
}

static bool emit(compiler *c, opcode op, unsigned a, size_t operand, size_t position)
{
    builder *b = c->builder;
    size_t capacity = b->capacity;
    void *code = grow(c, b->code, b->count, &b->capacity, sizeof *b->code);
    void *positions = grow(c, b->positions, b->count, &capacity, sizeof *b->positions);
    if (code == NULL || positions == NULL)
        return false;
    b->code = code;
    b->positions = positions;
    assert(a <= UINT8_MAX && operand <= UINT16_MAX && b->count < UINT16_MAX);
    b->positions[b->count] = (uint16_t)position;
    b->code[b->count++] = instruction_make(op, a, (unsigned)operand);
    adjust_depth(c, opcode_effect(op));
    return true;
}

/* Jumps forward whose target is not known yet form a list through their operands, which ends with 0: the
 * first instruction of a block is never among them. */
static bool emit_jump(compiler *c, opcode op, size_t position, size_t *jumps)
{
    size_t older = *jumps;
    *jumps = c->builder->count;
    return emit(c, op, 0, older, position);
}

static void set_target(builder *b, size_t jump, size_t target)
{
    instruction i = b->code[jump];
    b->code[jump] = instruction_make(instruction_op(i), instruction_a(i), (unsigned)target);
}

/* Makes all of them lead to the next instruction. */
static void land(compiler *c, size_t jumps)
{
    while (jumps != 0) {
        size_t older = instruction_b(c->builder->code[jumps]);
        set_target(c->builder, jumps, c->builder->count);
        jumps = older;
    }
}

static bool add_constant(compiler *c, value v, size_t *number)
{
    value *constants = grow(c, c->constants, c->constant_count, &c->constant_capacity, sizeof *constants);
    if (constants == NULL)
        return false;
    c->constants = constants;
    *number = c->constant_count++;
    constants[*number] = v;
    return true;
}

static bool emit_constant(compiler *c, opcode op, unsigned a, value v, size_t position)
{
    size_t number;
    return add_constant(c, v, &number) && emit(c, op, a, number, position);
}

/* ---- names ---- */

/* The slot of a variable, or variable_count. */
static size_t find_variable(const builder *b, const value *name)
{
    size_t i = 0;
    while (i < b->variable_count && !value_same_text(b->variables[i], name))
        i++;
    return i;
}

/* The number of a name of the scope, or count. */
static size_t find_in_scope(const expression_scope *scope, const value *name)
{
    size_t i = 0;
    while (i < scope->count && !value_is_text(name, scope->names[i]))
        i++;
    return i;
}

static bool is_variable(const compiler *c, const value *name)
{
    for (const builder *b = c->builder; b != NULL; b = b->outer)
        if (find_variable(b, name) < b->variable_count)
            return true;
    return false;
}

static bool compile_name(compiler *c, const node *n)
{
    unsigned hops = 0;
    for (const builder *b = c->builder; b != NULL; b = b->outer, hops++) {
        size_t slot = find_variable(b, &n->value);
        if (slot < b->variable_count)
            return emit(c, hops == 0 ? OP_LOAD_LOCAL : OP_LOAD_OUTER, hops, slot, n->position);
    }
    size_t number = find_in_scope(c->scope, &n->value);
    if (number < c->scope->count)
        return emit(c, OP_LOAD_NAME, 0, number, n->position);
    value function;
    if (builtin_find(n->value.text, n->value.count, &function))
        return emit_constant(c, OP_LOAD_CONSTANT, 0, function, n->position);
    evaluation_raise(c->ev, EXCEPTION_NAME, "name '%.*s' is not defined", (int)n->value.count, n->value.text);
    c->ev->exception->position = n->position;
    return false;
}

/* ---- operators ---- */

static bool compile_unary(compiler *c, const node *n)
{
    static const opcode ops[] = {OP_NEGATE, OP_PLUS, OP_INVERT, OP_NOT};
    return compile(c, n->first) && emit(c, ops[n->op], 0, 0, n->position);
}

static bool compile_binary(compiler *c, const node *n)
{
    if (!compile(c, n->first))
        return false;
    for (const node *link = n->first->next; link != NULL; link = link->next)
        if (!compile(c, link->first) || !emit(c, (opcode)(OP_ADD + link->op), 0, 0, link->position))
            return false;
    return true;
}

static bool is_none(const node *n)
{
    return n->kind == NODE_CONSTANT && n->value.kind == VALUE_NULL;
}

/* The right operand and the relation, the left one being on the stack. */
static bool compile_relation(compiler *c, const node *link)
{
    if (is_none(link->first) && (link->op == RELATION_IS || link->op == RELATION_IS_NOT))
        return emit(c, link->op == RELATION_IS ? OP_IS_NONE : OP_IS_NOT_NONE, 0, 0, link->position);
    if (link->first->kind == NODE_CONSTANT && link->op <= RELATION_GREATER_EQUAL)
        return emit_constant(c, (opcode)(OP_LESS_CONSTANT + link->op), 0, link->first->value, link->position);
    return compile(c, link->first) && emit(c, (opcode)(OP_LESS + link->op), 0, 0, link->position);
}

/* a < b < c: b is kept under each result for the next relation, and thrown away where the chain breaks off.
 */
static bool compile_comparison(compiler *c, const node *n)
{
    if (!compile(c, n->first))
        return false;
    const node *link = n->first->next;
    if (link->next == NULL)
        return compile_relation(c, link);
    size_t broken = 0;
    for (; link->next != NULL; link = link->next)
        if (!compile(c, link->first) || !emit(c, OP_DUPLICATE_UNDER, 0, 0, link->position) ||
            !emit(c, (opcode)(OP_LESS + link->op), 0, 0, link->position) ||
            !emit_jump(c, OP_JUMP_IF_FALSE_KEEP, link->position, &broken))
            return false;
    size_t end = 0;
    if (!compile_relation(c, link) || !emit_jump(c, OP_JUMP, link->position, &end))
        return false;
    land(c, broken);
    adjust_depth(c, 1);
    if (!emit(c, OP_SWAP, 0, 0, n->position) || !emit(c, OP_POP, 0, 0, n->position))
        return false;
    land(c, end);
    return true;
}

static bool compile_logical(compiler *c, const node *n)
{
    opcode op = n->kind == NODE_AND ? OP_JUMP_IF_FALSE_KEEP : OP_JUMP_IF_TRUE_KEEP;
    size_t end = 0;
    const node *operand = n->first;
    for (; operand->next != NULL; operand = operand->next)
        if (!compile(c, operand) || !emit_jump(c, op, n->position, &end))
            return false;
    if (!compile(c, operand))
        return false;
    land(c, end);
    return true;
}

static bool compile_conditional(compiler *c, const node *n)
{
    const node *then = n->first->next;
    size_t to_else = 0;
    size_t to_end = 0;
    if (!compile(c, n->first) || !emit_jump(c, OP_JUMP_IF_FALSE, n->position, &to_else) ||
        !compile(c, then) || !emit_jump(c, OP_JUMP, n->position, &to_end))
        return false;
    land(c, to_else);
    adjust_depth(c, -1);
    if (!compile(c, then->next))
        return false;
    land(c, to_end);
    return true;
}

/* ---- what stands behind a primary ---- */

static bool compile_item(compiler *c, const node *link)
{
    if (link->first->kind == NODE_CONSTANT)
        return emit_constant(c, OP_ITEM_CONSTANT, 0, link->first->value, link->position);
    return compile(c, link->first) && emit(c, OP_ITEM, 0, 0, link->position);
}

static bool compile_slice(compiler *c, const node *link)
{
    for (const node *bound = link->first; bound != NULL; bound = bound->next)
        if (!compile(c, bound))
            return false;
    return emit(c, OP_SLICE, 0, 0, link->position);
}

static bool load_keyword_names(compiler *c, const node *call, unsigned count)
{
    value *names = evaluation_alloc(c->ev, count * sizeof *names);
    if (names == NULL)
        return false;
    size_t n = 0;
    for (const node *argument = call->first; argument != NULL; argument = argument->next)
        if (argument->kind == NODE_KEYWORD)
            names[n++] = argument->value;
    value tuple = {.kind = VALUE_TUPLE, .count = count, .items = names};
    return emit_constant(c, OP_LOAD_CONSTANT, 0, tuple, call->position);
}

static bool compile_call(compiler *c, opcode op, const node *call)
{
    unsigned keyword_count = 0;
    for (const node *argument = call->first; argument != NULL; argument = argument->next) {
        keyword_count += argument->kind == NODE_KEYWORD;
        if (!compile(c, argument->kind == NODE_KEYWORD ? argument->first : argument))
            return false;
    }
    if (keyword_count > UINT8_MAX) {
        evaluation_raise(c->ev, EXCEPTION_RESOURCE, "more than %d keyword arguments", UINT8_MAX);
        c->ev->exception->position = call->position;
        return false;
    }
    if (keyword_count > 0 && !load_keyword_names(c, call, keyword_count))
        return false;
    if (!emit(c, op, keyword_count, call->count, call->position))
        return false;
    adjust_depth(c, -(int)call->count - (keyword_count > 0) - (op == OP_CALL_METHOD));
    return true;
}

/* `names[i]['key']` and `names[i].key` are one instruction. */
static bool compile_member_of_name(compiler *c, const node *name, const node *link, bool *done)
{
    *done = false;
    bool item = link->kind == NODE_ITEM && link->first->kind == NODE_CONSTANT;
    bool member = link->kind == NODE_ATTRIBUTE && (link->next == NULL || link->next->kind != NODE_CALL) &&
                  !attribute_is_method(&link->value);
    if (name->kind != NODE_NAME || !(item || member) || is_variable(c, &name->value))
        return true;
    size_t number = find_in_scope(c->scope, &name->value);
    if (number == c->scope->count || number > UINT8_MAX)
        return true;
    *done = true;
    value key = item ? link->first->value : link->value;
    return emit_constant(c, item ? OP_NAME_ITEM : OP_NAME_MEMBER, (unsigned)number, key, link->position);
}

static bool compile_postfix(compiler *c, const node *n)
{
    const node *link = n->first->next;
    bool done;
    if (!compile_member_of_name(c, n->first, link, &done))
        return false;
    if (done)
        link = link->next;
    else if (!compile(c, n->first))
        return false;
    for (; link != NULL; link = link->next) {
        bool compiled;
        if (link->kind == NODE_ATTRIBUTE && link->next != NULL && link->next->kind == NODE_CALL) {
            compiled = emit_constant(c, OP_LOAD_METHOD, 0, link->value, link->position) &&
                       compile_call(c, OP_CALL_METHOD, link->next);
            link = link->next;
        } else if (link->kind == NODE_ATTRIBUTE) {
            opcode op = attribute_is_method(&link->value) ? OP_ATTRIBUTE : OP_MEMBER;
            compiled = emit_constant(c, op, 0, link->value, link->position);
        } else if (link->kind == NODE_ITEM) {
            compiled = compile_item(c, link);
        } else if (link->kind == NODE_SLICE) {
            compiled = compile_slice(c, link);
        } else {
            compiled = compile_call(c, OP_CALL, link);
        }
        if (!compiled)
            return false;
    }
    return true;
}

/* ---- filters ---- */

static bool add_lenient_range(compiler *c, size_t start, size_t depth)
{
    builder *b = c->builder;
    lenient_range *ranges = grow(c, b->lenient, b->lenient_count, &b->lenient_capacity, sizeof *ranges);
    if (ranges == NULL)
        return false;
    b->lenient = ranges;
    ranges[b->lenient_count++] = (lenient_range){(uint16_t)start, (uint16_t)b->count, (uint16_t)depth};
    return true;
}

/* The stack is that of a method's call: the filter, its operand as self, the arguments. */
static bool compile_filter(compiler *c, const node *n)
{
    if (!emit_constant(c, OP_LOAD_CONSTANT, 0, n->value, n->position))
        return false;
    size_t start = c->builder->count;
    size_t depth = c->builder->depth;
    return compile(c, n->first) && (n->op == 0 || add_lenient_range(c, start, depth)) &&
           compile_call(c, OP_CALL_METHOD, n->first->next);
}

/* ---- displays and comprehensions ---- */

static bool compile_display(compiler *c, const node *n)
{
    static const opcode ops[] = {OP_BUILD_LIST, OP_BUILD_TUPLE, OP_BUILD_SET, OP_BUILD_MAP};
    for (const node *item = n->first; item != NULL; item = item->next)
        if (!compile(c, item))
            return false;
    unsigned count = n->kind == NODE_MAP ? n->count / 2u : n->count;
    if (!emit(c, ops[n->kind - NODE_LIST], 0, count, n->position))
        return false;
    adjust_depth(c, 1 - (int)n->count);
    return true;
}

static bool add_variables(compiler *c, builder *b, size_t *capacity, const node *target)
{
    if (target->kind == NODE_TUPLE) {
        for (const node *inner = target->first; inner != NULL; inner = inner->next)
            if (!add_variables(c, b, capacity, inner))
                return false;
        return true;
    }
    if (find_variable(b, &target->value) < b->variable_count)
        return true;
    const value **variables = grow(c, b->variables, b->variable_count, capacity, sizeof *variables);
    if (variables == NULL)
        return false;
    b->variables = variables;
    variables[b->variable_count++] = &target->value;
    return true;
}

/* Binds the item on the stack. */
static bool compile_target(compiler *c, const node *target)
{
    if (target->kind == NODE_NAME)
        return emit(c, OP_STORE_LOCAL, 0, find_variable(c->builder, &target->value), target->position);
    if (!emit(c, OP_UNPACK, 0, target->count, target->position))
        return false;
    adjust_depth(c, (int)target->count - 1);
    for (const node *inner = target->first; inner != NULL; inner = inner->next)
        if (!compile_target(c, inner))
            return false;
    return true;
}

/* A loop's item costs as many steps as the loop has instructions up to the next loop inside it. */
static void set_cost(compiler *c, size_t next)
{
    builder *b = c->builder;
    size_t cost = b->count - next;
    instruction i = b->code[next];
    b->code[next] =
        instruction_make(instruction_op(i), cost > UINT8_MAX ? UINT8_MAX : (unsigned)cost, instruction_b(i));
}

static bool compile_conditions(compiler *c, const node *first, size_t loop)
{
    for (const node *condition = first; condition != NULL; condition = condition->next)
        if (!compile(c, condition) || !emit(c, OP_JUMP_IF_FALSE, 0, loop, condition->position))
            return false;
    return true;
}

static bool compile_collect(compiler *c, const node *n)
{
    static const opcode ops[] = {OP_COLLECT_LIST, OP_COLLECT_SET, OP_COLLECT_MAP, OP_YIELD};
    if (!compile(c, n->first))
        return false;
    if (n->kind == NODE_MAP_COMPREHENSION && !compile(c, n->first->next))
        return false;
    return emit(c, ops[n->kind - NODE_LIST_COMPREHENSION], 0, 0, n->position);
}

/* The inside of a comprehension: its loops, each of which goes on with the one around it when it ends. */
static bool compile_loops(compiler *c, const node *n)
{
    const node *outermost = n->kind == NODE_MAP_COMPREHENSION ? n->first->next->next : n->first->next;
    size_t loop = 0;
    adjust_depth(c, 1); /* the machine puts the first iterator there */
    for (const node *clause = outermost; clause != NULL; clause = clause->next) {
        const node *iterable = clause->first->next;
        size_t around = loop;
        if (clause != outermost && (!compile(c, iterable) || !emit(c, OP_ITERATE, 0, 0, iterable->position)))
            return false;
        if (clause != outermost)
            set_cost(c, around);
        loop = c->builder->count;
        if (!emit(c, OP_NEXT, 0, around, clause->position) || !compile_target(c, clause->first) ||
            !compile_conditions(c, iterable->next, loop))
            return false;
    }
    if (!compile_collect(c, n) || !emit(c, OP_JUMP, 0, loop, n->position))
        return false;
    set_cost(c, loop);
    set_target(c->builder, 0, c->builder->count);
    return emit(c, OP_END, 0, 0, n->position);
}

static bool reserve_block(compiler *c, unsigned *number)
{
    block *blocks = grow(c, c->blocks, c->block_count, &c->block_capacity, sizeof *blocks);
    if (blocks == NULL)
        return false;
    c->blocks = blocks;
    *number = (unsigned)c->block_count++;
    return true;
}

static void finish_block(compiler *c, const builder *b)
{
    c->blocks[b->number] = (block){
        .code = b->code,
        .positions = b->positions,
        .lenient = b->lenient,
        .lenient_count = (uint16_t)b->lenient_count,
        .code_count = (uint16_t)b->count,
        .slot_count = (uint16_t)b->variable_count,
        .stack_count = (uint16_t)b->depth_max,
        .kind = (uint8_t)b->kind,
        .shared = b->shared,
    };
}

static bool compile_block(compiler *c, const node *n, unsigned *number)
{
    static const block_kind kinds[] = {BLOCK_LIST, BLOCK_SET, BLOCK_MAP, BLOCK_GENERATOR};
    builder b = {.outer = c->builder, .kind = kinds[n->kind - NODE_LIST_COMPREHENSION]};
    size_t capacity = 0;
    for (const node *clause = n->first; clause != NULL; clause = clause->next)
        if (clause->kind == NODE_FOR && !add_variables(c, &b, &capacity, clause->first))
            return false;
    if (!reserve_block(c, &b.number))
        return false;
    *number = b.number;
    c->builder = &b;
    bool compiled = compile_loops(c, n);
    c->builder = b.outer;
    finish_block(c, &b);
    return compiled;
}

static bool compile_comprehension(compiler *c, const node *n)
{
    const node *clause = n->first;
    while (clause->kind != NODE_FOR)
        clause = clause->next;
    const node *iterable = clause->first->next;
    if (n->kind == NODE_GENERATOR)
        for (builder *b = c->builder; b != NULL; b = b->outer)
            b->shared = true;
    unsigned number;
    return compile(c, iterable) && emit(c, OP_ITERATE, 0, 0, iterable->position) &&
           compile_block(c, n, &number) &&
           emit(c, n->kind == NODE_GENERATOR ? OP_GENERATE : OP_COMPREHEND, 0, number, n->position);
}

static bool compile(compiler *c, const node *n)
{
    switch ((node_kind)n->kind) {
    case NODE_CONSTANT:
        return emit_constant(c, OP_LOAD_CONSTANT, 0, n->value, n->position);
    case NODE_NAME:
        return compile_name(c, n);
    case NODE_UNARY:
        return compile_unary(c, n);
    case NODE_BINARY:
        return compile_binary(c, n);
    case NODE_COMPARISON:
        return compile_comparison(c, n);
    case NODE_AND:
    case NODE_OR:
        return compile_logical(c, n);
    case NODE_CONDITIONAL:
        return compile_conditional(c, n);
    case NODE_POSTFIX:
        return compile_postfix(c, n);
    case NODE_FILTER:
        return compile_filter(c, n);
    case NODE_LIST:
    case NODE_TUPLE:
    case NODE_SET:
    case NODE_MAP:
        return compile_display(c, n);
    case NODE_LIST_COMPREHENSION:
    case NODE_SET_COMPREHENSION:
    case NODE_MAP_COMPREHENSION:
    case NODE_GENERATOR:
        return compile_comprehension(c, n);
    default:
        assert(false && "a part of another node");
        return false;
    }
}

/* ---- the whole ---- */

/* Bytes of one block of memory, handed out from its beginning. */
typedef struct room {
    char *next;
    size_t size; /* of all that was asked for */
} room;

/* A copy; with no memory yet only its size is counted. The array of the highest alignment comes first. */
static void *settle(room *r, const void *array, size_t count, size_t size)
{
    void *copy = r->next;
    r->size += count * size;
    if (copy == NULL)
        return NULL;
    if (count > 0)
        memcpy(copy, array, count * size);
    r->next += count * size;
    return copy;
}

/* What the machine reads of an expression stands together: with thousands of workflows each line of memory
 * that is touched less is a miss less. */
static expression *settle_program(const compiler *c, room *r)
{
    expression *p = settle(r, &(expression){0}, 1, sizeof *p);
    block *blocks = settle(r, c->blocks, c->block_count, sizeof *blocks);
    const value *constants = settle(r, c->constants, c->constant_count, sizeof *constants);
    for (size_t i = 0; i < c->block_count; i++) {
        const instruction *code = settle(r, c->blocks[i].code, c->blocks[i].code_count, sizeof *code);
        if (blocks != NULL)
            blocks[i].code = code;
    }
    for (size_t i = 0; i < c->block_count; i++) {
        const block *b = &c->blocks[i];
        const lenient_range *lenient = settle(r, b->lenient, b->lenient_count, sizeof *lenient);
        const uint16_t *positions = settle(r, b->positions, b->code_count, sizeof *positions);
        if (blocks == NULL)
            continue;
        blocks[i].lenient = lenient;
        blocks[i].positions = positions;
    }
    if (p == NULL)
        return NULL;
    p->blocks = blocks;
    p->block_count = c->block_count;
    p->constants = constants;
    p->constant_count = c->constant_count;
    return p;
}

static bool uses_name(const compiler *c, size_t name)
{
    for (size_t i = 0; i < c->block_count; i++) {
        const block *b = &c->blocks[i];
        for (size_t at = 0; at < b->code_count; at++) {
            operand_form form = opcode_operands(instruction_op(b->code[at]));
            if ((form == OPERAND_NAME && instruction_b(b->code[at]) == name) ||
                (form == OPERAND_NAME_CONSTANT && instruction_a(b->code[at]) == name))
                return true;
        }
    }
    return false;
}

/* Copies of those that are used, up to the last of them; the scope ends with the compilation. */
static bool copy_names(compiler *c, expression *p)
{
    size_t count = c->scope->count;
    while (count > 0 && !uses_name(c, count - 1))
        count--;
    const char **names = arena_calloc(c->ev->arena, count, sizeof *names);
    for (size_t i = 0; names != NULL && i < count; i++) {
        const char *name = c->scope->names[i];
        if (uses_name(c, i) && (names[i] = arena_copy(c->ev->arena, name, strlen(name))) == NULL)
            return false;
    }
    p->names = names;
    p->name_count = count;
    return names != NULL;
}

expression *program_compile(evaluation *ev, const char *source, size_t size, const node *root,
                            const expression_scope *scope)
{
    compiler c = {.ev = ev, .scope = scope};
    builder b = {.kind = BLOCK_EXPRESSION};
    room counted = {0};
    if (scope->count > UINT16_MAX) {
        evaluation_raise(ev, EXCEPTION_RESOURCE, "the scope has more than %d names", UINT16_MAX);
        return NULL;
    }
    if (!reserve_block(&c, &b.number))
        return NULL;
    c.builder = &b;
    if (!compile(&c, root) || !emit(&c, OP_RETURN, 0, 0, root->position))
        return NULL;
    finish_block(&c, &b);
    (void)settle_program(&c, &counted);
    room taken = {.next = arena_alloc(ev->arena, counted.size)};
    expression *p = taken.next == NULL ? NULL : settle_program(&c, &taken);
    if (p == NULL || !copy_names(&c, p)) {
        raise_no_memory(&c);
        return NULL;
    }
    p->source = source;
    p->source_size = size;
    return p;
}
