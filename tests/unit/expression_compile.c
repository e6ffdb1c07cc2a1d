/* What expressions compile to: the instructions, the constants that are folded away, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/expression/program/disassembler.h"
#include "engine/expression/program/program.h"
#include "engine/limits.h"

static arena memory;
static exception x;

static void setup(void)
{
    arena_init(&memory, 4096, 4 << 20);
}

static void teardown(void)
{
    arena_free(&memory);
}

TestSuite(expression_compile, .init = setup, .fini = teardown);

static expression *compile(const char *source)
{
    static const char *const names[] = {"payload", "x"};
    static const expression_scope scope = {.names = names, .count = 2};
    return expression_compile(&memory, source, strlen(source), &scope, &x);
}

/* The instructions of all blocks, separated by blanks; blocks by bars. */
static const char *opcodes(const char *source)
{
    const expression *p = compile(source);
    buffer out;
    if (p == NULL)
        return x.message;
    buffer_init(&out, &memory, 1 << 16);
    for (size_t b = 0; b < p->block_count; b++) {
        if (b > 0)
            buffer_add_text(&out, " | ");
        for (uint16_t i = 0; i < p->blocks[b].code_count; i++)
            buffer_format(&out, i > 0 ? " %s" : "%s", opcode_name(instruction_op(p->blocks[b].code[i])));
    }
    return arena_copy(&memory, out.bytes, out.size);
}

#define compiles_to(source, expected) \
    cr_expect_str_eq(opcodes(source), expected, "%s: %s", source, opcodes(source))

Test(expression_compile, a_member_of_a_name_is_one_instruction)
{
    compiles_to("payload['a']", "NAME_ITEM RETURN");
    compiles_to("payload.a", "NAME_MEMBER RETURN");
    compiles_to("payload.a.b['c'][x]", "NAME_MEMBER MEMBER ITEM_CONSTANT LOAD_NAME ITEM RETURN");
}

Test(expression_compile, an_ordinary_condition)
{
    compiles_to("payload['amount'] < 100 or payload['phone'] is None",
                "NAME_ITEM LESS_CONSTANT JUMP_IF_TRUE_KEEP NAME_ITEM IS_NONE RETURN");
}

Test(expression_compile, names_that_are_methods_need_a_look_at_the_type)
{
    compiles_to("payload.items", "LOAD_NAME ATTRIBUTE RETURN");
    compiles_to("payload.get('a')", "LOAD_NAME LOAD_METHOD LOAD_CONSTANT CALL_METHOD RETURN");
    compiles_to("payload.a()", "LOAD_NAME LOAD_METHOD CALL_METHOD RETURN");
}

Test(expression_compile, constants_are_folded)
{
    compiles_to("1 + 2 * 3 - 4", "LOAD_CONSTANT RETURN");
    compiles_to("-(2 ** 3)", "LOAD_CONSTANT RETURN");
    compiles_to("'a' * 3 + 'b'", "LOAD_CONSTANT RETURN");
    compiles_to("[1, (2, {'a': 3}), {4}]", "LOAD_CONSTANT RETURN");
    compiles_to("not 1 < 2", "LOAD_CONSTANT RETURN");
    compiles_to("2 * 3 * x", "LOAD_CONSTANT LOAD_NAME MULTIPLY RETURN");
    compiles_to("x in ('a', 'b')", "LOAD_NAME LOAD_CONSTANT IN RETURN");
    compiles_to("[x, 1]", "LOAD_NAME LOAD_CONSTANT BUILD_LIST RETURN");
}

Test(expression_compile, what_raises_or_is_large_is_left_to_the_evaluation)
{
    compiles_to("1 / 0", "LOAD_CONSTANT LOAD_CONSTANT DIVIDE RETURN");
    compiles_to("9223372036854775807 + 1", "LOAD_CONSTANT LOAD_CONSTANT ADD RETURN");
    compiles_to("'a' * 100000", "LOAD_CONSTANT LOAD_CONSTANT MULTIPLY RETURN");
    compiles_to("{[]}", "LOAD_CONSTANT BUILD_SET RETURN");
}

Test(expression_compile, a_chain_keeps_the_operand_in_the_middle)
{
    compiles_to("1 < x < 3", "LOAD_CONSTANT LOAD_NAME DUPLICATE_UNDER LESS JUMP_IF_FALSE_KEEP LESS_CONSTANT "
                             "JUMP SWAP POP RETURN");
}

Test(expression_compile, a_relation_to_a_constant_is_one_instruction)
{
    compiles_to("x < 1", "LOAD_NAME LESS_CONSTANT RETURN");
    compiles_to("x <= 1", "LOAD_NAME LESS_EQUAL_CONSTANT RETURN");
    compiles_to("x == 'a'", "LOAD_NAME EQUAL_CONSTANT RETURN");
    compiles_to("x != 1.5", "LOAD_NAME NOT_EQUAL_CONSTANT RETURN");
    compiles_to("x > 1", "LOAD_NAME GREATER_CONSTANT RETURN");
    compiles_to("x >= 1", "LOAD_NAME GREATER_EQUAL_CONSTANT RETURN");
    compiles_to("x is 1", "LOAD_NAME LOAD_CONSTANT IS RETURN");
    compiles_to("1 < x", "LOAD_CONSTANT LOAD_NAME LESS RETURN");
}

