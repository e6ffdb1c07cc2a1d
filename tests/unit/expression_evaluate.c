/* Evaluation: the contract of results, laziness, scopes, and the budgets. tests/oracle/test_expressions.py
 * compares values and errors with CPython in bulk. */
#include <criterion/criterion.h>
#include <math.h>

#include "engine/expression/expression.h"
#include "engine/limits.h"
#include "engine/value/json.h"

static arena memory;
static exception x;
static value names[2];

static void setup(void)
{
    static const char text[] = "{\"amount\": 120, \"phone\": null, \"tags\": [\"vip\", \"new\"], \"get\": 7,"
                               " \"items\": [{\"price\": 2.5, \"n\": 2}, {\"price\": 1.0, \"n\": 1}]}";
    arena_init(&memory, 4096, 64 << 20);
    cr_assert(json_read(&memory, text, sizeof text - 1, &names[0], NULL));
    names[1] = value_int(3);
}

static void teardown(void)
{
    arena_free(&memory);
}

TestSuite(expression_evaluate, .init = setup, .fini = teardown);

static bool evaluate(const char *source, value *result)
{
    static const char *const scope_names[] = {"payload", "x"};
    static const expression_scope scope = {.names = scope_names, .count = 2};
    const expression *p = expression_compile(&memory, source, strlen(source), &scope, &x);
    return p != NULL && expression_evaluate(p, names, &memory, result, &x);
}

static const char *json(const char *source)
{
    value result;
    buffer out;
    if (!evaluate(source, &result))
        return arena_copy(&memory, x.message, strlen(x.message));
    buffer_init(&out, &memory, 1 << 20);
    json_write(&out, &result);
    return out.failed ? "no JSON" : arena_copy(&memory, out.bytes, out.size);
}

#define gives(source, expected) cr_expect_str_eq(json(source), expected, "%s: %s", source, json(source))

static void raises(const char *source, exception_type type)
{
    value result;
    cr_expect_not(evaluate(source, &result), "%s", source);
    cr_expect_str_eq(exception_name(x.type), exception_name(type), "%s: %s", source, x.message);
}

Test(expression_evaluate, operands_and_members)
{
    gives("payload['amount'] < 100 or payload['phone'] is None", "true");
    gives("payload.amount / 16", "7.5");
    gives("payload.tags[-1] + '!'", "\"new!\"");
    gives("sum(i.price * i.n for i in payload['items'])", "6.0");
    gives("payload.phone or 'none'", "\"none\"");
}

Test(expression_evaluate, methods_come_before_keys)
{
    gives("payload.get('get')", "7");
    gives("payload['get']", "7");
    gives("len(payload.items())", "5");
    raises("payload.items.price", EXCEPTION_ATTRIBUTE);
}

Test(expression_evaluate, names_hide_builtins_and_variables_hide_names)
{
    gives("[x for x in 'ab'] + [x]", "[\"a\",\"b\",3]");
    gives("[len for len in [1]]", "[1]");
    raises("[y for y in [1]] and y", EXCEPTION_NAME);
    raises("[y for y in [y]]", EXCEPTION_NAME);
    raises("[y for z in [1] for y in [y]]", EXCEPTION_NAME);
}

Test(expression_evaluate, generators_are_lazy_and_bind_late)
{
    gives("any(1 / y for y in [1, 0])", "true");
    gives("[list(g) for g in [(y for _ in [1]) for y in [1, 2]]]", "[[2],[2]]");
    gives("[list(g) for i in [1, 2] for g in [[(y for _ in [1]) for y in [i]][0]]]", "[[1],[2]]");
    gives("[(2 in g, list(g)) for g in [(y for y in range(5))]]", "[[true,[3,4]]]");
    raises("[list(g) for a in [1] for g in [(y for b in [1] for y in g)]]", EXCEPTION_VALUE);
}

Test(expression_evaluate, operands_of_a_chain_are_evaluated_once)
{
    gives("[0 < sum(g) < 5 for g in [(y for y in [1, 2])]]", "[true]");
}

Test(expression_evaluate, what_is_lazy_comes_as_a_list)
{
    gives("range(3)", "[0,1,2]");
    gives("(y * 2 for y in [1, 2])", "[2,4]");
    gives("{'a': 1}.items()", "[[\"a\",1]]");
    gives("zip('ab', [1, 2])", "[[\"a\",1],[\"b\",2]]");
    gives("[range(3)]", "no JSON");
}

