#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/limits.h"
#include "worker/catalog/catalog_cell.h"
#include "worker/catalog/workflow_files.h"

enum { MANY = 300 };

static arena memory;
static workflow_findings findings;
static char folder[] = "/tmp/carillon-catalog-XXXXXX";

static void set_up(void)
{
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    cr_assert_not_null(mkdtemp(folder));
}

static void tear_down(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
    arena_free(&memory);
}

TestSuite(catalog, .init = set_up, .fini = tear_down);

static const catalog *catalog_of(const workflow_files *files)
{
    static const workflow *workflows[MANY];
    cr_assert_leq(files->count, MANY);
    for (size_t i = 0; i < files->count; i++) {
        compiled_file compiled;
        cr_assert(workflow_file_compile(&files->items[i], &compiled, &findings));
        cr_assert_str_eq(compiled.workflow->id.text, files->items[i].id);
        workflows[i] = workflow_retain(compiled.workflow);
        compiled_file_free(&compiled);
    }
    return catalog_new(workflows, files->count, &findings);
}

/* NULL where anything is wrong. */
static const catalog *load(const char *path)
{
    workflow_files files;
    const catalog *c =
        workflow_files_load_folder(&files, path, NULL, NULL, &findings) ? catalog_of(&files) : NULL;
    workflow_files_free(&files);
    return c;
}

static const char *path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_workflow(const char *name, const char *id)
{
    char text[500];
    snprintf(text, sizeof text,
             "# a comment\nworkflow_id: %s\nname: W\npayload_schema: true\nsteps:\n"
             "- {step_id: a, step_type: SMS, name: A, config: {to: x, body: y}}\n",
             id);
    write_text(name, text);
}

Test(catalog, a_folder_gives_its_workflows_by_id)
{
    write_workflow("2.yaml", "alpha");
    write_workflow("1.yml", "beta");
    write_text("3.json",
               "{\"workflow_id\": \"alphabet\", \"name\": \"W\", \"payload_schema\": {}, \"status\": "
               "\"archived\", \"steps\": [{\"step_id\": \"a\", \"step_type\": \"SMS\", \"name\": \"A\", "
               "\"config\": {\"to\": \"x\", \"body\": \"y\"}}]}");
    const catalog *c = load(folder);
    cr_assert_not_null(c);
    cr_assert_eq(catalog_count(c), 3);
    cr_assert(value_is_text(&catalog_at(c, 0)->id, "alpha"));
    cr_assert(value_is_text(&catalog_at(c, 1)->id, "alphabet"));
    cr_assert(value_is_text(&catalog_at(c, 2)->id, "beta"));
    cr_assert_eq(catalog_find(c, "alpha", 5), catalog_at(c, 0));
    cr_assert_eq(catalog_find(c, "alphabet", 8)->status, WORKFLOW_ARCHIVED);
    cr_assert_eq(catalog_find(c, "beta", 4), catalog_at(c, 2));
    cr_assert_null(catalog_find(c, "alph", 4));
    cr_assert_null(catalog_find(c, "gamma", 5));
    cr_assert_null(catalog_find(c, "", 0));
    catalog_release(c);
}

Test(catalog, each_of_many_is_found_and_nothing_else)
{
    char id[30], file[30];
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "workflow-%d", i * 7919);
        snprintf(file, sizeof file, "%d.yaml", i);
        write_workflow(file, id);
    }
    const catalog *c = load(folder);
    cr_assert_not_null(c);
    for (int i = 0; i < MANY * 7919; i++) {
        int size = snprintf(id, sizeof id, "workflow-%d", i);
        const workflow *w = catalog_find(c, id, (size_t)size);
        cr_assert_eq(w != NULL, i % 7919 == 0, "%s", id);
        cr_assert(w == NULL || value_is_text(&w->id, id));
    }
    catalog_release(c);
}

Test(catalog, other_files_and_hidden_ones_are_left_alone)
{
    write_text("README.md", "x");
    write_text(".hidden.yaml", "x");
    write_text(".yaml", "x");
    const catalog *c = load(folder);
    cr_assert_not_null(c);
    cr_assert_eq(catalog_count(c), 0);
    cr_assert_null(catalog_find(c, "x", 1));
    catalog_release(c);
}

