/* smtp_reply: a server's replies (RFC 5321, section 4.2), read from bytes as they come.
 *
 *     250-first line        a hyphen behind the code: more lines follow
 *     250 last line */
#ifndef WORKER_CHANNEL_SMTP_REPLY_H
#define WORKER_CHANNEL_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SMTP_LINE_MAX = 1000, /* RFC 5321 gives them 512, servers give their links more */
    SMTP_LINES_MAX = 100,
};

/* Starts as zeros, and again behind each reply. */
typedef struct smtp_reply {
    int code;                 /* 200 to 599 */
    char line[SMTP_LINE_MAX]; /* the last one so far, without its code and end */
    size_t line_size;
    size_t line_count;
    bool begun; /* a line, which has not ended */
    bool complete;
} smtp_reply;

/* Reads up to the reply's end; *used gets how many bytes that was. False where it is no reply, or one beyond
 * its bounds: nothing that follows means anything. */
bool smtp_reply_read(smtp_reply *r, const char *bytes, size_t size, size_t *used);

#endif
