/* date_text: an instant or a day as people read it, by a strftime format.
 *
 * The instant is RFC 3339 text ("2026-03-01T08:05:00.25+01:00"; without an offset as well), a date
 * ("2026-03-01"), or an int of seconds since 1970 in UTC. Its fields are shown as they are written: nothing
 * is moved to another time zone, and nothing depends on a locale.
 *
 * Directives: %Y %m %d %H %M %S %y %b %B %a %A %j %e %I %p %z %%; a `-` behind the percent sign leaves out
 * the padding (%-d). %z is nothing where the text has no offset. */
#ifndef ENGINE_EXPRESSION_DATE_TEXT_H
#define ENGINE_EXPRESSION_DATE_TEXT_H

#include "engine/expression/evaluation.h"

/* False with TypeError (an instant or a format of another kind) or ValueError (no such instant, a year
 * outside of 1 to 9999, an unknown directive). */
MUST_CHECK bool date_text_format(evaluation *ev, const value *instant, const value *format, value *result);

#endif
