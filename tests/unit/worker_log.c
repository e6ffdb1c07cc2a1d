#include <criterion/criterion.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/log.h"

typedef struct capture {
    FILE *file;
    logger log;
    char text[64 * 1024];
} capture;

static void capture_init(capture *c, log_format format)
{
    c->file = tmpfile();
    cr_assert_not_null(c->file);
    c->log = (logger){.fd = fileno(c->file), .level = LOG_LEVEL_INFO, .format = format};
}

/* What was logged. */
static const char *capture_text(capture *c)
{
    rewind(c->file);
    c->text[fread(c->text, 1, sizeof c->text - 1, c->file)] = '\0';
    return c->text;
}

/* What was logged after the time stamp, which is checked by its form. */
static const char *capture_line(capture *c)
{
    const char *text = capture_text(c);
    int year, month, day, hour, minute, second, millisecond, end = 0;
    int count = sscanf(text, "ts=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour, &minute,
                       &second, &millisecond, &end);
    cr_assert_eq(count, 7, "no time stamp: %s", text);
    cr_expect_geq(year, 2024);
    return text + end;
}

static void expect_text(const char *text, const char *written)
{
    capture c;
    char line[256];
    capture_init(&c, LOG_FORMAT_LOGFMT);
    log_info(&c.log, "e", log_text("k", text));
    snprintf(line, sizeof line, "level=info event=e k=%s\n", written);
    cr_expect_str_eq(capture_line(&c), line);
    fclose(c.file);
}

Test(worker_log, writes_level_event_and_fields_in_order)
{
    capture c;
    capture_init(&c, LOG_FORMAT_LOGFMT);
    log_warn(&c.log, "ready", log_int("partitions", -8), log_text("group", "carillon"), log_bool("ok", true));
    cr_expect_str_eq(capture_line(&c), "level=warn event=ready partitions=-8 group=carillon ok=true\n");
    fclose(c.file);
}

Test(worker_log, writes_an_event_without_fields)
{
    capture c;
    capture_init(&c, LOG_FORMAT_LOGFMT);
    log_error(&c.log, "stopped");
    cr_expect_str_eq(capture_line(&c), "level=error event=stopped\n");
    fclose(c.file);
}

Test(worker_log, leaves_out_a_text_that_is_not_there)
{
    capture c;
    capture_init(&c, LOG_FORMAT_LOGFMT);
    log_info(&c.log, "e", log_text("a", NULL), log_int("b", 1));
    cr_expect_str_eq(capture_line(&c), "level=info event=e b=1\n");
    fclose(c.file);
}

static int evaluations;

static int64_t evaluate(void)
{
    return ++evaluations;
}

Test(worker_log, keeps_lower_levels_back_without_evaluating_their_fields)
{
    capture c;
    capture_init(&c, LOG_FORMAT_LOGFMT);
    log_debug(&c.log, "hidden", log_int("n", evaluate()));
    cr_expect_str_empty(capture_text(&c));
    cr_expect_eq(evaluations, 0);
    c.log.level = LOG_LEVEL_DEBUG;
    log_debug(&c.log, "shown", log_int("n", evaluate()));
    cr_expect_str_eq(capture_line(&c), "level=debug event=shown n=1\n");
    fclose(c.file);
}

Test(worker_log, quotes_logfmt_only_where_it_must)
{
    expect_text("unix:///run/redis.sock", "unix:///run/redis.sock");
    expect_text("", "\"\"");
    expect_text("two words", "\"two words\"");
    expect_text("a=b", "\"a=b\"");
    expect_text("say \"hi\" \\ now", "\"say \\\"hi\\\" \\\\ now\"");
    expect_text("r\xC3\xA9", "\"r\xC3\xA9\"");
}

Test(worker_log, escapes_what_a_terminal_would_act_on)
{
    expect_text("a\nlevel=error\r\t", "\"a\\nlevel=error\\r\\t\"");
    expect_text("\x1B[2J\x7F", "\"\\u001b[2J\\u007f\"");
    expect_text("\xC2\x9B"
                "2J",
                "\"\\u009b2J\"");
}

