/* What the tests of text_methods share: a call and its result as one line of text. */
#ifndef TESTS_UNIT_EXPRESSION_TEXT_H
#define TESTS_UNIT_EXPRESSION_TEXT_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/expression/machine/object.h"
#include "engine/expression/text/text_methods.h"
#include "engine/limits.h"

static arena text_arena;
static exception text_exception;
static evaluation text_evaluation;

static inline void text_setup(void)
{
    arena_init(&text_arena, 4096, 16 << 20);
    text_evaluation = (evaluation){.arena = &text_arena,
                                   .steps_left = LIMIT_EXPRESSION_STEPS,
                                   .memory_left = LIMIT_EXPRESSION_MEMORY,
                                   .exception = &text_exception};
}

static inline void text_teardown(void)
{
    arena_free(&text_arena);
}

static inline bool bytes_are_ascii(const value *text)
{
    for (uint32_t i = 0; i < text->count; i++)
        if ((unsigned char)text->text[i] >= 0x80)
            return false;
    return true;
}

/* Knows that it is ASCII where it is. */
static inline value text_value(const char *text)
{
    value v = value_cstring(text);
    v.flags = bytes_are_ascii(&v) ? VALUE_ASCII : 0;
    return v;
}

static inline value tuple_of(const value *items, size_t count)
{
    value tuple = value_list(items, count);
    tuple.kind = VALUE_TUPLE;
    return tuple;
}

/* The result's repr(), or "ValueError: the message". Lives in the arena. */
static inline const char *shown(bool done, const value *result)
{
    char line[320];
    if (!done) {
        int size = snprintf(line, sizeof line, "%s: %s", exception_name(text_exception.type),
                            text_exception.message);
        return arena_copy(&text_arena, line, (size_t)size);
    }
    value text;
    cr_assert(text_repr(&text_evaluation, result, &text));
    return arena_copy(&text_arena, text.text, text.count);
}

static inline bool call_method(const value *self, const char *name, const value *arguments, size_t count,
                               value *result)
{
    const callable *method = text_method_find(name, strlen(name));
    cr_assert_not_null(method, "str has no method %s", name);
    bool done = method->call(&text_evaluation, self, arguments, count, result);
    if (done && result->kind == VALUE_STRING && (result->flags & VALUE_ASCII))
        cr_expect(bytes_are_ascii(result), "%s says that its result is ASCII", name);
    return done;
}

/* Calls twice: with texts that are known to be ASCII, and with the same texts where nothing is known. */
static inline const char *show_call(value self, const char *name, const value *arguments, size_t count)
{
    enum { ARGUMENTS_MAX = 3 };
    value result, unknown[ARGUMENTS_MAX];
    const char *line = shown(call_method(&self, name, arguments, count, &result), &result);
    self.flags = 0;
    for (size_t i = 0; i < count; i++) {
        unknown[i] = arguments[i];
        if (unknown[i].kind == VALUE_STRING)
            unknown[i].flags = 0;
    }
    const char *same = shown(call_method(&self, name, unknown, count, &result), &result);
    cr_expect_str_eq(same, line, "%s without knowledge of ASCII", name);
    return line;
}

/* CALL("text", "method", arguments...): the arguments are values. */
#define CALL(self, name, ...)                                                         \
    show_call(text_value(self), name, (const value[]){value_null(), __VA_ARGS__} + 1, \
              sizeof((const value[]){value_null(), __VA_ARGS__}) / sizeof(value) - 1)
#define CALL0(self, name) show_call(text_value(self), name, NULL, 0)
#define T(text) text_value(text)
#define I(integer) value_int(integer)

#endif
