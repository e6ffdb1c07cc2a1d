/* stage       sent              good reply    then
 * RESET       RSET              2yz           SENDER
 * SENDER      MAIL FROM         2yz           RECIPIENT
 * RECIPIENT   RCPT TO           2yz           DATA
 * DATA        DATA              3yz           CONTENT
 * CONTENT     content, dot      2yz           accepted
 * any         -                 4yz, 5yz      refused; 421: and finished */
#include "worker/channel/smtp/smtp_dialog.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SERVICE_ENDS = 421 };

void smtp_dialog_init(smtp_dialog *d, const smtp_abilities *a)
{
    *d = (smtp_dialog){.abilities = *a};
}

/* ---- sending ---- */

static void send(smtp_dialog *d, const char *bytes, size_t size)
{
    d->unsent = bytes;
    d->unsent_size = size;
}

static void send_command(smtp_dialog *d, smtp_stage stage, int size)
{
    assert(size > 0 && size < SMTP_COMMAND_MAX); /* mailboxes have at most 64 + 1 + 255 bytes */
    d->stage = stage;
    send(d, d->command, (size_t)size);
}

static void send_sender(smtp_dialog *d)
{
    const smtp_mail *m = &d->mail;
    char size[40] = "";
    if (d->abilities.size)
        snprintf(size, sizeof size, " SIZE=%zu", m->content_size);
    send_command(d, SMTP_SENDER,
                 snprintf(d->command, sizeof d->command, "MAIL FROM:<%.*s>%s%s\r\n", (int)m->from.count,
                          m->from.text, size, m->international ? " SMTPUTF8" : ""));
}

static void send_recipient(smtp_dialog *d)
{
    send_command(d, SMTP_RECIPIENT,
                 snprintf(d->command, sizeof d->command, "RCPT TO:<%.*s>\r\n", (int)d->mail.to.count,
                          d->mail.to.text));
}

static void send_fixed(smtp_dialog *d, smtp_stage stage, const char *text)
{
    d->stage = stage;
    send(d, text, strlen(text));
}

bool smtp_dialog_begin(smtp_dialog *d, const smtp_mail *m)
{
    assert(!d->busy && !d->finished);
    if (m->international && !d->abilities.utf8)
        return false;
    d->mail = *m;
    d->busy = true;
    d->end_sent = false;
    d->reply = (smtp_reply){0};
    if (d->dirty)
        send_fixed(d, SMTP_RESET, "RSET\r\n");
    else
        send_sender(d);
    return true;
}

void smtp_dialog_sent(smtp_dialog *d, size_t size)
{
    assert(size <= d->unsent_size);
    d->unsent += size;
    d->unsent_size -= size;
    d->end_sent = d->stage == SMTP_CONTENT && d->unsent_size == 0;
}

/* ---- receiving ---- */

static smtp_progress end(smtp_dialog *d, smtp_progress how)
{
    d->busy = false;
    d->dirty = how == SMTP_REFUSED;
    d->accepted_count += how == SMTP_ACCEPTED;
    d->finished = d->finished || how == SMTP_NONSENSE;
    send(d, NULL, 0);
    return how;
}

/* A good reply. */
static smtp_progress go_on(smtp_dialog *d)
{
    switch (d->stage) {
    case SMTP_RESET:
        send_sender(d);
        return SMTP_GOES_ON;
    case SMTP_SENDER:
        send_recipient(d);
        return SMTP_GOES_ON;
    case SMTP_RECIPIENT:
        send_fixed(d, SMTP_DATA, "DATA\r\n");
        return SMTP_GOES_ON;
    case SMTP_DATA:
        d->stage = SMTP_CONTENT;
        send(d, d->mail.content, d->mail.content_size);
        return SMTP_GOES_ON;
    default:
        return end(d, SMTP_ACCEPTED);
    }
}

static smtp_progress take_reply(smtp_dialog *d)
{
    int good = d->stage == SMTP_DATA ? 3 : 2;
    int class = d->reply.code / 100;
    /* A reply before its turn: what is unsent would be taken for something else. */
    d->finished = d->finished || d->reply.code == SERVICE_ENDS || d->unsent_size > 0;
    if (class >= 4)
        return end(d, SMTP_REFUSED);
    if (class != good || d->unsent_size > 0)
        return end(d, SMTP_NONSENSE);
    return go_on(d);
}

smtp_progress smtp_dialog_receive(smtp_dialog *d, const char *bytes, size_t size)
{
    while (size > 0 && d->busy) {
        size_t used;
        if (d->reply.complete)
            d->reply = (smtp_reply){0};
        if (!smtp_reply_read(&d->reply, bytes, size, &used))
            return end(d, SMTP_NONSENSE);
        bytes += used;
        size -= used;
        if (!d->reply.complete)
            break;
        smtp_progress progress = take_reply(d);
        if (progress == SMTP_GOES_ON)
            continue;
        d->finished = d->finished || size > 0;
        return progress;
    }
    d->finished = d->finished || (size > 0 && !d->busy);
    return SMTP_GOES_ON;
}
