/* mail_header: the header fields of a mail (RFC 5322, section 2.2), folded so that no line is longer than 76
 * where its text has a place to fold at, and none longer than 998.
 *
 * Text outside of printable ASCII becomes encoded words (RFC 2047) or an extended parameter (RFC 2231): no
 * text can end its field, whatever is in it. */
#ifndef WORKER_CHANNEL_SMTP_MAIL_HEADER_H
#define WORKER_CHANNEL_SMTP_MAIL_HEADER_H

#include "engine/value/buffer.h"
#include "worker/channel/smtp/address.h"

enum { MAIL_HEADER_LINE_MAX = 998 };

/* True where the text is UTF-8 without control characters: one line. */
bool mail_header_is_line(const value *text);
/* True where a field that is written without encoding can hold it: printable ASCII, and no word that makes a
 * line longer than 998. */
bool mail_header_is_plain(const value *text);

/* A field with a text for people: Subject. Its text is one line. */
void mail_header_write_text(buffer *b, const char *name, const value *text);
/* A field that machines read, as it is: its text is plain. */
void mail_header_write_plain(buffer *b, const char *name, const value *text);
/* A field with one mailbox. */
void mail_header_write_address(buffer *b, const char *name, const address *mailbox);
/* A parameter behind a field's value, on lines of its own: `;` and `name="text"`. Its text is one line. */
void mail_header_write_parameter(buffer *b, const char *name, const value *text);

#endif
