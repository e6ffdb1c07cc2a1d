#include "engine/expression/expression.h"

#include "engine/expression/machine/machine.h"
#include "engine/expression/syntax/parser.h"
#include "engine/limits.h"

enum { SCRATCH_CHUNK_BYTES = 4096 };

static expression *compile(arena *a, arena *scratch, const char *source, size_t size,
                           const expression_scope *scope, exception *x)
{
    evaluation ev;
    evaluation_init(&ev, a, x);
    ev.scratch = scratch;
    ev.memory_left = SIZE_MAX; /* LIMIT_EXPRESSION_BYTES and the arenas' budgets bound it */
    char *copy = size > LIMIT_EXPRESSION_BYTES ? NULL : arena_copy(a, source, size);
    if (copy == NULL) {
        evaluation_raise(&ev, EXCEPTION_RESOURCE,
                         size > LIMIT_EXPRESSION_BYTES
                             ? "the expression is longer than %d bytes"
                             : "no memory is left for an expression of up to %d bytes",
                         LIMIT_EXPRESSION_BYTES);
        return NULL;
    }
    const node *root = parser_parse(&ev, copy, size, scope);
    return root == NULL ? NULL : program_compile(&ev, copy, size, root, scope);
}

expression *expression_compile(arena *a, const char *source, size_t size, const expression_scope *scope,
                               exception *x)
{
    arena scratch;
    arena_init(&scratch, SCRATCH_CHUNK_BYTES, LIMIT_WORKFLOW_MEMORY);
    expression *p = compile(a, &scratch, source, size, scope, x);
    arena_free(&scratch);
    return p;
}

static bool uses_name(const block *b)
{
    for (size_t i = 0; i < b->code_count; i++) {
        operand_form form = opcode_operands(instruction_op(b->code[i]));
        if (form == OPERAND_NAME || form == OPERAND_NAME_CONSTANT)
            return true;
    }
    return false;
}

bool expression_is_constant(const expression *p)
{
    for (size_t i = 0; i < p->block_count; i++)
        if (uses_name(&p->blocks[i]))
            return false;
    return true;
}

const value *expression_as_member(const expression *p, size_t *name)
{
    const block *b = &p->blocks[0];
    if (b->code_count != EXPRESSION_MEMBER_STEPS || instruction_op(b->code[0]) != OP_NAME_MEMBER ||
        instruction_op(b->code[1]) != OP_RETURN)
        return NULL;
    *name = instruction_a(b->code[0]);
    return &p->constants[instruction_b(b->code[0])];
}

bool expression_evaluate(const expression *p, const value *values, arena *a, value *result, exception *x)
{
    evaluation ev;
    evaluation_init(&ev, a, x);
    return machine_run(&ev, p, values, result);
}

bool expression_truth(const value *v)
{
    switch ((value_kind)v->kind) {
    case VALUE_NULL:
        return false;
    case VALUE_BOOL:
    case VALUE_INT:
        return v->integer != 0;
    case VALUE_FLOAT:
        return v->number != 0;
    case VALUE_STRING:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_TUPLE:
    case VALUE_SET:
        return v->count > 0;
    case VALUE_RANGE:
        return object_as_range(v)->length > 0;
    case VALUE_CALLABLE:
        return true;
    case VALUE_ITERATOR:
        return !value_is_view(v) || v->count > 0;
    }
    return false;
}
