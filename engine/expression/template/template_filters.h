/* template_filters: what may stand behind `|` in a template. Each is a function whose `self` is the operand.
 *
 *   upper, lower         as the methods of str
 *   default(x, all)      x (or "") where the operand is None or lacks a key, attribute or index on its way;
 *                        where `all` is true also for what is false
 *   join(separator)      the items as one text
 *   money(currency)      see money.h
 *   date(format)         see date_text.h
 *   e, escape            escaped for HTML, once
 *   safe                 not to be escaped
 *
 * and one test, `x is defined`: whether the operand lacks nothing on its way (None is defined).
 *
 * An operand that is no text becomes one as by str(); None is a TypeError for all but default. Text that is
 * safe for HTML carries VALUE_SAFE, which upper, lower, default and a conditional expression keep and
 * everything else drops, so that at worst it is escaped twice. */
#ifndef ENGINE_EXPRESSION_TEMPLATE_FILTERS_H
#define ENGINE_EXPRESSION_TEMPLATE_FILTERS_H

#include "engine/expression/evaluation.h"

/* As expression_scope's find_filter. Static. */
const callable *template_filter_find(const char *name, size_t size, bool *stands_in);

#endif
