#include <criterion/criterion.h>
#include <uuid/uuid.h>

#include "engine/execution/identity.h"
#include "engine/limits.h"

/* python3 -c 'import uuid; ns = uuid.uuid5(uuid.NAMESPACE_DNS, "carillon"); e = uuid.uuid5(ns,
 * "order\x1ft-1"); print(e, uuid.uuid5(ns, "order\x1fcarillon.triggers\x1f3\x1f1234567890123"), uuid.uuid5(e,
 * "mail\x1f1"), uuid.uuid5(e, "\x1f1"))' */
Test(execution_identity, is_what_uuid5_says)
{
    value workflow = value_cstring("order"), trigger_id = value_cstring("t-1"), none = value_null();
    origin from = {.topic = value_cstring("carillon.triggers"), .partition = 3, .offset = 1234567890123};
    identity named = identity_of_execution(&workflow, &trigger_id, &from);
    cr_expect_str_eq(named.text, "f2214a95-baef-569d-ba33-ea9ea81cc1c3");
    cr_expect_str_eq(identity_of_execution(&workflow, &none, &from).text,
                     "f6b997a4-fea8-5a14-bc9c-2844f65cecf1");
    value step = value_cstring("mail"), no_step = value_cstring("");
    cr_expect_str_eq(identity_of_event(&named, &step, 1).text, "92bb61f4-3e56-5388-8b74-40541bd644ae");
    cr_expect_str_eq(identity_of_event(&named, &no_step, 1).text, "dc44b9a3-8826-5a62-9bad-31dc14b6b1f4");
}

/* Names of every length over SHA-1's blocks. */
Test(execution_identity, is_what_libuuid_says)
{
    value workflow = value_cstring("w"), trigger_id = value_cstring("t");
    identity execution = identity_of_execution(&workflow, &trigger_id, NULL);
    char step_id[LIMIT_IDENTIFIER_BYTES], name[sizeof step_id + 2];
    for (size_t size = 0; size <= sizeof step_id; size++) {
        memset(step_id, 'a', size);
        memcpy(name, step_id, size);
        memcpy(name + size,
               "\x1f"
               "1",
               2);
        value id = value_string(step_id, size);
        uuid_t theirs;
        uuid_generate_sha1(theirs, execution.bytes, name, size + 2);
        cr_expect_arr_eq(identity_of_event(&execution, &id, 1).bytes, theirs, sizeof theirs, "%zu", size);
    }
}

/* As long as all limits allow, and in upper and lower halves of bytes all digits. */
Test(execution_identity, of_the_longest_name_is_what_libuuid_says)
{
    char workflow_id[LIMIT_IDENTIFIER_BYTES], trigger_id[LIMIT_TRIGGER_ID_BYTES], text[37];
    char name[sizeof workflow_id + 1 + sizeof trigger_id];
    unsigned char carillon[16];
    uuid_t theirs;
    memset(workflow_id, 'w', sizeof workflow_id);
    memset(name, 'w', sizeof workflow_id);
    name[sizeof workflow_id] = 0x1F;
    cr_assert_eq(uuid_parse("77fe8e62-387b-5d93-96cc-e6fa17ff24ce", carillon), 0);
    value workflow = value_string(workflow_id, sizeof workflow_id);
    for (int i = 0; i < 256; i++) {
        memset(trigger_id, i, sizeof trigger_id);
        memset(name + sizeof workflow_id + 1, i, sizeof trigger_id);
        value trigger = value_string(trigger_id, sizeof trigger_id);
        uuid_generate_sha1(theirs, carillon, name, sizeof name);
        uuid_unparse_lower(theirs, text);
        cr_expect_str_eq(identity_of_execution(&workflow, &trigger, NULL).text, text, "%d", i);
    }
}

Test(execution_identity, reads_its_text_back)
{
    value text = value_cstring("f2214a95-baef-569d-ba33-ea9ea81cc1c3");
    identity id;
    cr_assert(identity_parse(&text, &id));
    cr_expect_eq(id.bytes[0], 0xF2);
    cr_expect_str_eq(id.text, text.text);
    value bad = value_cstring("f2214a95-baef-569d-ba33-ea9ea81cc1cx"), number = value_int(1);
    cr_expect_not(identity_parse(&bad, &id));
    cr_expect_not(identity_parse(&number, &id));
}
