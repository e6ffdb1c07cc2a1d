/* The kind `log`: one line a delivery, without content. */
#include "worker/channel/provider.h"

static channel_result deliver(void *own, delivery *d)
{
    const provider_site *site = own;
    /* Texts of a workflow are followed by a NUL (workflow.h); those of a record are not. */
    log_info(site->log, "delivered", log_text("provider", d->provider->name),
             log_text("step_type", step_type_name(d->step->type)),
             log_text("workflow_id", d->execution->workflow->id.text), log_text("step_id", d->step->id.text),
             log_text("execution_id", d->execution->id.text));
    return CHANNEL_DELIVERED;
}

const provider_kind provider_log = {.deliver = deliver};
