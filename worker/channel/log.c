/* The `log` provider: one line a delivery, without content. */
#include "worker/channel/channel.h"

channel_result log_deliver(const channels *c, delivery *d)
{
    /* Texts of a workflow are followed by a NUL (workflow.h); those of a record are not. */
    log_info(c->log, "delivered", log_text("provider", "log"),
             log_text("step_type", step_type_name(d->step->type)),
             log_text("workflow_id", d->execution->workflow->id.text), log_text("step_id", d->step->id.text),
             log_text("execution_id", d->execution->id.text));
    return CHANNEL_DELIVERED;
}
