/* address: one mailbox as people write it: `a@b`, `Name <a@b>`, `"Name, Title" <"local part"@b>` (RFC 5322,
 * section 3.4, without comments, groups and routes; RFC 6532 adds all of UTF-8).
 *
 * The domain may be internationalized; it is turned into its ASCII form here (IDNA with the mapping of UTS
 * 46), so that only a local part outside of ASCII needs a server that speaks SMTPUTF8. More than one mailbox
 * in a text is an error, and so is a control character. */
#ifndef WORKER_CHANNEL_SMTP_ADDRESS_H
#define WORKER_CHANNEL_SMTP_ADDRESS_H

#include "engine/value/value.h"

/* Of a text as a whole: a local part has at most 64 bytes, a domain 253, and a name is no novel. */
enum { ADDRESS_TEXT_MAX = 1024 };

typedef struct address {
    value name;         /* as read, without quotes; empty where there is none */
    value mailbox;      /* local@domain, the domain in ASCII */
    value domain;       /* the part of it behind the @ */
    bool international; /* the local part is not ASCII */
} address;

/* Texts live in the arena. ERROR_SYNTAX with a sentence that begins "is ..." or "has ..." and tells nothing
 * of the text; ERROR_LIMIT. */
MUST_CHECK bool address_read(arena *a, const char *text, size_t size, address *out, error *e);

#endif
