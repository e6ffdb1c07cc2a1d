#include "tests/simulation/failure.h"

#include <stdlib.h>
#include <string.h>

const char *failure_word(failure_kind k)
{
#define X(code, word) word,
    static const char *const words[] = {FAILURES(X)};
#undef X
    return words[k];
}

bool failure_parse(const char *text, failure *f)
{
    const char *colon = strchr(text, ':');
    char *end;
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    f->number = strtoull(colon + 1, &end, 10);
    for (int k = FAILURE_NONE + 1; k < FAILURE_COUNT; k++) {
        const char *word = failure_word((failure_kind)k);
        if (strlen(word) == (size_t)(colon - text) && memcmp(word, text, strlen(word)) == 0) {
            f->kind = (failure_kind)k;
            return *end == '\0';
        }
    }
    return false;
}