Test(expression_evaluate, truth)
{
    static const char *const falsy[] = {"None", "False", "0", "0.0", "-0.0", "''", "[]", "()", "{}", "set()"};
    static const char *const truthy[] = {"True", "-1",     "0.1", "' '", "[0]",
                                         "(0,)", "{0: 0}", "{0}", "len", "''.join"};
    value result;
    for (size_t i = 0; i < sizeof falsy / sizeof falsy[0]; i++)
        cr_expect(evaluate(falsy[i], &result) && !expression_truth(&result), "%s", falsy[i]);
    for (size_t i = 0; i < sizeof truthy / sizeof truthy[0]; i++)
        cr_expect(evaluate(truthy[i], &result) && expression_truth(&result), "%s", truthy[i]);
}

Test(expression_evaluate, sets_keep_the_order_of_insertion)
{
    gives("list({5, 3, 9, 3, 1})", "[5,3,9,1]");
    gives("list({y % 50 for y in range(1000)}) == list(range(50))", "true");
    gives("list({3, 1} | {2, 1})", "[3,1,2]");
    gives("list({3, 1, 2} & {2, 3})", "[2,3]"); /* the smaller one is gone over */
    gives("len({y for y in range(1000)} - {y for y in range(0, 1000, 2)})", "500");
}

Test(expression_evaluate, integers_have_64_bits)
{
    raises("9223372036854775807 + 1", EXCEPTION_OVERFLOW);
    raises("-(-9223372036854775808)", EXCEPTION_OVERFLOW);
    raises("2 ** 63", EXCEPTION_OVERFLOW);
    raises("1 << 63", EXCEPTION_OVERFLOW);
    gives("sum([9223372036854775807, 1, -1])", "9223372036854775807");
    gives("2 ** 62 * -2", "-9223372036854775808");
}

Test(expression_evaluate, numbers_are_compared_exactly)
{
    names[1] = value_int((INT64_C(1) << 53) + 1); /* as a double it were 2 ** 53 */
    gives("[x < 2.0**53, x <= 2.0**53, x == 2.0**53, x != 2.0**53, x > 2.0**53, x >= 2.0**53]",
          "[false,false,false,true,true,true]");
    names[1] = value_int(INT64_MAX);
    gives("[x < 2.0**63, x == 2.0**63, x >= 2.0**63, x > 2**62]", "[true,false,false,true]");
    names[1] = value_float(NAN);
    gives("[x < 1, x <= 1, x == 1, x != 1, x > 1, x >= 1, x < x, x > x]",
          "[false,false,false,true,false,false,false,false]");
    names[1] = value_bool(true);
    gives("[x < 1, x <= 1, x == 1, x != 1.0, x > 0.5, x >= 2]", "[false,true,true,false,true,false]");
    names[1] = value_cstring("b");
    gives("[x < 'b', x <= 'b', x == 'b', x != 'b', x > 'a', x >= 'c', x == 1, x != 1]",
          "[false,true,true,false,true,false,false,true]");
    raises("x < 1", EXCEPTION_TYPE);
    raises("x >= None", EXCEPTION_TYPE);
}

Test(expression_evaluate, a_slice_may_step_as_far_as_an_integer_goes)
{
    gives("[1, 2, 3][1::9223372036854775807]", "[2]");
    gives("[1, 2, 3][::-9223372036854775807 - 1]", "[3]");
    gives("'abc'[1::9223372036854775807]", "\"b\"");
    gives("'abc'[1::-9223372036854775807]", "\"b\"");
}

Test(expression_evaluate, positions_are_those_of_the_cause)
{
    value result;
    cr_expect_not(evaluate("[1 / y for y in [1, 0]]", &result));
    cr_expect_eq(x.position, 3);
    cr_expect_not(evaluate("all(1 / y for y in [1, 0])", &result));
    cr_expect_eq(x.position, 6);
    cr_expect_not(evaluate("len(payload.amount)", &result));
    cr_expect_eq(x.position, 3);
}

Test(expression_evaluate, a_missing_constant_key_is_named_another_is_not)
{
    gives("payload['nope']", "'nope'");
    gives("payload[payload.tags[0]]", "the dict has no such key");
}

/* ---- budgets ---- */

