/* opcode: the instructions of the expression machine.
 *
 * An instruction is 32 bits: op, a (8 bits) and b (16 bits). The machine has a stack of values per running
 * block; a block is the expression itself or the inside of one comprehension. In the effects, the stack's top
 * is at the right, `x y -> z` takes two values and leaves one. */
#ifndef ENGINE_EXPRESSION_OPCODE_H
#define ENGINE_EXPRESSION_OPCODE_H

#include <stdint.h>

/* How an instruction's operands read. */
typedef enum operand_form {
    OPERAND_NONE,
    OPERAND_CONSTANT,      /* b: number of a constant */
    OPERAND_NAME,          /* b: number of a name of the scope */
    OPERAND_NAME_CONSTANT, /* a: number of a name, b: number of a constant */
    OPERAND_LOCAL,         /* b: slot of the block's variables */
    OPERAND_OUTER,         /* a: how many blocks outwards, b: slot there */
    OPERAND_COUNT,         /* b */
    OPERAND_CALL,          /* a: named arguments, b: all arguments */
    OPERAND_TARGET,        /* b: instruction of the block */
    OPERAND_BLOCK,         /* b: number of a block */
} operand_form;

/* X(name, form, effect on the depth of the stack where it is fixed, effect). The binary operators and
 * relations stand in the order of their enums in syntax.h, those with a constant as well. */
