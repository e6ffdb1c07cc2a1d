#include "engine/workflow/difference.h"

#include "engine/limits.h"

typedef struct comparison {
    buffer place;
    difference_function *each;
    void *data;
    size_t count;
} comparison;

static void compare(comparison *c, const value *before, const value *after);

static void report(comparison *c, const value *before, const value *after)
{
    size_t size = c->place.size;
    buffer_add_byte(&c->place, '\0');
    if (c->place.failed)
        return;
    c->each(c->data, c->place.bytes, before, after);
    c->count++;
    c->place.size = size;
}

static void compare_at(comparison *c, const value *key, const value *before, const value *after)
{
    size_t size = c->place.size;
    buffer_add_byte(&c->place, '/');
    for (uint32_t i = 0; i < key->count; i++) {
        if (key->text[i] == '~' || key->text[i] == '/')
            buffer_add_text(&c->place, key->text[i] == '~' ? "~0" : "~1");
        else
            buffer_add_byte(&c->place, key->text[i]);
    }
    compare(c, before, after);
    c->place.size = size;
}

static void compare_maps(comparison *c, const value *before, const value *after)
{
    for (uint32_t i = 0; i < before->count; i++) {
        const value *key = &before->members[i].key;
        compare_at(c, key, &before->members[i].value, value_get(after, key->text, key->count));
    }
    for (uint32_t i = 0; i < after->count; i++) {
        const value *key = &after->members[i].key;
        if (value_get(before, key->text, key->count) == NULL)
            compare_at(c, key, NULL, &after->members[i].value);
    }
}

static const value *step_id(const value *step)
{
    const value *id = value_field(step, "step_id");
    return id != NULL && id->kind == VALUE_STRING ? id : NULL;
}

static const value *find_step(const value *steps, const value *id)
{
    for (uint32_t i = 0; i < steps->count; i++)
        if (value_same_text(step_id(&steps->items[i]), id))
            return &steps->items[i];
    return NULL;
}

static bool are_steps(const value *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (step_id(&list->items[i]) == NULL)
            return false;
    return list->count > 0;
}

static void compare_steps(comparison *c, const value *before, const value *after)
{
    bool reordered = before->count == after->count;
    bool same_order = true;
    for (uint32_t i = 0; i < before->count; i++) {
        const value *id = step_id(&before->items[i]);
        const value *other = find_step(after, id);
        reordered = reordered && other != NULL;
        same_order = same_order && other == &after->items[i];
        compare_at(c, id, &before->items[i], other);
    }
    for (uint32_t i = 0; i < after->count; i++) {
        const value *id = step_id(&after->items[i]);
        if (find_step(before, id) == NULL)
            compare_at(c, id, NULL, &after->items[i]);
    }
    if (reordered && !same_order)
        report(c, before, after);
}

static void compare(comparison *c, const value *before, const value *after)
{
    if (before == NULL || after == NULL)
        report(c, before, after);
    else if (before->kind == VALUE_MAP && after->kind == VALUE_MAP)
        compare_maps(c, before, after);
    else if (before->kind == VALUE_LIST && after->kind == VALUE_LIST && are_steps(before) && are_steps(after))
        compare_steps(c, before, after);
    else if (!value_equal(before, after))
        report(c, before, after);
}

size_t difference_find(const value *before, const value *after, arena *scratch, difference_function *each,
                       void *data, bool *complete)
{
    comparison c = {.each = each, .data = data};
    buffer_init(&c.place, scratch, LIMIT_DOCUMENT_BYTES);
    compare(&c, before, after);
    *complete = !c.place.failed;
    return c.count;
}
