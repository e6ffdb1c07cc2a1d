#include "engine/expression/machine/iteration.h"

#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/machine.h"
#include "engine/value/utf8.h"

typedef struct zip_iterator {
    bool strict;
    bool ended;
    size_t count;
    value cursors[];
} zip_iterator;

typedef struct enumerate_iterator {
    int64_t next;
    bool overflowed;
    value cursor;
} enumerate_iterator;

typedef struct reversed_iterator {
    value sequence; /* list, tuple, text, range, map or view */
    uint64_t left;  /* items, or bytes of text */
} reversed_iterator;

typedef struct range_cursor {
    range_object range;
    uint64_t next;
} range_cursor;

static value cursor_of(iterator_kind kind, const value *source)
{
    value cursor = *source;
    cursor.kind = VALUE_ITERATOR;
    cursor.extra = (uint16_t)kind;
    return cursor;
}

static bool begin_range(evaluation *ev, const value *range, value *cursor)
{
    range_cursor *state = evaluation_alloc(ev, sizeof *state);
    if (state == NULL)
        return false;
    *state = (range_cursor){.range = *object_as_range(range)};
    *cursor = (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_OVER_RANGE, .object = state};
    return true;
}

static void begin_iterator(const value *iterator, value *cursor)
{
    switch (value_iterator_kind(iterator)) {
    case ITERATOR_KEYS:
        *cursor = cursor_of(ITERATOR_OVER_KEYS, iterator);
        break;
    case ITERATOR_VALUES:
        *cursor = cursor_of(ITERATOR_OVER_VALUES, iterator);
        break;
    case ITERATOR_MEMBERS:
        *cursor = cursor_of(ITERATOR_OVER_MEMBERS, iterator);
        break;
    default:
        *cursor = *iterator; /* an iterator is its own iterator */
    }
}

bool iteration_begin(evaluation *ev, const value *iterable, value *cursor)
{
    switch ((value_kind)iterable->kind) {
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
        *cursor = cursor_of(ITERATOR_OVER_ITEMS, iterable);
        return true;
    case VALUE_MAP:
        *cursor = cursor_of(ITERATOR_OVER_KEYS, iterable);
        return true;
    case VALUE_STRING:
        *cursor = cursor_of(ITERATOR_OVER_TEXT, iterable);
        return true;
    case VALUE_RANGE:
        return begin_range(ev, iterable, cursor);
    case VALUE_ITERATOR:
        begin_iterator(iterable, cursor);
        return true;
    default:
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object is not iterable",
                                object_type_name(iterable));
    }
}

static value take_character(value *cursor)
{
    size_t width;
    uint32_t code_point = utf8_decode(cursor->text, cursor->count, &width);
    value character = value_string(cursor->text, width);
    character.flags = code_point < 0x80 ? VALUE_ASCII : 0;
    cursor->text += width;
    cursor->count -= (uint32_t)width;
    return character;
}

static iteration_step take_pair(evaluation *ev, value first, value second, value *item)
{
    const value pair[] = {first, second};
    return sequence_copy(ev, VALUE_TUPLE, pair, 2, item) ? ITERATION_ITEM : ITERATION_FAILED;
}

static iteration_step next_range(range_cursor *cursor, value *item)
{
    if (cursor->next == cursor->range.length)
        return ITERATION_END;
    *item = value_int(object_range_at(&cursor->range, cursor->next++));
    return ITERATION_ITEM;
}

/* Only the first iterable may end where all must end together. */
static iteration_step check_zip_end(evaluation *ev, zip_iterator *zip, size_t ended)
{
    zip->ended = true;
    if (!zip->strict)
        return ITERATION_END;
    const char *direction = "shorter";
    size_t culprit = ended;
    value item;
    for (size_t i = 1; ended == 0 && i < zip->count; i++) {
        iteration_step step = iteration_next(ev, &zip->cursors[i], &item);
        if (step == ITERATION_FAILED)
            return step;
        if (step == ITERATION_ITEM) {
            direction = "longer";
            culprit = i;
            break;
        }
    }
    if (culprit == 0)
        return ITERATION_END;
    evaluation_raise(ev, EXCEPTION_VALUE, "zip() argument %zu is %s than argument%s%zu", culprit + 1,
                     direction, culprit == 1 ? " " : "s 1-", culprit);
    return ITERATION_FAILED;
}

static iteration_step next_zip(evaluation *ev, zip_iterator *zip, value *item)
{
    if (zip->ended || zip->count == 0)
        return ITERATION_END;
    value *items = evaluation_alloc(ev, zip->count * sizeof *items);
    if (items == NULL)
        return ITERATION_FAILED;
    for (size_t i = 0; i < zip->count; i++) {
        iteration_step step = iteration_next(ev, &zip->cursors[i], &items[i]);
        if (step == ITERATION_END)
            return check_zip_end(ev, zip, i);
        if (step == ITERATION_FAILED)
            return step;
    }
    return sequence_copy(ev, VALUE_TUPLE, items, zip->count, item) ? ITERATION_ITEM : ITERATION_FAILED;
}

