#include "engine/expression/program/opcode.h"

static const struct {
    const char *name;
    operand_form operands;
    int effect;
} opcodes[] = {
#define X(name, form, effect, text) {#name, form, effect},
    OPCODES(X)
#undef X
};

const char *opcode_name(opcode op)
{
    return opcodes[op].name;
}

operand_form opcode_operands(opcode op)
{
    return opcodes[op].operands;
}

int opcode_effect(opcode op)
{
    return opcodes[op].effect;
}
