#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/difference.h"
#include "engine/workflow/life.h"
#include "engine/workflow/stored_version.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(life, .init = set_up, .fini = tear_down);

static workflow_life life_of(workflow_status status, int latest, int active)
{
    return (workflow_life){.status = status, .latest = latest, .active = active};
}

static void assert_life(const workflow_life *l, workflow_status status, int latest, int active)
{
    cr_assert_eq(l->status, status);
    cr_assert_eq(l->latest, latest);
    cr_assert_eq(l->active, active);
}

Test(life, a_new_content_is_a_new_version_and_a_known_one_is_not)
{
    workflow_life l = workflow_life_new();
    int version;
    cr_assert(workflow_life_apply(&l, 0, &version, NULL));
    cr_assert_eq(version, 1);
    cr_assert(workflow_life_apply(&l, 1, &version, NULL));
    cr_assert_eq(version, 1);
    cr_assert(workflow_life_apply(&l, 0, &version, NULL));
    cr_assert_eq(version, 2);
    assert_life(&l, WORKFLOW_DRAFT, 2, 0);
    cr_assert_eq(workflow_life_version(&l), 2);
}

Test(life, applying_does_not_change_what_executes)
{
    workflow_life l = life_of(WORKFLOW_ACTIVE, 1, 1);
    int version;
    cr_assert(workflow_life_apply(&l, 0, &version, NULL));
    assert_life(&l, WORKFLOW_ACTIVE, 2, 1);
    cr_assert_eq(workflow_life_version(&l), 1);
}

Test(life, any_version_can_be_activated_and_no_other)
{
    workflow_life l = life_of(WORKFLOW_DRAFT, 2, 0);
    error e = {0};
    cr_assert(workflow_life_activate(&l, 2, NULL));
    cr_assert(workflow_life_activate(&l, 1, NULL));
    assert_life(&l, WORKFLOW_ACTIVE, 2, 1);
    cr_assert_not(workflow_life_activate(&l, 3, &e));
    cr_assert_str_eq(e.message, "there is no version 3; versions are 1 to 2");
    cr_assert_not(workflow_life_activate(&l, 0, &e));
    assert_life(&l, WORKFLOW_ACTIVE, 2, 1);
}

Test(life, what_is_archived_never_comes_back)
{
    workflow_life l = life_of(WORKFLOW_ACTIVE, 2, 2);
    int version;
    error e = {0};
    cr_assert(workflow_life_archive(&l, NULL));
    assert_life(&l, WORKFLOW_ARCHIVED, 2, 2);
    cr_assert(workflow_life_archive(&l, NULL));
    cr_assert_not(workflow_life_apply(&l, 0, &version, &e));
    cr_assert_eq(e.code, ERROR_INVALID_WORKFLOW);
    cr_assert_not(workflow_life_activate(&l, 1, &e));
    cr_assert_not(workflow_life_change_control(&l, &e));
    assert_life(&l, WORKFLOW_ARCHIVED, 2, 2);
}

Test(life, a_draft_is_not_archived)
{
    workflow_life l = life_of(WORKFLOW_DRAFT, 1, 0);
    cr_assert_not(workflow_life_archive(&l, NULL));
    assert_life(&l, WORKFLOW_DRAFT, 1, 0);
}

Test(life, versions_are_bounded)
{
    workflow_life l = life_of(WORKFLOW_DRAFT, LIMIT_WORKFLOW_VERSIONS, 0);
    int version;
    error e = {0};
    cr_assert_not(workflow_life_apply(&l, 0, &version, &e));
    cr_assert_eq(e.code, ERROR_LIMIT);
    cr_assert(workflow_life_apply(&l, 7, &version, &e));
}

Test(life, controls_change_from_the_first_version_on)
{
    workflow_life l = workflow_life_new();
    cr_assert_not(workflow_life_change_control(&l, NULL));
    l.latest = 1;
    cr_assert(workflow_life_change_control(&l, NULL));
    cr_assert_eq(l.control_version, 1);
}

Test(life, it_is_written_and_read_back)
{
    workflow_life l = life_of(WORKFLOW_ACTIVE, 7, 5);
    l.control_version = 12;
    buffer b;
    buffer_init(&b, &memory, 1 << 16);
    workflow_life_write(&b, &l);
    workflow_life back;
    cr_assert(workflow_life_read(&memory, b.bytes, b.size, &back, NULL));
    assert_life(&back, WORKFLOW_ACTIVE, 7, 5);
    cr_assert_eq(back.control_version, 12);
}

Test(life, a_record_that_breaks_an_invariant_is_refused)
{
    static const char *const records[] = {
        "",
        "{}",
        "{\"status\":\"live\",\"latest\":1,\"active\":1,\"control_version\":0}",
        "{\"status\":\"active\",\"latest\":1,\"active\":2,\"control_version\":0}",
        "{\"status\":\"active\",\"latest\":1,\"active\":0,\"control_version\":0}",
        "{\"status\":\"draft\",\"latest\":1,\"active\":1,\"control_version\":0}",
        "{\"status\":\"active\",\"latest\":1,\"active\":-1,\"control_version\":0}",
        "{\"status\":\"active\",\"latest\":1,\"active\":1,\"control_version\":-1}",
        "{\"status\":\"active\",\"latest\":1.5,\"active\":1,\"control_version\":0}",
        "{\"status\":\"active\",\"latest\":1,\"active\":1}",
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        workflow_life l;
        error e = {0};
        cr_assert_not(workflow_life_read(&memory, records[i], strlen(records[i]), &l, &e), "%s", records[i]);
        cr_assert_eq(e.code, ERROR_RECORD);
    }
}

