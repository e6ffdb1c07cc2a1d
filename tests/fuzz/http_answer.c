/* What a provider answers, hostile: the reader of its id and its error word takes only what is bounded and
 * clean out of it. The first byte chooses the status, the rest is the answer. */
#include <stdint.h>
#include <stdlib.h>

#include "engine/value/utf8.h"
#include "worker/channel/http/http_answer.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_code(const char *code)
{
    check(strncmp(code, "http_", 5) == 0 && strlen(code) < 64);
    for (; *code != '\0'; code++)
        check(*code > ' ' && *code < 0x7F && strchr("@/\"'<>", *code) == NULL);
}

static void judge(const uint8_t *data, size_t size, const char *place)
{
    config_provider p = {.http = {.message_id = place, .error = place}};
    error e;
    arena memory, scratch;
    arena_init(&memory, 1024, 1 << 20);
    arena_init(&scratch, 4096, 4 << 20);
    check(http_statuses_parse(&p.http.success, "2xx", &e) &&
          http_statuses_parse(&p.http.retriable, "5xx", &e));
    delivery d = {.provider = &p, .arena = &memory};
    const http_answer answer = {.status = 200 + data[0] % 4 * 100,
                                .body = (const char *)data + 1,
                                .size = size - 1,
                                .scratch = &scratch};
    channel_result result = http_answer_judge(&answer, &d, 0);
    if (result == CHANNEL_REFUSED)
        check_code(d.code);
    arena_free(&scratch); /* what is kept outlives the answer */
    if (d.message_id.kind == VALUE_STRING)
        check(d.message_id.count > 0 && d.message_id.count <= HTTP_MESSAGE_ID_MAX &&
              utf8_valid(d.message_id.text, d.message_id.count, NULL));
    else
        check(d.message_id.kind == VALUE_NULL);
    arena_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* So that the sanitizer sees each read behind the end. */
    if (size == 0)
        return 0;
    judge(data, size, "/id");
    judge(data, size, "/0/a~1b/~0");
    return 0;
}