Test(expression_evaluate, steps_are_bounded)
{
    raises("sum(y for z in range(1000) for y in range(1000))", EXCEPTION_RESOURCE);
    raises("[0 for y in range(1000000)]", EXCEPTION_RESOURCE);
    raises("max(range(10 ** 12))", EXCEPTION_RESOURCE);
    raises("10 ** 9 in (y for y in range(10 ** 10))", EXCEPTION_RESOURCE);
    raises("[[y for y in range(100)] == [y for y in range(100)] for z in range(1000)]", EXCEPTION_RESOURCE);
    gives("sum(y for y in range(5000))", "12497500");
}

Test(expression_evaluate, memory_is_bounded)
{
    raises("'a' * 2000000", EXCEPTION_RESOURCE);
    raises("[0] * 100000", EXCEPTION_RESOURCE);
    raises("'a' * 9223372036854775807", EXCEPTION_RESOURCE);
    raises("[[y] * 100 for y in range(1000)]", EXCEPTION_RESOURCE);
    raises("[{y: y for y in range(100)} for z in range(1000)]", EXCEPTION_RESOURCE);
    gives("len('a' * 1000000)", "1000000");
}

/* `first`, then `clause` with the numbers i and i + 1 for < and >, i from 0 on, then `last`. */
static const char *build(const char *first, int count, const char *clause, const char *last)
{
    buffer out;
    buffer_init(&out, &memory, LIMIT_EXPRESSION_BYTES);
    buffer_add_text(&out, first);
    for (int i = 0; i < count; i++) {
        const char *rest = clause;
        for (const char *mark; (mark = strpbrk(rest, "<>")) != NULL; rest = mark + 1) {
            buffer_add(&out, rest, (size_t)(mark - rest));
            buffer_add_int(&out, *mark == '<' ? i : i + 1);
        }
        buffer_add_text(&out, rest);
    }
    buffer_add_text(&out, last);
    cr_assert_not(out.failed);
    return arena_copy(&memory, out.bytes, out.size);
}

Test(expression_evaluate, values_do_not_nest_without_end)
{
    gives(build("[len(a) for a in [[]]", 100, " for a in [[a]]", "]"), "[1]");
    raises(build("[len(a) for a in [[]]", 200, " for a in [[a]]", "]"), EXCEPTION_RESOURCE);
}

Test(expression_evaluate, iterators_do_not_nest_without_end)
{
    gives(build("[len(list(g90)) for g0 in [[1, 2]]", 90, " for g> in [zip(g<)]", "]"), "[2]");
    raises(build("[list(g120) for g0 in [[1]]", 120, " for g> in [(0 for b in g<)]", "]"),
           EXCEPTION_RESOURCE);
}

Test(expression_evaluate, running_out_of_memory_anywhere_is_an_error)
{
    const char *source =
        "[sorted({i: [i, 'a' * i], 'b': {i}}.items(), key=len) for i in range(3)] + "
        "[list(zip((j for j in enumerate('abc')), reversed([1, 2]))), '%s' % [1.5], dict(a=1)]";
    static const expression_scope scope = {.names = NULL, .count = 0};
    const expression *p = expression_compile(&memory, source, strlen(source), &scope, &x);
    cr_assert_not_null(p, "%s", x.message);
    bool done = false;
    size_t budget = 0;
    for (; !done && budget < 1 << 16; budget += 64) {
        arena small;
        value result;
        arena_init(&small, 256, budget);
        done = expression_evaluate(p, NULL, &small, &result, &x);
        cr_assert(done || x.type == EXCEPTION_RESOURCE, "budget %zu: %s", budget, x.message);
        arena_free(&small);
    }
    cr_expect(done);
    cr_expect_gt(budget, 1024);
}

Test(expression_evaluate, an_expression_may_be_evaluated_again_and_again)
{
    static const char *const scope_names[] = {"payload", "x"};
    static const expression_scope scope = {.names = scope_names, .count = 2};
    const char *source = "[x + y for y in range(x)]";
    const expression *p = expression_compile(&memory, source, strlen(source), &scope, &x);
    for (int64_t n = 0; n < 5; n++) {
        value result;
        names[1] = value_int(n);
        cr_assert(expression_evaluate(p, names, &memory, &result, &x));
        cr_expect_eq(result.count, n);
    }
}
