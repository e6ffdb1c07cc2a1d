/* collection: lists, tuples, sets and maps as expressions build them: charged to the evaluation's budget,
 * bounded in depth, with hashable keys only.
 *
 * A set keeps the order of insertion (Python's order is that of its hashes, which nobody may rely on). */
#ifndef ENGINE_EXPRESSION_COLLECTION_H
#define ENGINE_EXPRESSION_COLLECTION_H

#include "engine/expression/machine/object.h"

/* A list or tuple under construction. Embedded by value. */
typedef struct sequence_builder {
    evaluation *ev;
    value *items;
    uint32_t count;
    uint32_t capacity;
} sequence_builder;

void sequence_builder_init(sequence_builder *b, evaluation *ev);
MUST_CHECK bool sequence_builder_add(sequence_builder *b, value item);
/* kind: VALUE_LIST or VALUE_TUPLE. */
MUST_CHECK bool sequence_builder_finish(sequence_builder *b, value_kind kind, value *result);

/* A list or tuple of a copy of items[]. */
MUST_CHECK bool sequence_copy(evaluation *ev, value_kind kind, const value *items, size_t count,
                              value *result);
/* A list or tuple of everything that `iterable` gives. */
MUST_CHECK bool sequence_from(evaluation *ev, value_kind kind, const value *iterable, value *result);

/* A set under construction. */
typedef struct set_builder {
    evaluation *ev;
    char *block; /* a header for the index, then the items */
    uint32_t *slots;
    uint32_t slot_mask;
    uint32_t count;
    uint32_t capacity;
} set_builder;

void set_builder_init(set_builder *b, evaluation *ev);
/* TypeError where the item cannot be hashed. An item that is there stays. */
MUST_CHECK bool set_builder_add(set_builder *b, value item);
MUST_CHECK bool set_builder_finish(set_builder *b, value *result);

/* A set of everything that `iterable` gives. */
MUST_CHECK bool set_from(evaluation *ev, const value *iterable, value *result);
/* Membership of what is hashable. */
bool set_contains(const value *set, const value *item);

/* A dict under construction: map_builder within the evaluation's bounds. */
typedef struct dict_builder {
    evaluation *ev;
    map_builder map;
} dict_builder;

void dict_builder_init(dict_builder *b, evaluation *ev);
/* TypeError where the key cannot be hashed. */
MUST_CHECK bool dict_builder_put(dict_builder *b, value key, value v);
MUST_CHECK bool dict_builder_add_all(dict_builder *b, const value *map);
MUST_CHECK bool dict_builder_finish(dict_builder *b, value *result);

/* False with TypeError ("unhashable type: 'list'") where v can be no key. */
MUST_CHECK bool collection_check_hashable(evaluation *ev, const value *v);

#endif