#define OPCODES(X)                                                                                   \
    X(LOAD_CONSTANT, OPERAND_CONSTANT, 1, "-> constants[b]")                                         \
    X(LOAD_NAME, OPERAND_NAME, 1, "-> names[b]")                                                     \
    X(LOAD_LOCAL, OPERAND_LOCAL, 1, "-> slots[b]; NameError where it has no value yet")              \
    X(LOAD_OUTER, OPERAND_OUTER, 1, "-> slots[b] of the a-th block outwards; NameError as above")    \
    X(STORE_LOCAL, OPERAND_LOCAL, -1, "x ->; slots[b] = x")                                          \
    X(POP, OPERAND_NONE, -1, "x ->")                                                                 \
    X(SWAP, OPERAND_NONE, 0, "x y -> y x")                                                           \
    X(DUPLICATE_UNDER, OPERAND_NONE, 1, "x y -> y x y")                                              \
    X(NEGATE, OPERAND_NONE, 0, "x -> -x")                                                            \
    X(PLUS, OPERAND_NONE, 0, "x -> +x")                                                              \
    X(INVERT, OPERAND_NONE, 0, "x -> ~x")                                                            \
    X(NOT, OPERAND_NONE, 0, "x -> not x")                                                            \
    X(ADD, OPERAND_NONE, -1, "x y -> x + y")                                                         \
    X(SUBTRACT, OPERAND_NONE, -1, "x y -> x - y")                                                    \
    X(MULTIPLY, OPERAND_NONE, -1, "x y -> x * y")                                                    \
    X(DIVIDE, OPERAND_NONE, -1, "x y -> x / y")                                                      \
    X(FLOOR_DIVIDE, OPERAND_NONE, -1, "x y -> x // y")                                               \
    X(MODULO, OPERAND_NONE, -1, "x y -> x % y")                                                      \
    X(POWER, OPERAND_NONE, -1, "x y -> x ** y")                                                      \
    X(SHIFT_LEFT, OPERAND_NONE, -1, "x y -> x << y")                                                 \
    X(SHIFT_RIGHT, OPERAND_NONE, -1, "x y -> x >> y")                                                \
    X(BIT_AND, OPERAND_NONE, -1, "x y -> x & y")                                                     \
    X(BIT_OR, OPERAND_NONE, -1, "x y -> x | y")                                                      \
    X(BIT_XOR, OPERAND_NONE, -1, "x y -> x ^ y")                                                     \
    X(LESS, OPERAND_NONE, -1, "x y -> x < y")                                                        \
    X(LESS_EQUAL, OPERAND_NONE, -1, "x y -> x <= y")                                                 \
    X(EQUAL, OPERAND_NONE, -1, "x y -> x == y")                                                      \
    X(NOT_EQUAL, OPERAND_NONE, -1, "x y -> x != y")                                                  \
    X(GREATER, OPERAND_NONE, -1, "x y -> x > y")                                                     \
    X(GREATER_EQUAL, OPERAND_NONE, -1, "x y -> x >= y")                                              \
    X(IN, OPERAND_NONE, -1, "x y -> x in y")                                                         \
    X(NOT_IN, OPERAND_NONE, -1, "x y -> x not in y")                                                 \
    X(IS, OPERAND_NONE, -1, "x y -> x is y")                                                         \
    X(IS_NOT, OPERAND_NONE, -1, "x y -> x is not y")                                                 \
    X(LESS_CONSTANT, OPERAND_CONSTANT, 0, "x -> x < constants[b]")                                   \
    X(LESS_EQUAL_CONSTANT, OPERAND_CONSTANT, 0, "x -> x <= constants[b]")                            \
    X(EQUAL_CONSTANT, OPERAND_CONSTANT, 0, "x -> x == constants[b]")                                 \
    X(NOT_EQUAL_CONSTANT, OPERAND_CONSTANT, 0, "x -> x != constants[b]")                             \
    X(GREATER_CONSTANT, OPERAND_CONSTANT, 0, "x -> x > constants[b]")                                \
    X(GREATER_EQUAL_CONSTANT, OPERAND_CONSTANT, 0, "x -> x >= constants[b]")                         \
    X(IS_NONE, OPERAND_NONE, 0, "x -> x is None")                                                    \
    X(IS_NOT_NONE, OPERAND_NONE, 0, "x -> x is not None")                                            \
    X(JUMP, OPERAND_TARGET, 0, "->; go to b")                                                        \
    X(JUMP_IF_FALSE, OPERAND_TARGET, -1, "x ->; go to b where x is false")                           \
    X(JUMP_IF_TRUE, OPERAND_TARGET, -1, "x ->; go to b where x is true")                             \
    X(JUMP_IF_FALSE_KEEP, OPERAND_TARGET, -1, "x -> x and go to b where x is false, else x ->")      \
    X(JUMP_IF_TRUE_KEEP, OPERAND_TARGET, -1, "x -> x and go to b where x is true, else x ->")        \
    X(ATTRIBUTE, OPERAND_CONSTANT, 0, "x -> x.constants[b], a method or a map's member")             \
    X(MEMBER, OPERAND_CONSTANT, 0, "x -> x.constants[b], a map's member: no type has such a method") \
    X(ITEM, OPERAND_NONE, -1, "x y -> x[y]")                                                         \
    X(ITEM_CONSTANT, OPERAND_CONSTANT, 0, "x -> x[constants[b]]")                                    \
    X(NAME_MEMBER, OPERAND_NAME_CONSTANT, 1, "-> names[a].constants[b], as MEMBER")                  \
    X(NAME_ITEM, OPERAND_NAME_CONSTANT, 1, "-> names[a][constants[b]]")                              \
    X(SLICE, OPERAND_NONE, -3, "x start stop step -> x[start:stop:step]")                            \
    X(BUILD_LIST, OPERAND_COUNT, 0, "b items -> list")                                               \
    X(BUILD_TUPLE, OPERAND_COUNT, 0, "b items -> tuple")                                             \
    X(BUILD_SET, OPERAND_COUNT, 0, "b items -> set")                                                 \
    X(BUILD_MAP, OPERAND_COUNT, 0, "b pairs of key and value -> dict")                               \
    X(LOAD_METHOD, OPERAND_CONSTANT, 1,                                                              \
      "x -> f x for a method f of x's type, else x.constants[b] and nothing")                        \
    X(CALL, OPERAND_CALL, 0, "f, b arguments, where a > 0 a tuple of the last a's names -> result")  \
    X(CALL_METHOD, OPERAND_CALL, 0, "as LOAD_METHOD leaves it, then as CALL -> result")              \
    X(ITERATE, OPERAND_NONE, 0, "x -> iterator over x")                                              \
    X(NEXT, OPERAND_TARGET, 1, "iterator -> iterator and its next item; at its end -> and go to b")  \
    X(UNPACK, OPERAND_COUNT, 0, "x -> its b items, the first on top")                                \
    X(COMPREHEND, OPERAND_BLOCK, 0, "iterator -> what block b collects from it")                     \
    X(GENERATE, OPERAND_BLOCK, 0, "iterator -> generator that runs block b over it")                 \
    X(COLLECT_LIST, OPERAND_NONE, -1, "x ->; append it to the block's list")                         \
    X(COLLECT_SET, OPERAND_NONE, -1, "x ->; add it to the block's set")                              \
    X(COLLECT_MAP, OPERAND_NONE, -2, "key x ->; put it into the block's dict")                       \
    X(YIELD, OPERAND_NONE, -1, "x ->; hand it out and pause")                                        \
    X(RETURN, OPERAND_NONE, -1, "x ->; the expression's value is x")                                 \
    X(END, OPERAND_NONE, 0, "->; the comprehension is done")

typedef enum opcode {
#define X(name, form, effect, text) OP_##name,
    OPCODES(X)
#undef X
        OPCODE_COUNT
} opcode;

typedef uint32_t instruction;

static inline instruction instruction_make(opcode op, unsigned a, unsigned b)
{
    return (instruction)op | (instruction)a << 8 | (instruction)b << 16;
}
static inline opcode instruction_op(instruction i)
{
    return (opcode)(i & 0xFF);
}
static inline unsigned instruction_a(instruction i)
{
    return i >> 8 & 0xFF;
}
static inline unsigned instruction_b(instruction i)
{
    return i >> 16;
}

/* The opcode's name, its operands' form, its fixed effect on the stack. */
const char *opcode_name(opcode op);
operand_form opcode_operands(opcode op);
int opcode_effect(opcode op);

#endif
