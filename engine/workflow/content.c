#include "engine/workflow/content.h"

#include <stdlib.h>
#include <uuid.h>

#include "engine/limits.h"
#include "engine/value/json.h"

static void write_sorted(buffer *b, const value *v, bool top);

static int compare_members(const void *a, const void *b)
{
    const value *left = &(*(const value_member *const *)a)->key;
    const value *right = &(*(const value_member *const *)b)->key;
    uint32_t shorter = left->count < right->count ? left->count : right->count;
    int order = memcmp(left->text, right->text, shorter);
    return order != 0 ? order : (left->count > right->count) - (left->count < right->count);
}

static bool is_content(const value_member *member, bool top)
{
    return !top || (!value_is_text(&member->key, "status") && !value_is_text(&member->key, "$schema"));
}

static void write_map(buffer *b, const value *map, bool top)
{
    const value_member **members = arena_alloc(b->arena, map->count * sizeof *members);
    if (members == NULL) {
        buffer_fail(b);
        return;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < map->count; i++)
        if (is_content(&map->members[i], top))
            members[count++] = &map->members[i];
    if (count > 1)
        qsort(members, count, sizeof *members, compare_members);
    buffer_add_byte(b, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_byte(b, ',');
        json_write_string(b, members[i]->key.text, members[i]->key.count);
        buffer_add_byte(b, ':');
        write_sorted(b, &members[i]->value, false);
    }
    buffer_add_byte(b, '}');
}

static void write_list(buffer *b, const value *list)
{
    buffer_add_byte(b, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_add_byte(b, ',');
        write_sorted(b, &list->items[i], false);
    }
    buffer_add_byte(b, ']');
}

static void write_sorted(buffer *b, const value *v, bool top)
{
    if (v->kind == VALUE_MAP)
        write_map(b, v, top);
    else if (v->kind == VALUE_LIST)
        write_list(b, v);
    else
        json_write(b, v);
}

void content_write(buffer *b, const value *root)
{
    write_sorted(b, root, true);
}

void content_write_document(buffer *b, const value *root)
{
    bool first = true;
    buffer_add_byte(b, '{');
    for (uint32_t i = 0; i < root->count; i++) {
        const value_member *member = &root->members[i];
        if (!is_content(member, true))
            continue;
        if (!first)
            buffer_add_byte(b, ',');
        first = false;
        json_write_string(b, member->key.text, member->key.count);
        buffer_add_byte(b, ':');
        json_write(b, &member->value);
    }
    buffer_add_byte(b, '}');
}

bool content_id(const value *root, arena *scratch, char id[CONTENT_ID_SIZE])
{
    /* UUIDv5(DNS namespace, "carillon") */
    static const uuid_t namespace = {0x77, 0xfe, 0x8e, 0x62, 0x38, 0x7b, 0x5d, 0x93,
                                     0x96, 0xcc, 0xe6, 0xfa, 0x17, 0xff, 0x24, 0xce};
    buffer b;
    buffer_init(&b, scratch, LIMIT_WORKFLOW_MEMORY);
    content_write(&b, root);
    if (b.failed)
        return false;
    uuid_t uuid;
    uuid_generate_sha1(uuid, namespace, b.bytes, b.size);
    uuid_unparse_lower(uuid, id);
    return true;
}
