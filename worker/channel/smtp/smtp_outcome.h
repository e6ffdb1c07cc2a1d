/* smtp_outcome: what a server's replies, or the lack of them, say of a delivery.
 *
 *   4yz                      another attempt may succeed                    smtp_451, smtp_421 ...
 *   5yz                      refused for good                               smtp_550, smtp_554 ...
 *   530, 534, 535, 538       the login is what it refuses, not the mail: other mails fare no better, and
 *                            another attempt succeeds once that is put right            smtp_auth
 *   any of them before the mail (greeting, EHLO)
 *                            speaks of the server, not of the mail: another attempt may succeed
 *                                                                                     smtp_refused
 *
 * Without a reply: dns, connect, tls, timeout, connection_lost, protocol, as the kind http has them. Codes
 * are stable words: retry policies name them. Sentences are static and without content. */
#ifndef WORKER_CHANNEL_SMTP_OUTCOME_H
#define WORKER_CHANNEL_SMTP_OUTCOME_H

#include <curl/curl.h>

#include "engine/value/value.h"

typedef struct smtp_failure {
    const char *code; /* NULL: smtp_ and the reply's code */
    const char *sentence;
    bool retriable;
} smtp_failure;

/* A reply to something that was said about the mail: 400 to 599. */
smtp_failure smtp_judge_reply(int code);
/* Why there is no connection on which a mail could be sent; its code is never NULL. reply: the last one, 0
 * without any. */
smtp_failure smtp_explain_connect(CURLcode code, long reply);

/* What the server calls the mail that it took, from the last line of its reply: what stands behind "queued
 * as" or "id=", else the whole line without the enhanced status. Borrowed from the line; null where there is
 * nothing, or something that is not printable ASCII. */
value smtp_message_id(const char *line, size_t size);

#endif
