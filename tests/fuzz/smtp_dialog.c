/* Any bytes as what a mail server says, in any portions: the dialog ends or goes on, and a mail counts as
 * taken only where its content was sent and answered with 2yz. */
#include <stdlib.h>

#include "worker/channel/smtp/smtp_dialog.h"
#include "worker/channel/smtp/smtp_outcome.h"

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void send_some(smtp_dialog *d, uint8_t choice)
{
    size_t size;
    (void)smtp_dialog_output(d, &size);
    smtp_dialog_sent(d, (choice & 1) != 0 ? size : size / 2);
}

static void check_end(const smtp_dialog *d, smtp_progress progress)
{
    expect(!d->busy);
    if (progress == SMTP_ACCEPTED) {
        value id = smtp_message_id(d->reply.line, d->reply.line_size);
        expect(d->stage == SMTP_CONTENT && d->end_sent && d->reply.code / 100 == 2);
        expect(id.kind == VALUE_NULL || id.count > 0);
    } else if (progress == SMTP_REFUSED) {
        expect(d->reply.code >= 400 && d->reply.code <= 599);
        expect(smtp_judge_reply(d->reply.code).sentence != NULL);
    } else {
        expect(d->finished);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char content[] = "Subject: s\r\n\r\nt\r\n.\r\n";
    const smtp_mail m = {.from = value_cstring("f@x.io"),
                         .to = value_cstring("t@y.io"),
                         .content = content,
                         .content_size = sizeof content - 1};
    smtp_dialog *d = malloc(sizeof *d);
    if (d == NULL)
        return 0;
    smtp_dialog_init(d, &(smtp_abilities){.size = true});
    while (size > 0 && !d->finished) {
        size_t part = data[0] % 64u + 1 < size - 1 ? data[0] % 64u + 1 : size - 1;
        if (!d->busy)
            expect(smtp_dialog_begin(d, &m));
        send_some(d, data[0] >> 6);
        /* Apart, so that reading beyond is seen. */
        char *bytes = malloc(part + 1);
        if (bytes == NULL)
            break;
        memcpy(bytes, data + 1, part);
        smtp_progress progress = smtp_dialog_receive(d, bytes, part);
        free(bytes);
        if (progress != SMTP_GOES_ON)
            check_end(d, progress);
        data += part + 1;
        size -= part + 1;
    }
    free(d);
    return 0;
}