static iteration_step next_enumerate(evaluation *ev, enumerate_iterator *enumeration, value *item)
{
    value inner;
    iteration_step step = iteration_next(ev, &enumeration->cursor, &inner);
    if (step != ITERATION_ITEM)
        return step;
    if (enumeration->overflowed) {
        evaluation_raise(ev, EXCEPTION_OVERFLOW, "the count of enumerate() does not fit 64 bits");
        return ITERATION_FAILED;
    }
    value index = value_int(enumeration->next);
    enumeration->overflowed = __builtin_add_overflow(enumeration->next, 1, &enumeration->next);
    return take_pair(ev, index, inner, item);
}

static iteration_step next_reversed(evaluation *ev, reversed_iterator *reversed, value *item)
{
    if (reversed->left == 0)
        return ITERATION_END;
    const value *source = &reversed->sequence;
    uint64_t i = --reversed->left;
    switch ((value_kind)source->kind) {
    case VALUE_RANGE:
        *item = value_int(object_range_at(object_as_range(source), i));
        return ITERATION_ITEM;
    case VALUE_STRING: {
        while (((unsigned char)source->text[i] & 0xC0) == 0x80)
            i--;
        value rest = value_string(source->text + i, reversed->left - i + 1);
        reversed->left = i;
        *item = take_character(&rest);
        return ITERATION_ITEM;
    }
    case VALUE_MAP:
        *item = source->members[i].key;
        return ITERATION_ITEM;
    case VALUE_ITERATOR:
        if (value_iterator_kind(source) == ITERATOR_MEMBERS)
            return take_pair(ev, source->members[i].key, source->members[i].value, item);
        *item =
            value_iterator_kind(source) == ITERATOR_KEYS ? source->members[i].key : source->members[i].value;
        return ITERATION_ITEM;
    default:
        *item = source->items[i];
        return ITERATION_ITEM;
    }
}

static iteration_step next_of_object(evaluation *ev, value *iterator, value *item)
{
    void *object = (void *)(uintptr_t)iterator->object; /* made by this evaluation, whose state it is */
    switch (value_iterator_kind(iterator)) {
    case ITERATOR_OVER_RANGE:
        return next_range(object, item);
    case ITERATOR_GENERATOR:
        return machine_resume(ev, object, item);
    case ITERATOR_ZIP:
        return next_zip(ev, object, item);
    case ITERATOR_ENUMERATE:
        return next_enumerate(ev, object, item);
    case ITERATOR_REVERSED:
        return next_reversed(ev, object, item);
    default:
        assert(false && "a view or nothing where a cursor must be");
        return ITERATION_END;
    }
}

iteration_step iteration_next(evaluation *ev, value *cursor, value *item)
{
    if (!evaluation_spend(ev, 1))
        return ITERATION_FAILED;
    iterator_kind kind = value_iterator_kind(cursor);
    if (kind < ITERATOR_OVER_ITEMS || kind == ITERATOR_OVER_RANGE)
        return next_of_object(ev, cursor, item);
    if (cursor->count == 0)
        return ITERATION_END;
    if (kind == ITERATOR_OVER_TEXT) {
        *item = take_character(cursor);
        return ITERATION_ITEM;
    }
    cursor->count--;
    if (kind == ITERATOR_OVER_ITEMS) {
        *item = *cursor->items++;
        return ITERATION_ITEM;
    }
    const value_member *member = cursor->members++;
    if (kind == ITERATOR_OVER_MEMBERS)
        return take_pair(ev, member->key, member->value, item);
    *item = kind == ITERATOR_OVER_KEYS ? member->key : member->value;
    return ITERATION_ITEM;
}

/* ---- iterators as objects ---- */

bool iteration_zip(evaluation *ev, const value *iterables, size_t count, bool strict, value *result)
{
    zip_iterator *zip = evaluation_alloc(ev, sizeof *zip + count * sizeof zip->cursors[0]);
    if (zip == NULL)
        return false;
    *zip = (zip_iterator){.strict = strict, .count = count};
    for (size_t i = 0; i < count; i++)
        if (!iteration_begin(ev, &iterables[i], &zip->cursors[i]))
            return false;
    *result = (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_ZIP, .object = zip};
    return true;
}

bool iteration_enumerate(evaluation *ev, const value *iterable, int64_t start, value *result)
{
    enumerate_iterator *enumeration = evaluation_alloc(ev, sizeof *enumeration);
    if (enumeration == NULL)
        return false;
    *enumeration = (enumerate_iterator){.next = start};
    *result = (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_ENUMERATE, .object = enumeration};
    return iteration_begin(ev, iterable, &enumeration->cursor);
}

bool iteration_reversed(evaluation *ev, const value *sequence, value *result)
{
    bool reversible = sequence->kind == VALUE_LIST || sequence->kind == VALUE_TUPLE ||
                      sequence->kind == VALUE_STRING || sequence->kind == VALUE_RANGE ||
                      sequence->kind == VALUE_MAP || value_is_view(sequence);
    if (!reversible)
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object is not reversible",
                                object_type_name(sequence));
    reversed_iterator *reversed = evaluation_alloc(ev, sizeof *reversed);
    if (reversed == NULL)
        return false;
    uint64_t left = sequence->kind == VALUE_RANGE ? object_as_range(sequence)->length : sequence->count;
    *reversed = (reversed_iterator){.sequence = *sequence, .left = left};
    *result = (value){.kind = VALUE_ITERATOR, .extra = ITERATOR_REVERSED, .object = reversed};
    return true;
}
