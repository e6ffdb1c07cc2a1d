/* disassembler: a compiled expression as text, for people and tests. */
#ifndef ENGINE_EXPRESSION_DISASSEMBLER_H
#define ENGINE_EXPRESSION_DISASSEMBLER_H

#include "engine/expression/expression.h"

/* Appends one paragraph a block: a line that says what it is, then one line an instruction: its number, its
 * place in the source, its name, its operands. */
void disassembler_write(buffer *out, const expression *p);

#endif
