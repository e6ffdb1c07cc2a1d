/* timestamp: instants as 64-bit microseconds since 1970-01-01T00:00:00Z, and their text (RFC 3339, ISO 8601).
 *
 * Pure: no clock, no locale, no time zone but the offset in a text. The calendar is the proleptic Gregorian,
 * years 1 to 9999, as Python's datetime has it; leap seconds do not exist in the count. */
#ifndef ENGINE_VALUE_TIMESTAMP_H
#define ENGINE_VALUE_TIMESTAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_TEXT_SIZE = 32 }; /* holds every text of this module and its NUL */

#define TIMESTAMP_MIN INT64_C(-62135596800000000) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MAX INT64_C(253402300799999999) /* 9999-12-31T23:59:59.999999Z */

/* An instant taken apart, in UTC. */
typedef struct timestamp_fields {
    int year;     /* 1 to 9999 */
    int month;    /* 1 to 12 */
    int day;      /* 1 to 31 */
    int hour;     /* 0 to 23 */
    int minute;   /* 0 to 59 */
    int second;   /* 0 to 59 */
    int micros;   /* 0 to 999999 */
    int weekday;  /* 0 is Monday */
    int year_day; /* 1 to 366 */
} timestamp_fields;

/* False outside TIMESTAMP_MIN..TIMESTAMP_MAX. */
bool timestamp_split(int64_t epoch_us, timestamp_fields *fields);
/* The reverse; weekday and year_day are not looked at. False where the fields name no instant (February 30).
 */
bool timestamp_join(const timestamp_fields *fields, int64_t *epoch_us);

/* Each writes a text and a NUL and returns its length, or 0 outside the years 1 to 9999 (or outside one day,
 * for a time).
 *
 * "2026-11-24T11:53:05Z" on a whole second, else "2026-11-24T11:53:05.123000Z": what pydantic's JSON mode
 * writes. */
size_t timestamp_format(int64_t epoch_us, char text[TIMESTAMP_TEXT_SIZE]);
/* As timestamp_format without the Z: an instant of some wall clock. */
size_t timestamp_format_local(int64_t epoch_us, char text[TIMESTAMP_TEXT_SIZE]);
/* "2026-11-24T11:53:05.123Z", always with three digits: the form of carillon's own records and logs. */
size_t timestamp_format_millis(int64_t epoch_ms, char text[TIMESTAMP_TEXT_SIZE]);
/* "2026-11-24" */
size_t timestamp_format_date(int64_t epoch_days, char text[TIMESTAMP_TEXT_SIZE]);
/* "11:53:05" or "11:53:05.123000" */
size_t timestamp_format_time(int64_t day_us, char text[TIMESTAMP_TEXT_SIZE]);

/* Reads RFC 3339: date, T, time with an optional fraction, Z or an offset (t, z and a space for T are
 * allowed). Digits past the microsecond are cut. A leap second (23:59:60 UTC) is the second after it. */
bool timestamp_parse(const char *text, size_t size, int64_t *epoch_us);

#endif
