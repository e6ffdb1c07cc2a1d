#include <criterion/criterion.h>

#include "engine/custody/outbox.h"

static outbox o;

static void set_up(void)
{
    outbox_init(&o);
}

static void tear_down(void)
{
    outbox_free(&o);
}

TestSuite(custody_outbox, .init = set_up, .fini = tear_down);

static outbox_entry *add(const char *text)
{
    outbox_entry *e = outbox_add(&o, 7, text, strlen(text));
    cr_assert_not_null(e);
    return e;
}

static void restore(uint64_t number)
{
    cr_assert(outbox_restore(&o, number, "left", 4));
}

static void holds(const uint64_t *numbers, size_t count)
{
    const outbox_entry *e = o.first;
    for (size_t i = 0; i < count; i++, e = e->next) {
        cr_assert_not_null(e);
        cr_expect_eq(e->number, numbers[i]);
        if (i + 1 == count)
            cr_expect_eq(o.last_entry, e);
    }
    cr_expect_null(e);
}

Test(custody_outbox, numbers_ascend_without_gaps)
{
    cr_expect_null(o.first);
    for (uint64_t number = 1; number <= 3; number++) {
        const outbox_entry *e = add("events");
        cr_expect_eq(e->number, number); /* invariant 1 */
        cr_expect_eq(e->offset, 7);
        cr_expect_eq(e->size, 6u);
        cr_expect_arr_eq(e->bytes, "events", 6);
        cr_expect_not(e->durable);
    }
    holds((uint64_t[]){1, 2, 3}, 3);
    cr_expect_eq(o.last, 3u);
    cr_expect_eq(o.bytes, 18u);
}

Test(custody_outbox, an_entry_may_be_empty_and_hold_any_bytes)
{
    outbox_entry *e = outbox_add(&o, 0, "a\0b", 3);
    cr_assert_not_null(e);
    cr_expect_arr_eq(e->bytes, "a\0b", 3);
    cr_expect_eq(add("")->size, 0u);
}

Test(custody_outbox, only_a_durable_prefix_is_ready)
{
    outbox_entry *first = add("a"), *second = add("b"), *third = add("c");
    cr_expect_eq(outbox_ready(&o), 0u);
    second->durable = true;
    cr_expect_eq(outbox_ready(&o), 0u);
    first->durable = true;
    cr_expect_eq(outbox_ready(&o), 2u);
    third->durable = true;
    cr_expect_eq(outbox_ready(&o), 3u);
}

Test(custody_outbox, what_is_published_is_forgotten)
{
    for (int i = 0; i < 3; i++)
        add("abc")->durable = true;
    outbox_published(&o, 2);
    holds((uint64_t[]){3}, 1);
    cr_expect_eq(o.published, 2u);
    cr_expect_eq(o.bytes, 3u);
    cr_expect_eq(outbox_ready(&o), 3u);
    outbox_published(&o, 1);
    cr_expect_eq(o.published, 2u, "it never goes back");
    outbox_published(&o, 3);
    holds(NULL, 0);
    cr_expect_null(o.last_entry);
    cr_expect_eq(outbox_ready(&o), 3u);
    cr_expect_eq(add("d")->number, 4u);
    holds((uint64_t[]){4}, 1);
}

Test(custody_outbox, a_number_that_was_published_is_not_given_again)
{
    outbox_published(&o, 9); /* by a predecessor, and the store has lost what it knew */
    cr_expect_eq(add("a")->number, 10u);
    cr_expect_eq(outbox_ready(&o), 9u);
}

Test(custody_outbox, an_entry_that_is_being_written_stays_whatever_was_published)
{
    outbox_entry *e = add("a");
    outbox_published(&o, 5);  /* by another owner, while our write is under way */
    cr_expect_eq(o.first, e); /* the write still has it */
    cr_expect_eq(outbox_ready(&o), 5u);
    e->durable = true;
    cr_expect_eq(outbox_ready(&o), 5u);
    outbox_published(&o, 5);
    cr_expect_null(o.first);
}

Test(custody_outbox, restores_what_a_predecessor_left_in_any_order)
{
    outbox_published(&o, 3);
    restore(6);
    restore(4);
    restore(5);
    holds((uint64_t[]){4, 5, 6}, 3);
    outbox_restored(&o);
    cr_expect_eq(o.last, 6u);
    cr_expect_eq(o.bytes, 12u);
    cr_expect_eq(outbox_ready(&o), 6u);
    cr_expect_eq(add("own")->number, 7u);
    holds((uint64_t[]){4, 5, 6, 7}, 4);
}

Test(custody_outbox, what_was_published_and_left_is_only_to_be_trimmed)
{
    outbox_published(&o, 9);
    restore(8);
    restore(7);
    restore(9);
    restore(10);
    outbox_restored(&o);
    holds((uint64_t[]){10}, 1);
    cr_expect_eq(o.trimmed, 6u, "7 and what follows is still in the store");
}

Test(custody_outbox, there_is_nothing_to_trim_where_nothing_published_was_left)
{
    outbox_published(&o, 1000000);
    restore(1000001);
    outbox_restored(&o);
    cr_expect_eq(o.trimmed, 1000000u); /* invariant 3 */
}

Test(custody_outbox, free_forgets_all)
{
    add("a");
    outbox_published(&o, 4);
    outbox_free(&o);
    cr_expect_null(o.first);
    cr_expect_eq(o.last, 0u);
    cr_expect_eq(o.published, 0u);
    cr_expect_eq(o.bytes, 0u);
    cr_expect_eq(add("b")->number, 1u);
}

/* ---- metadata ---- */

Test(custody_outbox, metadata_reads_back)
{
    static const uint64_t numbers[] = {1, 9, 10, 12345678901, INT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[OUTBOX_METADATA_SIZE];
        size_t size = outbox_write_metadata(numbers[i], text);
        cr_expect_lt(size, (size_t)OUTBOX_METADATA_SIZE);
        cr_expect_eq(outbox_read_metadata(text, size), numbers[i]);
    }
    char text[OUTBOX_METADATA_SIZE];
    cr_assert_eq(outbox_write_metadata(42, text), 9u);
    cr_expect_arr_eq(text, "outbox=42", 9);
}

Test(custody_outbox, zero_has_no_metadata)
{
    char text[OUTBOX_METADATA_SIZE];
    cr_expect_eq(outbox_write_metadata(0, text), 0u);
    cr_expect_eq(outbox_read_metadata(text, 0), 0u);
}

Test(custody_outbox, what_is_no_metadata_of_ours_names_nothing)
{
    static const char *const texts[] = {
        "outbox=",   "outbox",    "OUTBOX=1",  "outbox=-1",
        "outbox=1 ", "outbox= 1", "outbox=1a", "xoutbox=1",
        "outbox=+1", "inbox=12",  "1",         "outbox=12345678901234567890"}; /* 20 digits */
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(outbox_read_metadata(texts[i], strlen(texts[i])), 0u, "%s", texts[i]);
    cr_expect_eq(outbox_read_metadata("outbox=1\0", 9), 0u);
    cr_expect_eq(outbox_read_metadata("outbox=12", 8), 1u, "no byte behind the size counts");
}
