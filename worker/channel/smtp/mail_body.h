/* mail_body: a part's content in 7-bit lines (RFC 2045, section 6): quoted-printable for text that people can
 * still read so, base64 for other text and for files.
 *
 * No line is longer than 76, and none begins with a dot, so that SMTP has nothing to escape. `=_` never
 * occurs: a boundary that holds it needs no search. */
#ifndef WORKER_CHANNEL_SMTP_MAIL_BODY_H
#define WORKER_CHANNEL_SMTP_MAIL_BODY_H

#include "engine/value/buffer.h"

/* Content-Transfer-Encoding, the empty line behind a part's header, and the text. LF and CRLF are line ends;
 * a CR alone is a character. Where it ends with a line end, so do the lines. */
void mail_body_write_text(buffer *b, const value *text);

/* The same for a file that is given as base64. Blanks and line ends between its characters do not count.
 * False where it is no base64; what was written is then of no use. */
MUST_CHECK bool mail_body_write_file(buffer *b, const value *base64);

#endif