Test(expression_compile, both_ways_of_a_condition_leave_one_value)
{
    compiles_to("1 if x else 2", "LOAD_NAME JUMP_IF_FALSE LOAD_CONSTANT JUMP LOAD_CONSTANT RETURN");
    cr_expect_eq(compile("1 if x else 2")->blocks[0].stack_count, 1);
}

Test(expression_compile, a_comprehension_is_a_block_and_its_first_iterable_is_outside)
{
    compiles_to("[a + x for a in payload if a]",
                "LOAD_NAME ITERATE COMPREHEND RETURN | NEXT STORE_LOCAL LOAD_LOCAL JUMP_IF_FALSE LOAD_LOCAL "
                "LOAD_NAME ADD COLLECT_LIST JUMP END");
    compiles_to("any(a for a in payload)",
                "LOAD_CONSTANT LOAD_NAME ITERATE GENERATE CALL RETURN | NEXT STORE_LOCAL "
                "LOAD_LOCAL YIELD JUMP END");
    compiles_to("{a: b for a, b in x}",
                "LOAD_NAME ITERATE COMPREHEND RETURN | NEXT UNPACK STORE_LOCAL STORE_LOCAL "
                "LOAD_LOCAL LOAD_LOCAL COLLECT_MAP JUMP END");
}

Test(expression_compile, an_inner_loop_goes_on_with_the_outer_one)
{
    const expression *p = compile("[b for a in x for b in a]");
    const block *b = &p->blocks[1];
    cr_assert_eq(instruction_op(b->code[0]), OP_NEXT);
    cr_expect_eq(instruction_op(b->code[instruction_b(b->code[0])]), OP_END);
    cr_assert_eq(instruction_op(b->code[4]), OP_NEXT);
    cr_expect_eq(instruction_b(b->code[4]), 0);
    cr_expect_gt(instruction_a(b->code[4]), 0, "an item costs steps");
}

Test(expression_compile, only_blocks_with_a_generator_inside_share_their_variables)
{
    const expression *p = compile("[[b for b in a] for a in x]");
    cr_expect_not(p->blocks[1].shared);
    p = compile("[any(b for b in a) for a in x]");
    cr_expect(p->blocks[1].shared);
    cr_expect_not(p->blocks[2].shared);
}

Test(expression_compile, the_stack_is_as_high_as_it_must_be)
{
    cr_expect_eq(compile("x + x * x")->blocks[0].stack_count, 3);
    cr_expect_eq(compile("[x, x, x, x]")->blocks[0].stack_count, 4);
    cr_expect_eq(compile("max(x, x, key=len)")->blocks[0].stack_count, 5,
                 "the function, its arguments, their names");
    cr_expect_eq(compile("x < x < x < x")->blocks[0].stack_count, 3);
}

