/* mail: a rendered EMAIL message as the bytes that are sent (RFC 5322, 2045 to 2047).
 *
 * Every line ends with CRLF, is 7-bit (but for an international local part), at most 998 bytes long and
 * begins with no dot, so that the bytes need nothing more to be sent. The same mail is always the same bytes:
 * its date is an argument, its Message-ID and boundaries come from the idempotency key. */
#ifndef WORKER_CHANNEL_SMTP_MAIL_H
#define WORKER_CHANNEL_SMTP_MAIL_H

#include "engine/value/buffer.h"
#include "worker/channel/smtp/address.h"

typedef struct mail_field {
    const char *name;
    value text;
} mail_field;

/* What the message itself does not say. All is borrowed. */
typedef struct mail_options {
    const char *key;       /* the idempotency key, an UUID */
    const char *from;      /* the sender where the message has none; may be NULL */
    const char *id_domain; /* of the Message-ID; NULL: the sender's */
    const mail_field *fields;
    size_t field_count;
    int64_t now_ms;
} mail_options;

/* The envelope, and what goes into the mail. */
typedef struct mail {
    address from;
    address to;
    address reply_to; /* its mailbox is empty where there is none */
    const value *message;
    const mail_options *options;
} mail;

/* The field whose text is URIs, which gets their angle brackets (RFC 2369) and one-click posts (RFC 8058). */
extern const char mail_list_unsubscribe[];

/* True where the mail may have a field of this name from a configuration: it is a name, and the field is not
 * one that mail_write writes itself, nor one of the way it goes or the envelope (Received, Bcc ...). */
bool mail_may_have_field(const char *name);

/* Reads the addresses of a message (a map from field to string, `attachments`: a list of maps). It is
 * borrowed, and so are the options. ERROR_SYNTAX or ERROR_LIMIT with a sentence without content. */
MUST_CHECK bool mail_read(arena *a, const value *message, const mail_options *o, mail *m, error *e);

/* Appends the mail. ERROR_SYNTAX where a text cannot be in it: a subject or field that is not one line, an
 * attachment that is no base64; ERROR_LIMIT past the buffer's limit. */
MUST_CHECK bool mail_write(const mail *m, buffer *b, error *e);

#endif
