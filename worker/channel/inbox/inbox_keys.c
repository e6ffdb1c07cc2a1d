#include "worker/channel/inbox/inbox_keys.h"

bool inbox_keys_init(inbox_keys *k, arena *a, const char *group, const value *recipient)
{
    static const char *const endings[] = {[INBOX_ITEMS] = ":items",
                                          [INBOX_INDEX] = ":index",
                                          [INBOX_UNREAD] = ":unread",
                                          [INBOX_GONE] = ":gone"};
    buffer b;
    buffer_init(&b, a, SIZE_MAX);
    buffer_format(&b, "%s:inbox:{", group);
    buffer_add(&b, recipient->text, recipient->count);
    buffer_add_byte(&b, '}');
    if (b.failed)
        return false;
    k->channel = buffer_string(&b);
    for (int i = 0; i < INBOX_KEY_COUNT; i++) {
        buffer_init(&b, a, SIZE_MAX);
        buffer_add(&b, k->channel.text, k->channel.count);
        buffer_add_text(&b, endings[i]);
        if (b.failed)
            return false;
        k->names[i] = buffer_string(&b);
    }
    return true;
}
