#include <criterion/criterion.h>
#include <stdio.h>

#include "worker/shard/running.h"

enum { ENTRIES = 500 };

Test(shard_running, an_id_is_there_once_until_it_is_removed)
{
    running r;
    static running_entry entries[ENTRIES], twins[ENTRIES];
    value workflow = value_cstring("w");
    origin from = {0};
    cr_assert(running_init(&r, 64));
    for (int i = 0; i < ENTRIES; i++) {
        char id[16];
        snprintf(id, sizeof id, "t-%d", i);
        value trigger_id = value_cstring(id);
        entries[i].id = twins[i].id = identity_of_execution(&workflow, &trigger_id, &from);
        cr_assert_null(running_add(&r, &entries[i]));
    }
    for (int i = 0; i < ENTRIES; i++)
        cr_expect_eq(running_add(&r, &twins[i]), &entries[i]);
    for (int i = 0; i < ENTRIES; i += 2)
        running_remove(&r, &entries[i]);
    for (int i = 0; i < ENTRIES; i++)
        cr_expect_eq(running_add(&r, &twins[i]), i % 2 == 0 ? NULL : &entries[i]);
    running_free(&r);
}