Test(catalog, an_id_in_two_files_is_refused)
{
    write_workflow("b.yaml", "twice");
    write_workflow("a.yaml", "twice");
    cr_assert_null(load(folder));
    cr_assert_eq(findings.count, 1);
    cr_assert_eq(findings.items[0].rule, RULE_UNIQUE_WORKFLOW_ID);
    cr_assert_eq(findings.items[0].line, 2);
    cr_assert_str_eq(findings.items[0].file, path_of("b.yaml"));
    cr_assert(strstr(findings.items[0].message, "/a.yaml:2") != NULL, "%s", findings.items[0].message);
}

Test(catalog, is_not_made_of_two_workflows_with_one_id)
{
    write_workflow("a.yaml", "twice");
    workflow_files files;
    compiled_file compiled;
    cr_assert(workflow_files_load_folder(&files, folder, NULL, NULL, &findings));
    cr_assert(workflow_file_compile(&files.items[0], &compiled, &findings));
    const workflow *workflows[] = {workflow_retain(compiled.workflow), workflow_retain(compiled.workflow)};
    cr_expect_null(catalog_new(workflows, 2, &findings));
    cr_assert_eq(findings.count, 1);
    cr_expect_eq(findings.items[0].rule, RULE_UNIQUE_WORKFLOW_ID);
    compiled_file_free(&compiled);
    workflow_files_free(&files);
}

Test(catalog, what_is_wrong_comes_over_all_files)
{
    write_text("1.yaml", "a: [\n");
    write_text("2.yaml", "workflow_id: w\n");
    write_workflow("3.yaml", "sound");
    write_workflow("4.yaml", "sound");
    cr_assert_eq(mkdir(path_of("5.yaml"), 0700), 0);
    cr_assert_null(load(folder));
    static const workflow_rule rules[] = {RULE_SYNTAX,       RULE_REQUIRED_KEY, RULE_REQUIRED_KEY,
                                          RULE_REQUIRED_KEY, RULE_FILE,         RULE_UNIQUE_WORKFLOW_ID};
    cr_assert_eq(findings.count, 6);
    for (size_t i = 0; i < findings.count; i++)
        cr_assert_eq(findings.items[i].rule, rules[i], "%zu", i);
    cr_assert_eq(findings.items[0].line, 2);
}

Test(catalog, a_folder_that_is_not_there_is_a_finding)
{
    cr_assert_null(load(path_of("nowhere")));
    cr_assert_eq(findings.items[0].rule, RULE_FILE);
}

Test(catalog, an_oversized_document_is_a_finding)
{
    write_text("a.yaml", "");
    cr_assert_eq(truncate(path_of("a.yaml"), LIMIT_DOCUMENT_BYTES + 1), 0);
    cr_assert_null(load(folder));
    cr_assert_eq(findings.items[0].rule, RULE_FILE);
}

Test(catalog, an_execution_keeps_its_workflow_past_the_catalog)
{
    write_workflow("a.yaml", "kept");
    const catalog *c = load(folder);
    cr_assert_eq(catalog_retain(c), c);
    catalog_release(c);
    const workflow *w = workflow_retain(catalog_find(c, "kept", 4));
    catalog_release(c);
    cr_assert(value_is_text(&w->id, "kept"));
    workflow_release(w);
}

Test(catalog, a_list_of_paths_may_mix_files_and_folders)
{
    char file[200];
    cr_assert_eq(mkdir(path_of("inner"), 0700), 0);
    write_workflow("inner/b.yaml", "second");
    write_workflow("a.txt", "first");
    snprintf(file, sizeof file, "%s/a.txt", folder);
    const char *const paths[] = {file, path_of("inner")};
    workflow_files files;
    cr_assert(workflow_files_load(&files, paths, 2, &findings));
    cr_assert_eq(files.count, 2);
    cr_assert_str_eq(files.items[0].id, "first");
    cr_assert_str_eq(files.items[1].id, "second");
    workflow_files_free(&files);
}

Test(catalog, a_cell_holds_the_newest_and_readers_keep_what_they_have)
{
    catalog_cell cell;
    catalog_cell_init(&cell);
    cr_assert_null(catalog_cell_get(&cell));
    write_workflow("a.yaml", "old");
    catalog_cell_put(&cell, load(folder));
    const catalog *held = catalog_cell_get(&cell);
    write_workflow("a.yaml", "new");
    catalog_cell_put(&cell, load(folder));
    cr_assert_not_null(catalog_find(held, "old", 3));
    catalog_release(held);
    held = catalog_cell_get(&cell);
    cr_assert_not_null(catalog_find(held, "new", 3));
    catalog_release(held);
    catalog_cell_free(&cell);
}
