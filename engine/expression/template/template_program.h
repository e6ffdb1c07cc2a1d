/* template_program: what the parser makes of a template and the renderer runs: a row of instructions.
 * Private to the template's modules. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_PROGRAM_H
#define ENGINE_EXPRESSION_TEMPLATE_PROGRAM_H

#include "engine/expression/template/template.h"

/* Targets are indexes of instructions. A loop's variables live in slots behind the values of the scope:
 * first the map `loop`, then one slot a target. */
typedef enum template_operation {
    TEMPLATE_TEXT_OUT, /* append the text */
    TEMPLATE_PRINT,    /* append the expression's value */
    TEMPLATE_MEMBER,   /* the same, where the expression is the member `key` of the value in `slot` */
    TEMPLATE_JUMP,     /* go to target */
    TEMPLATE_UNLESS,   /* go to target where the expression is false */
    TEMPLATE_FOR,      /* begin a loop over the expression; where it is empty, go to target */
    TEMPLATE_NEXT,     /* take the next item and go to target; where there is none, end the loop */
} template_operation;

typedef struct template_instruction {
    uint8_t operation;
    uint8_t variable_count; /* FOR: 1 takes the item itself, more unpack it */
    uint16_t slot;          /* FOR: of `loop`; MEMBER: of the map */
    uint32_t target;
    uint32_t position; /* in the source: of the text or expression; NEXT has its FOR's */
    uint32_t size;     /* of the text */
    union {
        const char *text;
        const value *key;
    };
    const expression *expression;
} template_instruction;

struct template
{
    const template_instruction *instructions;
    uint32_t instruction_count;
    uint16_t value_count;   /* of the scope */
    uint16_t slot_count;    /* of the scope and all variables that live at once */
    uint32_t size_expected; /* of what is rendered; a guess, to make room for */
    template_kind kind;
};

#endif
