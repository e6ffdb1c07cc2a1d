/* smtp_dialog: what is said over a connection to hand over one mail after the other (RFC 5321, section 3.3):
 * MAIL, RCPT, DATA, the content. No I/O: it says which bytes are to be sent, and takes those that came.
 *
 * The server must have been greeted before (EHLO, STARTTLS, AUTH). What failed before the last byte of the
 * content's end was handed over was not delivered; what failed behind it nobody can tell. */
#ifndef WORKER_CHANNEL_SMTP_DIALOG_H
#define WORKER_CHANNEL_SMTP_DIALOG_H

#include "engine/value/value.h"
#include "worker/channel/smtp/smtp_reply.h"

/* Two mailboxes at the most, and what stands around one. */
enum { SMTP_COMMAND_MAX = 512 };

/* What the server said it can. */
typedef struct smtp_abilities {
    bool size;
    bool utf8;
} smtp_abilities;

typedef enum smtp_stage {
    SMTP_RESET,     /* RSET is on its way, behind a mail that was refused */
    SMTP_SENDER,    /* MAIL */
    SMTP_RECIPIENT, /* RCPT */
    SMTP_DATA,      /* DATA */
    SMTP_CONTENT,   /* the content and its end */
} smtp_stage;

/* Borrowed until the mail has ended. content is as mail_write leaves it (CRLF at the end, no dot at the
 * beginning of a line), and behind it ".\r\n". */
typedef struct smtp_mail {
    value from;
    value to;
    bool international;
    const char *content;
    size_t content_size;
} smtp_mail;

typedef struct smtp_dialog {
    smtp_abilities abilities;
    bool busy;        /* there is a mail */
    smtp_stage stage; /* of it, or where the last one ended */
    bool dirty;       /* the last mail was refused: RSET comes first */
    bool finished;    /* with the connection: the server has said so, or what it says is no SMTP */
    uint64_t accepted_count;
    smtp_mail mail;
    smtp_reply reply; /* the last one, once it is complete */
    char command[SMTP_COMMAND_MAX];
    const char *unsent;
    size_t unsent_size;
    bool end_sent; /* of the content */
} smtp_dialog;

typedef enum smtp_progress {
    SMTP_GOES_ON,
    SMTP_ACCEPTED, /* the mail is the server's */
    SMTP_REFUSED,  /* reply.code says why; stage, when */
    SMTP_NONSENSE, /* what came is no SMTP; nothing more will come of this connection */
} smtp_progress;

/* For a new connection. */
void smtp_dialog_init(smtp_dialog *d, const smtp_abilities *a);
/* False where the server cannot take the mail's addresses (they need SMTPUTF8). Not while busy or finished.
 */
bool smtp_dialog_begin(smtp_dialog *d, const smtp_mail *m);

/* The bytes to be sent next; size 0: it is the server's turn. */
static inline const char *smtp_dialog_output(const smtp_dialog *d, size_t *size)
{
    *size = d->unsent_size;
    return d->unsent;
}
/* The first `size` of them are sent. */
void smtp_dialog_sent(smtp_dialog *d, size_t size);
/* These bytes came, in any portions. What comes behind a mail's end, or while there is none, can only be the
 * server's farewell: it finishes the connection. */
smtp_progress smtp_dialog_receive(smtp_dialog *d, const char *bytes, size_t size);

/* The connection is lost, or time is up, or what came is nonsense: true where nobody can tell whether the
 * mail was taken. */
static inline bool smtp_dialog_is_unknown(const smtp_dialog *d)
{
    return d->stage == SMTP_CONTENT && d->end_sent;
}

#endif