Test(worker_log, replaces_invalid_utf8)
{
    expect_text("a\xFF"
                "b",
                "\"a\xEF\xBF\xBD"
                "b\"");
    expect_text("cut \xE2\x82", "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\"");
    expect_text("\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

Test(worker_log, json_lines_are_json)
{
    capture c;
    capture_init(&c, LOG_FORMAT_JSON);
    const char *text = "line\nbreak \"quoted\" \\ \x01 \xC2\x85 \xE2\x82\xAC \xF0\x9F\x98\x80";
    log_info(&c.log, "ready", log_text("text", text), log_int("n", INT64_MIN), log_bool("ok", false));
    json_error_t e;
    json_t *o = json_loads(capture_text(&c), 0, &e);
    cr_assert_not_null(o, "%s", e.text);
    cr_expect_eq(strcspn(c.text, "\n"), strlen(c.text) - 1);
    cr_expect_str_eq(json_string_value(json_object_get(o, "event")), "ready");
    cr_expect_str_eq(json_string_value(json_object_get(o, "level")), "info");
    cr_expect_str_eq(json_string_value(json_object_get(o, "text")), text);
    cr_expect_eq(json_integer_value(json_object_get(o, "n")), INT64_MIN);
    cr_expect(json_is_false(json_object_get(o, "ok")));
    json_decref(o);
    fclose(c.file);
}

Test(worker_log, bounds_a_value_and_a_line)
{
    for (int format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
        capture c;
        char text[LOG_TEXT_SIZE * 2];
        memset(text, '"', sizeof text - 1); /* every byte becomes two */
        text[sizeof text - 1] = '\0';
        capture_init(&c, (log_format)format);
        log_info(&c.log, "big", log_text("a", text), log_text("b", text), log_int("c", 1));
        const char *line = capture_text(&c);
        cr_expect_leq(strlen(line), (size_t)LOG_LINE_SIZE);
        cr_expect_not_null(strstr(line, "\\\"...\""));
        cr_expect_not_null(strstr(line, "truncated"));
        cr_expect_null(strstr(line, "b="));
        json_t *o = format == LOG_FORMAT_JSON ? json_loads(line, 0, NULL) : json_object();
        cr_expect_not_null(o, "%s", line);
        json_decref(o);
        fclose(c.file);
    }
}

Test(worker_log, cuts_between_characters)
{
    capture c;
    char text[LOG_TEXT_SIZE + 8] = "x";
    for (size_t i = 1; i + 3 <= LOG_TEXT_SIZE + 4; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 4);
    capture_init(&c, LOG_FORMAT_JSON);
    log_info(&c.log, "e", log_text("k", text));
    json_t *o = json_loads(capture_text(&c), 0, NULL);
    cr_assert_not_null(o);
    const char *written = json_string_value(json_object_get(o, "k"));
    cr_expect_eq(strlen(written), (size_t)LOG_TEXT_SIZE + 3);
    cr_expect_str_eq(written + LOG_TEXT_SIZE, "...");
    json_decref(o);
    fclose(c.file);
}

static void *log_often(void *argument)
{
    for (int i = 0; i < 200; i++)
        log_info((const logger *)argument, "thread", log_text("text", "some words"), log_int("end", 1));
    return NULL;
}

Test(worker_log, lines_of_threads_do_not_mix)
{
    capture c;
    pthread_t threads[4];
    capture_init(&c, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, log_often, &c.log), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rewind(c.file);
    int count = 0;
    while (fgets(c.text, sizeof c.text, c.file) != NULL) {
        cr_assert_str_eq(strstr(c.text, "level="), "level=info event=thread text=\"some words\" end=1\n");
        count++;
    }
    cr_expect_eq(count, 800);
    fclose(c.file);
}

Test(worker_log, a_repeating_condition_is_told_less_and_less)
{
    log_limiter r = {0};
    uint64_t suppressed = 99;
    uint64_t told[12];
    size_t told_count = 0;
    for (uint64_t now = 5000; now < 300000; now += 100) {
        if (log_limiter_allow(&r, now, &suppressed))
            told[told_count++] = now;
    }
    uint64_t expected[] = {5000, 6000, 8000, 12000, 20000, 36000, 68000, 128000, 188000, 248000};
    cr_assert_eq(told_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < told_count; i++)
        cr_expect_eq(told[i], expected[i]);
    cr_expect_eq(suppressed, 599u);
}

Test(worker_log, a_condition_that_was_over_is_told_at_once)
{
    log_limiter r = {0};
    uint64_t suppressed = 99;
    cr_expect(log_limiter_allow(&r, 0, &suppressed));
    cr_expect_eq(suppressed, 0u);
    cr_expect_not(log_limiter_allow(&r, 10, &suppressed));
    log_limiter_reset(&r);
    cr_expect(log_limiter_allow(&r, 20, &suppressed));
    cr_expect_eq(suppressed, 0u);
}
