/* money: an amount as people read it: 1234.5 and EUR give "1,234.50 EUR".
 *
 * The amount is decimal all the way: an int, decimal text ("1234.50", as Avro decimals and payment APIs have
 * it), or a float, of which the shortest decimal text that reads back the same counts (so 1.005 is 1.005). It
 * is rounded half to even to the minor units of the currency (ISO 4217: none for JPY, three for KWD, two
 * unless the table in money.c says otherwise), grouped by thousands with commas, and followed by the code in
 * capitals. What rounds to zero has no sign. */
#ifndef ENGINE_EXPRESSION_MONEY_H
#define ENGINE_EXPRESSION_MONEY_H

#include "engine/expression/evaluation.h"

/* False with TypeError (an amount or a currency of another kind) or ValueError (text that is no finite
 * decimal number, a currency that is not three letters, more than LIMIT_NUMBER_CHARACTERS digits). */
MUST_CHECK bool money_format(evaluation *ev, const value *amount, const value *currency, value *result);

#endif