/* ---- stored versions ---- */

static value json(const char *source)
{
    value v;
    error e = {0};
    cr_assert(json_read(&memory, source, strlen(source), &v, &e), "%s: %s", source, e.message);
    return v;
}

Test(life, a_stored_version_keeps_the_authors_order_and_drops_the_status)
{
    value written = json("{\"b\":1,\"status\":\"active\",\"a\":{\"status\":2},\"$schema\":\"x\"}");
    stored_version v = {.document = &written, .actor = value_cstring("ann"), .time_ms = 1700000000123};
    cr_assert(content_id(&written, &memory, v.content_id));
    buffer b;
    buffer_init(&b, &memory, 1 << 16);
    stored_version_write(&b, &v);
    stored_version back;
    error e = {0};
    cr_assert(stored_version_read(&memory, b.bytes, b.size, &back, &e), "%s", e.message);
    cr_assert_str_eq(back.content_id, v.content_id);
    cr_assert_eq(back.time_ms, v.time_ms);
    cr_assert(value_is_text(&back.actor, "ann"));
    buffer_init(&b, &memory, 1 << 16);
    json_write(&b, back.document);
    buffer_add_byte(&b, '\0');
    cr_assert_str_eq(b.bytes, "{\"b\":1,\"a\":{\"status\":2}}");
    char again[CONTENT_ID_SIZE];
    cr_assert(content_id(back.document, &memory, again));
    cr_assert_str_eq(again, v.content_id);
}

Test(life, a_stored_version_that_lacks_something_is_refused)
{
    static const char *const records[] = {
        "x",
        "{}",
        "{\"content_id\":\"short\",\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"document\":{}}",
        "{\"content_id\":\"77fe8e62-387b-5d93-96cc-e6fa17ff24ce\",\"time\":\"x\",\"actor\":\"a\","
        "\"document\":{}}",
        "{\"content_id\":\"77fe8e62-387b-5d93-96cc-e6fa17ff24ce\",\"time\":\"2023-11-14T22:13:20Z\","
        "\"actor\":\"a\",\"document\":[]}",
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        stored_version v;
        error e = {0};
        cr_assert_not(stored_version_read(&memory, records[i], strlen(records[i]), &v, &e), "%s", records[i]);
        cr_assert_eq(e.code, ERROR_RECORD);
    }
}

Test(life, the_content_id_is_the_uuid_of_the_canonical_text)
{
    /* uuid.uuid5(uuid.UUID("77fe8e62-387b-5d93-96cc-e6fa17ff24ce"), '{"a":[1,{"b":null,"c":2.5}]}') */
    value written = json("{\"a\":[1,{\"c\":2.5,\"b\":null}],\"status\":\"draft\"}");
    char id[CONTENT_ID_SIZE];
    cr_assert(content_id(&written, &memory, id));
    cr_assert_str_eq(id, "fe540b8b-cf42-506b-8374-0f7774e597ba");
}

/* ---- differences ---- */

static buffer found;

static void note(void *data, const char *place, const value *before, const value *after)
{
    (void)data;
    buffer_format(&found, "%s ", place);
    if (before != NULL)
        json_write(&found, before);
    buffer_add_text(&found, "->");
    if (after != NULL)
        json_write(&found, after);
    buffer_add_byte(&found, ';');
}

static void assert_differences(const char *before, const char *after, size_t count, const char *expected)
{
    value from = json(before);
    value to = json(after);
    bool complete;
    buffer_init(&found, &memory, 1 << 16);
    cr_assert_eq(difference_find(&from, &to, &memory, note, NULL, &complete), count);
    cr_assert(complete);
    buffer_add_byte(&found, '\0');
    cr_assert_str_eq(found.bytes, expected);
}

Test(life, differences_are_told_place_by_place)
{
    assert_differences("{\"a\":1,\"b\":[1]}", "{\"b\":[1],\"a\":1.0}", 0, "");
    assert_differences("{\"a\":1}", "{\"a\":true}", 1, "/a 1->true;");
    assert_differences("{\"a\":{\"x/y\":1,\"z~\":2}}", "{\"a\":{\"x/y\":3,\"n\":4}}", 3,
                       "/a/x~1y 1->3;/a/z~0 2->;/a/n ->4;");
    assert_differences("{\"a\":[1,2]}", "{\"a\":[2]}", 1, "/a [1,2]->[2];");
    assert_differences("{\"a\":{}}", "{\"a\":[]}", 1, "/a {}->[];");
}

Test(life, steps_are_compared_by_their_id)
{
    assert_differences(
        "{\"steps\":[{\"step_id\":\"a\",\"n\":1},{\"step_id\":\"b\",\"n\":1}]}",
        "{\"steps\":[{\"step_id\":\"c\"},{\"step_id\":\"a\",\"n\":2}]}", 3,
        "/steps/a/n 1->2;/steps/b {\"step_id\":\"b\",\"n\":1}->;/steps/c ->{\"step_id\":\"c\"};");
    assert_differences(
        "{\"steps\":[{\"step_id\":\"a\"},{\"step_id\":\"b\"}]}",
        "{\"steps\":[{\"step_id\":\"b\"},{\"step_id\":\"a\"}]}", 1,
        "/steps [{\"step_id\":\"a\"},{\"step_id\":\"b\"}]->[{\"step_id\":\"b\"},{\"step_id\":\"a\"}];");
}
