#include "worker/channel/refusal.h"

#include <stddef.h>
#include <string.h>

const char refusal_given_up[] = "provider_given_up";

bool refusal_is_of_provider(const char *code)
{
    static const char *const codes[] = {"dns",      "connect",  "tls",      "timeout", "connection_lost",
                                        "protocol", "http_401", "http_408", "http_429"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(code, codes[i]) == 0)
            return true;
    }
    return strncmp(code, "http_5", strlen("http_5")) == 0;
}
