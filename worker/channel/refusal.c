#include "worker/channel/refusal.h"

#include <stddef.h>
#include <string.h>

const char refusal_given_up[] = "provider_given_up";

/* A kind may say more behind a status: http_429_QUOTA_EXCEEDED. */
static bool begins_with_word(const char *code, const char *word)
{
    size_t size = strlen(word);
    return strncmp(code, word, size) == 0 && (code[size] == '\0' || code[size] == '_');
}

bool refusal_is_of_provider(const char *code)
{
    static const char *const words[] = {
        "dns",      "connect",  "tls",       "timeout",      "connection_lost",
        "protocol", "http_401", "http_408",  "http_425",     "http_429",
        "smtp_421", "smtp_454", "smtp_auth", "smtp_refused", "auth_refused"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (begins_with_word(code, words[i]))
            return true;
    }
    return strncmp(code, "http_5", strlen("http_5")) == 0;
}
