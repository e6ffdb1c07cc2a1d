/* smtp_fields: the header fields that a provider adds to each of its mails: `header.NAME` and
 * `list_unsubscribe`, templates over the delivery (delivery_names.h), compiled once. */
#ifndef WORKER_CHANNEL_SMTP_FIELDS_H
#define WORKER_CHANNEL_SMTP_FIELDS_H

#include "worker/channel/delivery.h"
#include "worker/channel/smtp/mail.h"

typedef struct smtp_fields smtp_fields;

/* The provider is borrowed. NULL with ERROR_CONFIG (a sentence that begins with the key),
 * ERROR_OUT_OF_MEMORY.
 */
MUST_CHECK smtp_fields *smtp_fields_new(const config_provider *p, error *e);
/* NULL is fine. */
void smtp_fields_free(smtp_fields *f);

/* Renders them into o->fields, in the delivery's arena. ERROR_TEMPLATE with a sentence that begins with the
 * key, ERROR_LIMIT. */
MUST_CHECK bool smtp_fields_render(const smtp_fields *f, const delivery *d, mail_options *o, error *e);

#endif
