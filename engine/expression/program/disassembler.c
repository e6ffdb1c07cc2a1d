#include "engine/expression/program/disassembler.h"

#include "engine/expression/program/program.h"
#include "engine/expression/text/text_methods.h"

/* As repr() has it; what that takes too much for is only named. */
static void write_constant(buffer *out, const value *constant)
{
    exception x;
    evaluation ev;
    value text;
    evaluation_init(&ev, out->arena, &x);
    if (constant->kind == VALUE_CALLABLE)
        buffer_add_text(out, ((const callable *)constant->object)->name);
    else if (text_repr(&ev, constant, &text))
        buffer_add(out, text.text, text.count);
    else
        buffer_add_text(out, "(a large constant)");
}

static void write_operands(buffer *out, const expression *p, instruction i)
{
    unsigned a = instruction_a(i);
    unsigned b = instruction_b(i);
    switch (opcode_operands(instruction_op(i))) {
    case OPERAND_NONE:
        break;
    case OPERAND_CONSTANT:
        write_constant(out, &p->constants[b]);
        break;
    case OPERAND_NAME:
        buffer_add_text(out, p->names[b]);
        break;
    case OPERAND_NAME_CONSTANT:
        buffer_format(out, "%s ", p->names[a]);
        write_constant(out, &p->constants[b]);
        break;
    case OPERAND_LOCAL:
        buffer_format(out, "slot %u", b);
        break;
    case OPERAND_OUTER:
        buffer_format(out, "slot %u, %u out", b, a);
        break;
    case OPERAND_COUNT:
        buffer_format(out, "%u", b);
        break;
    case OPERAND_CALL:
        buffer_format(out, a > 0 ? "%u, %u named" : "%u", b, a);
        break;
    case OPERAND_TARGET:
        buffer_format(out, a > 0 ? "to %u, %u steps" : "to %u", b, a);
        break;
    case OPERAND_BLOCK:
        buffer_format(out, "block %u", b);
        break;
    }
}

static void write_block(buffer *out, const expression *p, const block *b)
{
    static const char *const kinds[] = {"expression", "list comprehension", "set comprehension",
                                        "dict comprehension", "generator"};
    buffer_format(out, "block %zu: %s, %u variables, stack of %u\n", (size_t)(b - p->blocks), kinds[b->kind],
                  b->slot_count, b->stack_count);
    for (uint16_t n = 0; n < b->code_count; n++) {
        instruction i = b->code[n];
        bool bare = opcode_operands(instruction_op(i)) == OPERAND_NONE;
        buffer_format(out, bare ? "%5u %5u  %s" : "%5u %5u  %-20s", n, b->positions[n],
                      opcode_name(instruction_op(i)));
        write_operands(out, p, i);
        buffer_add_byte(out, '\n');
    }
}

void disassembler_write(buffer *out, const expression *p)
{
    for (size_t i = 0; i < p->block_count; i++)
        write_block(out, p, &p->blocks[i]);
}
