/* inbox_script: what is done to an inbox as one atomic step inside Redis (Lua, for EVALSHA and EVAL).
 *
 * KEYS are those of inbox_keys.h in their order. What happened is published on the inbox's channel. */
#ifndef WORKER_CHANNEL_INBOX_SCRIPT_H
#define WORKER_CHANNEL_INBOX_SCRIPT_H

/* Appends an item, unread. ARGV: its id, its text, the time in ms, how many items are kept, for how many ms,
 * for how many ms it is remembered what has left, the channel. Answers 1, or 0 where the id was known: in the
 * inbox or among what has left it. */
extern const char inbox_script_append[];
/* Its SHA-1 in hexadecimal, by which a Redis that has run it knows it. */
extern const char inbox_script_append_sha1[];

/* Marks an item as read, or takes it out. ARGV: the event ("read" or "archived"), its id, the time in ms, for
 * how many ms it is remembered what has left, the channel. Answers 1, 0 where it was read already, -1 where
 * it is not there. */
extern const char inbox_script_settle[];

#endif
