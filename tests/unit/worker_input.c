#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/nearest.h"
#include "worker/input.h"

static FILE *text_file(const char *text, size_t size)
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    rewind(file);
    return file;
}

static void expect_line(input_lines *l, const char *line, size_t number)
{
    cr_assert_eq(input_lines_next(l), INPUT_LINE);
    cr_expect_str_eq(l->line, line);
    cr_expect_eq(l->size, strlen(line));
    cr_expect_eq(l->number, number);
}

Test(worker_input, lines_lose_their_newlines_and_the_last_needs_none)
{
    FILE *file = text_file("one\n\nthree", 10);
    input_lines l;
    input_lines_init(&l, file, 100);
    expect_line(&l, "one", 1);
    expect_line(&l, "", 2);
    expect_line(&l, "three", 3);
    cr_expect_eq(input_lines_next(&l), INPUT_END);
    input_lines_free(&l);
    fclose(file);
}

Test(worker_input, a_line_that_is_too_long_is_passed_over)
{
    FILE *file = text_file("12345\n123456\nnext\n1234567", 25);
    input_lines l;
    input_lines_init(&l, file, 5);
    expect_line(&l, "12345", 1);
    cr_expect_eq(input_lines_next(&l), INPUT_TOO_LONG);
    expect_line(&l, "next", 3);
    cr_expect_eq(input_lines_next(&l), INPUT_TOO_LONG);
    cr_expect_eq(input_lines_next(&l), INPUT_END);
    input_lines_free(&l);
    fclose(file);
}

Test(worker_input, a_long_line_arrives_whole)
{
    size_t size = 100000;
    char *text = malloc(size);
    memset(text, 'x', size);
    FILE *file = text_file(text, size);
    input_lines l;
    input_lines_init(&l, file, size);
    cr_assert_eq(input_lines_next(&l), INPUT_LINE);
    cr_expect_eq(l.size, size);
    cr_expect_eq(strlen(l.line), size);
    input_lines_free(&l);
    fclose(file);
    free(text);
}

static char *write_temporary(char path[32], const char *text)
{
    snprintf(path, 32, "/tmp/carillon.XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(worker_input, a_file_is_read_up_to_its_bound)
{
    char path[32];
    size_t size = 0;
    error e = {0};
    write_temporary(path, "12345");
    char *bytes = input_read_file(path, 5, &size, &e);
    cr_assert_not_null(bytes);
    cr_expect_eq(size, 5u);
    cr_expect_str_eq(bytes, "12345");
    free(bytes);
    cr_expect_null(input_read_file(path, 4, &size, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    unlink(path);
}

Test(worker_input, a_file_that_cannot_be_read_is_named)
{
    size_t size = 0;
    error e = {0};
    cr_expect_null(input_read_file("/nonexistent/file", 10, &size, &e));
    cr_expect_eq(e.code, ERROR_SYSTEM);
    cr_expect_str_eq(e.message, "/nonexistent/file: cannot be opened: No such file or directory");
    cr_expect_null(input_read_file("/", 10, &size, &e));
    cr_expect_str_eq(e.message, "/: cannot be read: Is a directory");
}

Test(worker_nearest, counts_edits_and_swaps)
{
    cr_expect_eq(nearest_distance("group", "group"), 0u);
    cr_expect_eq(nearest_distance("gruop", "group"), 1u);
    cr_expect_eq(nearest_distance("GROUPS", "group"), 1u);
    cr_expect_eq(nearest_distance("", "abc"), 3u);
    cr_expect_eq(nearest_distance("kitten", "sitting"), 3u);
}

Test(worker_nearest, finds_slips_only)
{
    nearest n;
    nearest_init(&n, "comit.interval.ms");
    nearest_try(&n, "log.level");
    nearest_try(&n, "commit.interval.ms");
    cr_expect_str_eq(nearest_found(&n), "commit.interval.ms");
    nearest_init(&n, "xylophone");
    nearest_try(&n, "group");
    cr_expect_null(nearest_found(&n));
}
