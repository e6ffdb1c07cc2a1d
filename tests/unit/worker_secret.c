#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "worker/config/secret.h"

static char token[] = "TOKEN=s3cret";
static char empty[] = "EMPTY=";
static char longer[] = "TOKEN_2=other";
static char *const environment[] = {longer, empty, token, NULL};
static const secret own_items[] = {{"OWN", "mine"}, {"TOKEN_2", "mine too"}};
static const secret_source source = {{own_items, 2}, environment};

static arena memory;
static error e;

static void set_up(void)
{
    arena_init(&memory, 1024, 1 << 20);
    e = (error){0};
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(secret, .init = set_up, .fini = tear_down);

static const char *resolve(const char *text)
{
    return secret_resolve(&memory, text, &source, &e);
}

/* "file:<path>" of a new file with this content. */
static const char *file_with(const char *content, size_t size)
{
    static char text[64];
    char path[] = "/tmp/carillon-secret-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, content, size), (ssize_t)size);
    close(fd);
    snprintf(text, sizeof text, "file:%s", path);
    return text;
}

Test(secret, is_a_literal_a_variable_or_a_file)
{
    cr_expect_str_eq(resolve("literal"), "literal");
    cr_expect_str_eq(resolve("${TOKEN}"), "s3cret");
    const char *file = file_with("from a file\n", 12);
    cr_expect_str_eq(resolve(file), "from a file");
    unlink(file + 5);
}

Test(secret, is_looked_up_among_the_sections_own_names_first)
{
    cr_expect_str_eq(resolve("${OWN}"), "mine");
    cr_expect_str_eq(resolve("${TOKEN_2}"), "mine too");
}

Test(secret, loses_one_line_end_of_a_file_and_nothing_else)
{
    const char *file = file_with(" a \r\n", 5);
    cr_expect_str_eq(resolve(file), " a ");
    unlink(file + 5);
    file = file_with("b\n\n", 3);
    cr_expect_str_eq(resolve(file), "b\n");
    unlink(file + 5);
}

Test(secret, names_the_variable_or_the_file_that_is_missing)
{
    cr_expect_null(resolve("${ABSENT}"));
    cr_expect_str_eq(e.message, "the environment variable ABSENT is not set");
    cr_expect_null(resolve("${EMPTY}"));
    cr_expect_str_eq(e.message, "the environment variable EMPTY is empty");
    cr_expect_null(resolve("file:/nowhere/key"));
    cr_expect_not_null(strstr(e.message, "/nowhere/key"), "%s", e.message);
    cr_expect_null(secret_resolve(&memory, "${TOKEN}", &(secret_source){.environment = NULL}, &e));
}

Test(secret, never_tells_what_a_bad_file_holds)
{
    const char *file = file_with("abc\0def", 7);
    cr_expect_null(resolve(file));
    cr_expect_null(strstr(e.message, "abc"), "%s", e.message);
    unlink(file + 5);
    file = file_with("\n", 1);
    cr_expect_null(resolve(file));
    cr_expect_not_null(strstr(e.message, "is empty"), "%s", e.message);
    unlink(file + 5);
}

static const secret items[] = {{"A", "one"}, {"AB", "${A}"}};
static const secrets known = {items, 2};

static const char *expand(const char *text, bool masked)
{
    buffer b;
    buffer_init(&b, &memory, 4096);
    if (!secret_expand(&b, text, strlen(text), &known, masked, &e))
        return NULL;
    buffer_add_byte(&b, '\0');
    return b.bytes;
}

Test(secret, is_put_into_texts_once_and_literally)
{
    cr_expect_str_eq(expand("x ${A}-${AB}${A}.", false), "x one-${A}one.");
    cr_expect_str_eq(expand("x ${A}-${AB}.", true), "x ***-***.");
    cr_expect_str_eq(expand("costs $5 {A} $A", false), "costs $5 {A} $A");
    cr_expect_str_eq(expand("", false), "");
}

Test(secret, of_a_text_must_be_known_and_well_formed)
{
    cr_expect_null(expand("a ${B}", false));
    cr_expect_str_eq(e.message, "nothing is known of ${B}");
    cr_expect_null(expand("a ${A", false));
    cr_expect_null(expand("a ${}", false));
    cr_expect_null(expand("a ${A b}", false));
    cr_expect_null(expand("${A} ${", false));
}
