#include "worker/channel/refusal.h"

#include <stddef.h>
#include <string.h>

const char refusal_given_up[] = "provider_given_up";

bool refusal_is_of_provider(const char *code)
{
    static const char *const codes[] = {"dns",      "connect",      "tls",      "timeout",  "connection_lost",
                                        "protocol", "auth_refused", "http_401", "http_408", "http_429"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        /* An HTTP status may be followed by the provider's own word. */
        size_t size = strlen(codes[i]);
        if (strncmp(code, codes[i], size) == 0 &&
            (code[size] == '\0' || (code[0] == 'h' && code[size] == '_')))
            return true;
    }
    return strncmp(code, "http_5", strlen("http_5")) == 0;
}