Test(expression_compile, the_disassembly_names_operands)
{
    const expression *p = compile("[payload.a['b'] + y for y in x if len(y) > 2]");
    buffer out;
    buffer_init(&out, &memory, 1 << 16);
    disassembler_write(&out, p);
    const char *text = arena_copy(&memory, out.bytes, out.size);
    static const char *const lines[] = {
        "block 0: expression, 0 variables, stack of 1\n",
        "block 1: list comprehension, 1 variables, stack of 3\n",
        "  COMPREHEND          block 1\n",
        "  LOAD_NAME           x\n",
        "  LOAD_CONSTANT       len\n",
        "  NAME_MEMBER         payload 'a'\n",
        "  ITEM_CONSTANT       'b'\n",
        "  STORE_LOCAL         slot 0\n",
        "  CALL                1\n",
        "  END\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect_not_null(strstr(text, lines[i]), "%s in\n%s", lines[i], text);
}

Test(expression_compile, every_opcode_has_a_distinct_name)
{
    for (opcode a = 0; a < OPCODE_COUNT; a++)
        for (opcode b = 0; b < a; b++)
            cr_expect_str_neq(opcode_name(a), opcode_name(b));
}

/* ---- what is refused ---- */

static void refuses(const char *source, exception_type type, size_t position)
{
    cr_expect_null(compile(source), "%s", source);
    cr_expect_str_eq(exception_name(x.type), exception_name(type), "%s: %s", source, x.message);
    cr_expect_eq(x.position, position, "%s: %zu", source, x.position);
}

Test(expression_compile, errors_have_a_class_and_a_place)
{
    refuses("payload.a + nope", EXCEPTION_NAME, 12);
    refuses("payload.__class__", EXCEPTION_ATTRIBUTE, 8);
    refuses("x +", EXCEPTION_SYNTAX, 3);
    refuses("(x", EXCEPTION_SYNTAX, 2);
    refuses("x if x", EXCEPTION_SYNTAX, 6);
    refuses("1 + 9223372036854775808", EXCEPTION_OVERFLOW, 4);
    refuses("'a' 'b", EXCEPTION_SYNTAX, 4);
    refuses("\xFF", EXCEPTION_SYNTAX, 0);
}

Test(expression_compile, what_python_has_and_this_has_not_is_named)
{
    static const struct {
        const char *source;
        const char *word;
    } cases[] = {
        {"lambda: 1", "lambda"}, {"(y := 1)", ":="},         {"[*x]", "starred"},
        {"f'a'", "f-strings"},   {"b'a'", "bytes"},          {"await x", "await"},
        {"(yield x)", "yield"},  {"1j", "imaginary"},        {"[y async for y in x]", "async"},
        {"x = 1", "=="},         {"import x", "statements"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_null(compile(cases[i].source));
        cr_expect_eq(x.type, EXCEPTION_SYNTAX);
        cr_expect_not_null(strstr(x.message, cases[i].word), "%s: %s", cases[i].source, x.message);
    }
}

static char *repeat(const char *piece, size_t count)
{
    size_t size = strlen(piece);
    char *text = arena_alloc(&memory, size * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, piece, size);
    text[size * count] = '\0';
    return text;
}

Test(expression_compile, length_and_depth_are_bounded)
{
    refuses(repeat("(", LIMIT_EXPRESSION_DEPTH + 1), EXCEPTION_RESOURCE, LIMIT_EXPRESSION_DEPTH);
    refuses(repeat("-", LIMIT_EXPRESSION_BYTES), EXCEPTION_RESOURCE, LIMIT_EXPRESSION_DEPTH - 1);
    cr_expect_null(compile(repeat("x", LIMIT_EXPRESSION_BYTES + 1)));
    cr_expect_eq(x.type, EXCEPTION_RESOURCE);
    char source[LIMIT_EXPRESSION_BYTES + 1];
    snprintf(source, sizeof source, "x%s", repeat("+x", LIMIT_EXPRESSION_BYTES / 2 - 1));
    cr_expect_not_null(compile(source), "a long chain is not deep");
    snprintf(source, sizeof source, "x%s", repeat(".a", LIMIT_EXPRESSION_BYTES / 2 - 1));
    cr_expect_not_null(compile(source));
    snprintf(source, sizeof source, "x%s", repeat("<x", LIMIT_EXPRESSION_BYTES / 2 - 1));
    cr_expect_not_null(compile(source));
}

Test(expression_compile, running_out_of_memory_anywhere_is_an_error)
{
    const char *source =
        "[a.b['c'] + max(a, x, key=len) for a, (b, c) in x if 1 < len(a) < 3] or {x: (x, 1), 'ä': {x}}";
    static const char *const names[] = {"x"};
    static const expression_scope scope = {.names = names, .count = 1};
    size_t budget = 0;
    expression *p = NULL;
    while (p == NULL && budget < 1 << 16) {
        arena small;
        arena_init(&small, 256, budget);
        p = expression_compile(&small, source, strlen(source), &scope, &x);
        cr_assert(p != NULL || x.type == EXCEPTION_RESOURCE, "budget %zu: %s", budget, x.message);
        arena_free(&small);
        budget += 64;
    }
    cr_expect_not_null(p);
    cr_expect_gt(budget, 512);
}

Test(expression_compile, the_source_and_the_names_are_copied)
{
    char source[] = "payload.a";
    char name[] = "payload";
    const char *names[] = {name};
    const expression_scope scope = {.names = names, .count = 1};
    const expression *p = expression_compile(&memory, source, strlen(source), &scope, &x);
    memset(source, '#', sizeof source - 1);
    memset(name, '#', sizeof name - 1);
    buffer out;
    buffer_init(&out, &memory, 1 << 16);
    disassembler_write(&out, p);
    cr_expect_not_null(strstr(arena_copy(&memory, out.bytes, out.size), "payload 'a'"));
}

Test(expression_compile, what_uses_no_name_of_the_scope_is_constant)
{
    static const char *const constant[] = {"1", "'a'.upper()", "sum(i for i in range(3))",
                                           "[y for y in [1, 2]]"};
    static const char *const varying[] = {"x",
                                          "payload.a",
                                          "payload['a']",
                                          "1 if x else 2",
                                          "[1 for y in [x]]",
                                          "[payload.a for y in [1]]",
                                          "sum(x for y in [1])"};
    for (size_t i = 0; i < sizeof constant / sizeof constant[0]; i++)
        cr_expect(expression_is_constant(compile(constant[i])), "%s", constant[i]);
    for (size_t i = 0; i < sizeof varying / sizeof varying[0]; i++)
        cr_expect_not(expression_is_constant(compile(varying[i])), "%s", varying[i]);
}
