/* program: a compiled expression: blocks of instructions, constants, positions. Immutable. */
#ifndef ENGINE_EXPRESSION_PROGRAM_H
#define ENGINE_EXPRESSION_PROGRAM_H

#include "engine/expression/expression.h"
#include "engine/expression/program/opcode.h"
#include "engine/expression/syntax/syntax.h"

typedef enum block_kind { BLOCK_EXPRESSION, BLOCK_LIST, BLOCK_SET, BLOCK_MAP, BLOCK_GENERATOR } block_kind;

/* The instructions of a filter's operand that may lack what it looks up: where they do, the operand counts as
 * omitted and the run goes on behind them. */
typedef struct lenient_range {
    uint16_t start;
    uint16_t end;
    uint16_t depth; /* of the stack below the operand */
} lenient_range;

typedef struct block {
    const instruction *code;
    const uint16_t *positions;    /* of each instruction, in the source */
    const lenient_range *lenient; /* inner ones before those around them */
    uint16_t lenient_count;
    uint16_t code_count;
    uint16_t slot_count;  /* variables */
    uint16_t stack_count; /* the most that the stack ever holds */
    uint8_t kind;         /* block_kind */
    bool shared;          /* a generator inside may use its variables after it has ended */
} block;

struct expression {
    const char *source;
    size_t source_size;
    const value *constants;
    size_t constant_count;
    const block *blocks; /* the first is the expression itself */
    size_t block_count;
    const char *const *names; /* copies of those that are used, for the disassembler */
    size_t name_count;
};

/* Compiles a tree. NULL with NameError for an unknown name or ResourceError. */
MUST_CHECK expression *program_compile(evaluation *ev, const char *source, size_t size, const node *root,
                                       const expression_scope *scope);

#endif
