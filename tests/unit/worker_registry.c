#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/limits.h"
#include "worker/registry/registry_folder.h"

static char folder[64];

static void set_up(void)
{
    strcpy(folder, "/tmp/carillon-registry-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(worker_registry, .init = set_up, .fini = tear_down);

static void expect_refused(error_code code, const char *message)
{
    error e = {0};
    cr_expect_null(registry_folder_load(folder, &e));
    cr_expect_eq(e.code, code, "%s", e.message);
    cr_expect_not_null(strstr(e.message, message), "%s", e.message);
}

Test(worker_registry, finds_schemas_by_fingerprint)
{
    write_file("a.avsc", "\"null\"");
    write_file("b.avsc", "{\"type\":\"boolean\"}");
    write_file("note.txt", "no schema");
    write_file(".hidden.avsc", "no schema");
    write_file(".avsc", "no schema");
    error e = {0};
    registry *r = registry_folder_load(folder, &e);
    cr_assert_not_null(r, "%s", e.message);
    cr_expect_eq(registry_count(r), 2u);
    const avro_plan *plan = registry_find(r, UINT64_C(0x63dd24e7cc258f8a));
    cr_assert_not_null(plan);
    cr_expect_str_eq(avro_plan_canonical(plan), "\"null\"");
    plan = registry_find(r, (uint64_t)INT64_C(-6970731678124411036));
    cr_assert_not_null(plan);
    cr_expect_str_eq(avro_plan_canonical(plan), "\"boolean\"");
    cr_expect_null(registry_find(r, 0));
    cr_expect_null(registry_find(r, UINT64_C(0x63dd24e7cc258f8b)));
    registry_free(r);
}

Test(worker_registry, an_empty_folder_is_an_empty_registry)
{
    registry *r = registry_folder_load(folder, NULL);
    cr_assert_not_null(r);
    cr_expect_eq(registry_count(r), 0u);
    cr_expect_null(registry_find(r, 0));
    registry_free(r);
    registry_free(NULL);
}

Test(worker_registry, names_the_file_that_is_no_schema)
{
    write_file("bad.avsc",
               "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"S\"}]}");
    expect_refused(ERROR_INVALID_SCHEMA, "/bad.avsc: R.a: S is no type that is known here");
}

Test(worker_registry, refuses_schemas_that_messages_cannot_tell_apart)
{
    write_file("a.avsc", "\"string\"");
    write_file("b.avsc", "\"long\"");
    write_file("c.avsc", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}");
    expect_refused(ERROR_INVALID_SCHEMA, "/c.avsc: has the fingerprint of b.avsc");
}

Test(worker_registry, says_why_it_cannot_read)
{
    write_file("a.avsc", "\"null\"");
    error e = {0};
    cr_expect_null(registry_folder_load("/nonexistent/folder", &e));
    cr_expect_eq(e.code, ERROR_SYSTEM);
    cr_expect_not_null(strstr(e.message, "/nonexistent/folder: the folder cannot be read: No such file"));
    char path[128];
    snprintf(path, sizeof path, "%s/b.avsc", folder);
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused(ERROR_SYSTEM, "/b.avsc: cannot be read: Is a directory");
}

Test(worker_registry, grows_to_its_limit)
{
    registry *r = registry_new();
    error e = {0};
    for (uint64_t i = 0; i < LIMIT_SCHEMAS; i++) {
        avro_plan *plan = avro_plan_new("\"null\"", 6, NULL);
        /* Runs of neighbours, and keys that share their low bits. */
        cr_assert(registry_add(r, i % 2 == 0 ? i : i << 32, plan, &e), "%s", e.message);
    }
    for (uint64_t i = 0; i < LIMIT_SCHEMAS; i++) {
        cr_assert_not_null(registry_find(r, i % 2 == 0 ? i : i << 32));
        cr_assert_null(registry_find(r, i % 2 == 0 ? i + 1 : (i + 1) << 32));
    }
    avro_plan *plan = avro_plan_new("\"null\"", 6, NULL);
    cr_expect_not(registry_add(r, 1, plan, &e));
    cr_expect_eq(e.code, ERROR_LIMIT);
    avro_plan_free(plan);
    registry_free(r);
}

Test(worker_registry, loads_the_schemas_of_the_examples)
{
    error e = {0};
    registry *r = registry_folder_load(SOURCE_DIR "/schemas/examples/schemas", &e);
    cr_assert_not_null(r, "%s", e.message);
    cr_expect_eq(registry_count(r), 4u);
    registry_free(r);
    r = registry_folder_load(SOURCE_DIR "/schemas", &e);
    cr_assert_not_null(r, "%s", e.message);
    cr_expect_eq(registry_count(r), 4u);
    registry_free(r);
}
