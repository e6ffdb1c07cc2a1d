#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/config/config.h"

#define MAIL "[provider.mail]\nkind = http\nurl = http://h/\n"

static config c;
static error e;
static char path[] = "carillon-XXXXXX.conf";

static void begin(void)
{
    cr_assert_eq(chdir("/tmp"), 0);
    close(mkstemps(path, 5));
}

static void end(void)
{
    config_free(&c);
    unlink(path);
}

TestSuite(worker_config_provider, .init = begin, .fini = end);

/* variables and sets end with NULL and may be NULL themselves. */
static bool load_all(const char *text, const char *const *variables, const char *const *sets)
{
    config_source source = {.path = path, .environment = (char *const *)variables, .sets = sets};
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    while (sets != NULL && sets[source.set_count] != NULL)
        source.set_count++;
    config_free(&c);
    e = (error){0};
    return config_load(&c, &source, &e);
}

static void expect_loaded(const char *text)
{
    cr_assert(load_all(text, NULL, NULL), "%s: %s", text, e.message);
}

/* The sentence behind the file's name and the line. */
static void expect_refused(const char *text, const char *sentence)
{
    cr_expect_not(load_all(text, NULL, NULL), "%s was taken", text);
    cr_expect_eq(e.code, ERROR_CONFIG);
    const char *said = strstr(e.message, sentence);
    cr_expect(said != NULL && strcmp(said, sentence) == 0, "%s", e.message);
}

static void expect_variable_refused(const char *variable, const char *sentence)
{
    const char *variables[] = {variable, NULL};
    cr_expect_not(load_all(MAIL, variables, NULL), "%s was taken", variable);
    cr_expect_not_null(strstr(e.message, sentence), "%s", e.message);
}

static const config_provider *provider(const char *name)
{
    size_t place = config_find_provider(&c, name, strlen(name));
    cr_assert_lt(place, c.provider_count, "%s", name);
    return &c.providers[place];
}

static char *print(void)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print(&c, out);
    fclose(out);
    return text;
}

Test(worker_config_provider, has_defaults)
{
    expect_loaded(MAIL);
    const config_provider *p = provider("mail");
    cr_expect_eq(p->kind, CONFIG_HTTP);
    cr_expect_str_eq(p->url.text, "http://h/");
    cr_expect_eq(p->timeout_ms, 10000);
    cr_expect_eq(p->connect_timeout_ms, 3000);
    cr_expect_eq(p->concurrency, 256);
    cr_expect_eq(p->on_unknown, CONFIG_UNKNOWN_RETRY);
}

Test(worker_config_provider, takes_what_it_is_told)
{
    expect_loaded("[provider.Push_2-b]\nurl = https://u:p@h:8443/x?y=1\ntimeout.ms = 2s\nconcurrency = 1\n"
                  "connect.timeout.ms = 500\non_unknown = fail\nkind = http\n" MAIL);
    const config_provider *p = provider("Push_2-b");
    cr_expect_str_eq(p->url.text, "https://u:p@h:8443/x?y=1");
    cr_expect_eq(p->timeout_ms, 2000);
    cr_expect_eq(p->connect_timeout_ms, 500);
    cr_expect_eq(p->concurrency, 1);
    cr_expect_eq(p->on_unknown, CONFIG_UNKNOWN_FAIL);
    cr_expect_str_eq(provider("mail")->url.text, "http://h/");
}

Test(worker_config_provider, a_channel_names_one_wherever_it_is_configured)
{
    expect_loaded("[channels]\nEMAIL = mail\nSMS = null\n" MAIL);
    cr_expect_eq(&c.providers[c.channels[CONFIG_EMAIL].places[0]], provider("mail"));
    cr_expect_str_eq(c.providers[c.channels[CONFIG_SMS].places[0]].name, "null");
    cr_expect_eq(c.providers[c.channels[CONFIG_IN_APP].places[0]].kind, CONFIG_INBOX);
    const char *sets[] = {"provider.late.kind=http", "provider.late.url=http://l", NULL};
    cr_assert(load_all("[channels]\nEMAIL = late\n", NULL, sets), "%s", e.message);
    cr_expect_str_eq(c.providers[c.channels[CONFIG_EMAIL].places[0]].name, "late");
}

Test(worker_config_provider, a_channel_of_none_names_the_nearest)
{
    expect_refused("[channels]\nEMAIL = mial\n" MAIL,
                   ":2: channels.EMAIL: no provider is named 'mial'; did you mean mail?");
    expect_refused("[channels]\nEMAIL = inbx\n",
                   ":2: channels.EMAIL: no provider is named 'inbx'; did you mean inbox?");
    expect_refused("[channels]\nSMS = Mail\n" MAIL,
                   ":2: channels.SMS: no provider is named 'Mail'; did you mean mail?");
}

Test(worker_config_provider, what_is_missing_is_named)
{
    expect_refused("[provider.mail]\nkind = http\n", "provider.mail.url: must be given");
    expect_refused("[provider.mail]\nurl = http://h\n", "provider.mail.kind: must be given");
}

Test(worker_config_provider, kinds_are_known)
{
    expect_refused("[provider.m]\nkind = HTTP\n",
                   ":2: provider.m.kind: must be one of inbox, log, null, http, smtp, kafka, not 'HTTP'");
    expect_loaded("[provider.m]\nkind = log\n[provider.inbox]\nkind = inbox\n");
    cr_expect_eq(provider("m")->kind, CONFIG_LOG);
    expect_refused("[provider.inbox]\nkind = http\n",
                   ":2: provider.inbox.kind: is inbox: it is built in; choose another name");
}

Test(worker_config_provider, limits_have_defaults_and_what_a_kind_does_not_need_is_off)
{
    expect_loaded(MAIL);
    const config_provider *mail = provider("mail"), *log = provider("log");
    cr_expect_eq(mail->queue, 1000);
    cr_expect_eq(mail->rate, 0);
    cr_expect_eq(mail->rate_burst, 0);
    cr_expect_not(mail->rate_shared);
    cr_expect_eq(mail->breaker_failures, 5);
    cr_expect_eq(mail->breaker_open_ms, 5000);
    cr_expect_eq(mail->breaker_open_max_ms, 60000);
    cr_expect_eq(log->concurrency, INT64_MAX);
    cr_expect_eq(log->breaker_failures, 0);
}

Test(worker_config_provider, a_shared_rate_is_a_rate)
{
    expect_loaded("[provider.log]\nrate.shared = true\nrate = 7\n");
    cr_expect(provider("log")->rate_shared);
    expect_refused("[provider.log]\nrate.shared = true\n", ":2: provider.log.rate.shared: needs a rate");
}

Test(worker_config_provider, a_route_has_an_end)
{
    char text[2048] = "[channels]\nSMS = p0, p1, p2, p3, p4, p5, p6, p7, log\n";
    for (int i = 0; i < 8; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "[provider.p%d]\nkind = null\n", i);
    expect_refused(text, ":2: channels.SMS: has more than 8 providers");
}

Test(worker_config_provider, a_key_is_for_certain_kinds)
{
    expect_refused("[provider.m]\nurl = http://h\nkind = log\n",
                   ":2: provider.m.url: is for providers of kind http, smtp; this one's is log");
    expect_refused("[provider.null]\ntimeout.ms = 1s\n",
                   ":2: provider.null.timeout.ms: is for providers of kind http, smtp; this one's is null");
}

Test(worker_config_provider, a_channel_may_have_several_in_order)
{
    expect_loaded("[channels]\nEMAIL = mail, null,log\n" MAIL);
    const config_route *r = &c.channels[CONFIG_EMAIL];
    cr_assert_eq(r->count, 3u);
    cr_expect_eq(&c.providers[r->places[0]], provider("mail"));
    cr_expect_eq(r->places[1], CONFIG_NULL);
    cr_expect_eq(r->places[2], CONFIG_LOG);
    expect_refused("[channels]\nEMAIL = log, null, log\n", ":2: channels.EMAIL: names log twice");
    expect_refused("[channels]\nEMAIL = log, nul\n",
                   ":2: channels.EMAIL: no provider is named 'nul'; did you mean null?");
}

Test(worker_config_provider, an_unknown_key_names_the_nearest)
{
    expect_refused("[provider.m]\ntimeoutms = 1\n",
                   ":2: provider.m.timeoutms: unknown key; did you mean provider.m.timeout.ms?");
    expect_refused("[provider.m]\nxylophone = 1\n",
                   ":2: provider.m.xylophone: unknown key; carillon worker --keys lists all");
    expect_refused("[providr.m]\nurl = 1\n",
                   ":2: providr.m.url: unknown section [providr.m]; did you mean [provider.m]?");
}

Test(worker_config_provider, values_are_checked)
{
    expect_refused("[provider.m]\nconcurrency = 0\n",
                   ":2: provider.m.concurrency: must be a whole number from 1 to 10000, not '0'");
    expect_refused("[provider.m]\non_unknown = guess\n",
                   ":2: provider.m.on_unknown: must be one of retry, fail, not 'guess'");
    expect_refused(
        "[provider.m]\nurl = ftp://h\n",
        ":2: provider.m.url: must begin with http:// or https:// (kind smtp: smtp:// or smtps://)");
    expect_refused("[provider.m]\nkind = http\nkind = http\n",
                   ":3: provider.m.kind: is given twice, first in line 2");
}

Test(worker_config_provider, names_are_letters_digits_and_dashes)
{
    static const char said[] =
        "a provider's section is [provider.NAME] with a name of 1 to 64 letters, digits, '_' and '-'";
    expect_refused("[provider.]\nkind = http\n", said);
    expect_refused("[provider]\nkind = http\n", said);
    expect_refused("[provider.a.b]\nkind = http\n", said);
    expect_refused("[provider.a b]\nkind = http\n", said);
}

Test(worker_config_provider, names_that_share_their_variables_are_refused)
{
    static const char said[] = "the name differs from a-b in nothing but capitals and dashes, so that "
                               "environment variables could not tell them apart";
    expect_refused("[provider.a-b]\nkind = http\n[provider.a_b]\nkind = http\n", said);
    expect_refused("[provider.a-b]\nkind = http\n[provider.A-B]\nkind = http\n", said);
    expect_refused("[provider.LOG]\nkind = http\n",
                   "the name differs from log in nothing but capitals and dashes, so that "
                   "environment variables could not tell them apart");
}

Test(worker_config_provider, there_are_no_more_than_a_bound)
{
    char text[4096] = "";
    size_t size = 0;
    for (int i = 0; i < 32; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "[provider.p%d]\nkind = http\nurl = http://h\n", i);
    expect_loaded(text);
    snprintf(text + size, sizeof text - size, "[provider.more]\nkind = http\n");
    expect_refused(text, "is one provider too many: at most 32");
}

Test(worker_config_provider, variables_reach_those_of_the_file)
{
    const char *variables[] = {"CARILLON_PROVIDER_MY_MAIL_URL=http://e",
                               "CARILLON_PROVIDER_MY_MAIL_TIMEOUT_MS=7",
                               "CARILLON_PROVIDER_MY_MAIL_CONNECT_TIMEOUT_MS=6",
                               "CARILLON_PROVIDER_MY_MAIL_ON_UNKNOWN=fail",
                               "CARILLON_CHANNELS_SMS=My-mail",
                               NULL};
    cr_assert(load_all("[provider.My-mail]\nkind = http\nurl = http://f\n", variables, NULL), "%s",
              e.message);
    cr_expect_str_eq(provider("My-mail")->url.text, "http://e");
    cr_expect_eq(provider("My-mail")->timeout_ms, 7);
    cr_expect_eq(provider("My-mail")->connect_timeout_ms, 6);
    cr_expect_eq(provider("My-mail")->on_unknown, CONFIG_UNKNOWN_FAIL);
    cr_expect_str_eq(c.providers[c.channels[CONFIG_SMS].places[0]].name, "My-mail");
    cr_expect_eq(c.provider_count, CONFIG_NULL + 2u);
}

Test(worker_config_provider, variables_make_one_with_a_name_in_small_letters)
{
    const char *variables[] = {"CARILLON_PROVIDER_NEW_ONE_URL=http://e",
                               "CARILLON_PROVIDER_NEW_ONE_KIND=http", NULL};
    cr_assert(load_all("[channels]\nEMAIL = new_one\n", variables, NULL), "%s", e.message);
    cr_expect_str_eq(c.providers[c.channels[CONFIG_EMAIL].places[0]].url.text, "http://e");
}

/* provider.x.connect.timeout.ms, not provider.x_connect.timeout.ms. */
Test(worker_config_provider, the_longest_key_of_a_variable_is_meant)
{
    const char *variables[] = {"CARILLON_PROVIDER_X_CONNECT_TIMEOUT_MS=6", NULL};
    cr_assert_not(load_all("[provider.x_connect]\nkind = http\nurl = http://f\n", variables, NULL));
    cr_expect_str_eq(e.message, "provider.x.kind: must be given");
}

Test(worker_config_provider, variables_that_name_no_key_are_refused)
{
    expect_variable_refused("CARILLON_PROVIDER_MAIL_ULR=x",
                            "CARILLON_PROVIDER_MAIL_ULR: names no key; did you mean "
                            "CARILLON_PROVIDER_MAIL_URL?");
    expect_variable_refused("CARILLON_PROVIDER_OTHER_ULR=x",
                            "CARILLON_PROVIDER_OTHER_ULR: names no key; it must be ");
    expect_variable_refused("CARILLON_PROVIDER_URL=x", "names no key");
    expect_variable_refused("CARILLON_PROVIDER__URL=x", "names no key");
    expect_variable_refused("CARILLON_PROVIDER_MAIL_URL=x",
                            "CARILLON_PROVIDER_MAIL_URL: provider.mail.url: must begin");
    expect_variable_refused("CARILLON_PROVIDER_LOG_URL=http://x",
                            "is for providers of kind http, smtp; this one's is log");
}

Test(worker_config_provider, set_overrides_variables)
{
    const char *variables[] = {"CARILLON_PROVIDER_MAIL_URL=http://e", NULL};
    const char *sets[] = {"provider.mail.url=http://s/?a=b", NULL};
    cr_assert(load_all(MAIL, variables, sets), "%s", e.message);
    cr_expect_str_eq(provider("mail")->url.text, "http://s/?a=b");
    const char *wrong[] = {"provider.mail=x", NULL};
    cr_expect_not(load_all(MAIL, NULL, wrong));
    cr_expect_str_eq(e.message, "--set takes section.key=value");
}

Test(worker_config_provider, prints_each_with_its_origins)
{
    const char *variables[] = {"CARILLON_PROVIDER_MAIL_TIMEOUT_MS=7s", NULL};
    char expected[256];
    static const char timeouts[] =
        "\ntimeout.ms = 7s ; CARILLON_PROVIDER_MAIL_TIMEOUT_MS\nconnect.timeout.ms = 3s ; default\n";
    cr_assert(load_all(MAIL, variables, NULL), "%s", e.message);
    char *text = print();
    snprintf(expected, sizeof expected, "\n[provider.mail]\nkind = http ; %s:2\nurl = http://h/ ; %s:3\n",
             path, path);
    cr_expect_not_null(strstr(text, expected), "%s", text);
    cr_expect_not_null(strstr(text, timeouts), "%s", text);
    cr_expect_not(load_all("", NULL, (const char *[]){"channels.SMS=mail", NULL}));
    cr_assert(load_all(text, NULL, (const char *[]){"channels.SMS=mail", NULL}), "%s", e.message);
    cr_expect_eq(provider("mail")->timeout_ms, 7000);
    free(text);
}

Test(worker_config_provider, never_shows_a_secret)
{
    expect_loaded("[provider.mail]\nkind = http\nurl = https://hidden:hidden@h/path?key=hidden\n");
    char *text = print();
    cr_expect_null(strstr(text, "hidden"));
    cr_expect_not_null(strstr(text, "url = https://***@h/path?*** ;"), "%s", text);
    free(text);
    cr_expect_not(load_all("[provider.mail]\nurl = https://u:hidden@h:port/hidden?hidden\n", NULL, NULL));
    cr_expect_null(strstr(e.message, "hidden"), "%s", e.message);
}

Test(worker_config_provider, documents_every_key)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print_keys(out);
    fclose(out);
    cr_expect_not_null(strstr(text, "\n[provider.NAME]\n  kind\n"));
    cr_expect_not_null(strstr(text, "\n  connect.timeout.ms = 3s ; http, smtp\n"));
    free(text);
}

/* ---- secrets and texts of the user's ---- */

static const char *secret_of(const config_provider *p, const char *name)
{
    for (size_t i = 0; i < p->secrets.count; i++) {
        if (strcmp(p->secrets.items[i].name, name) == 0)
            return p->secrets.items[i].value;
    }
    return NULL;
}

Test(worker_config_provider, secrets_come_from_variables_and_are_never_shown)
{
    const char *variables[] = {"TOKEN=hidden-1", "PASS=hidden-2", "UNUSED=hidden-3", NULL};
    cr_assert(load_all(MAIL "user = me\npassword = ${PASS}\nvar.LOCAL = hidden-4\nvar.OTHER = ${TOKEN}\n"
                            "header.Authorization = Bearer ${TOKEN} ${LOCAL}\nheader.X-Api-Key = hidden-5\n"
                            "header.X-Plain = shown\n",
                       variables, NULL),
              "%s", e.message);
    const config_provider *p = provider("mail");
    cr_expect_str_eq(p->user, "me");
    cr_expect_str_eq(p->password, "hidden-2");
    cr_expect_str_eq(secret_of(p, "TOKEN"), "hidden-1");
    cr_expect_str_eq(secret_of(p, "LOCAL"), "hidden-4");
    cr_expect_str_eq(secret_of(p, "OTHER"), "hidden-1");
    cr_expect_null(secret_of(p, "UNUSED"));
    char *text = print();
    cr_expect_null(strstr(text, "hidden"), "%s", text);
    cr_expect_not_null(strstr(text, "\npassword = *** ;"), "%s", text);
    cr_expect_not_null(strstr(text, "\nvar.LOCAL = *** ;"), "%s", text);
    cr_expect_not_null(strstr(text, "\nheader.Authorization = Bearer ${TOKEN} ${LOCAL} ;"), "%s", text);
    cr_expect_not_null(strstr(text, "\nheader.X-Api-Key = *** ;"), "%s", text);
    cr_expect_not_null(strstr(text, "\nheader.X-Plain = shown ;"), "%s", text);
    free(text);
}

Test(worker_config_provider, a_secret_that_is_missing_is_named_with_its_place)
{
    cr_expect_not(load_all(MAIL "password = x\nuser = ${ABSENT}\n", NULL, NULL));
    cr_expect_not_null(
        strstr(e.message, ":5: provider.mail.user: the environment variable ABSENT is not set"), "%s",
        e.message);
    cr_expect_not(load_all(MAIL "header.A = b\nheader.X = a ${ABSENT}\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, ":5: provider.mail.header.X: the environment variable ABSENT"), "%s",
                       e.message);
    cr_expect_not(load_all(MAIL "body = {\"a\": \"${\"}\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "provider.mail.body: ${ must be followed by a name"), "%s",
                       e.message);
    cr_expect_not(load_all(MAIL "var.X = file:/nowhere/at/all\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "provider.mail.var.X: "), "%s", e.message);
}

Test(worker_config_provider, names_of_headers_are_checked_and_the_same_in_any_case)
{
    cr_expect_not(load_all(MAIL "header.X Y = a\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "behind header. must stand the name of a header"), "%s", e.message);
    cr_expect_not(load_all(MAIL "var.X-Y = a\n", NULL, NULL));
    cr_expect_not(load_all(MAIL "header.X = a\nheader.x = b\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "is given twice, first in line 4"), "%s", e.message);
    cr_assert(load_all(MAIL "header.X = a\n", NULL, (const char *[]){"provider.mail.header.x=b", NULL}), "%s",
              e.message);
    cr_expect_eq(provider("mail")->headers.count, 1);
    cr_expect_str_eq(provider("mail")->headers.items[0].value, "b");
    cr_expect_not(load_all(MAIL "headers.X = a\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "did you mean provider.mail.header.X?"), "%s", e.message);
}

/* ---- presets ---- */

Test(worker_config_provider, a_preset_gives_what_the_section_leaves_out)
{
    const char *variables[] = {"TWILIO_ACCOUNT_SID=AC1", "TWILIO_FROM=+1", NULL};
    cr_assert(
        load_all("[provider.sms]\npreset = twilio_sms\nvar.TWILIO_AUTH_TOKEN = t\ntimeout.ms = 7s\nerror = "
                 "/mine\n",
                 variables, NULL),
        "%s", e.message);
    const config_provider *p = provider("sms");
    cr_expect_eq(p->kind, CONFIG_HTTP);
    cr_expect_str_eq(p->user, "AC1");
    cr_expect_str_eq(p->password, "t");
    cr_expect_eq(p->timeout_ms, 7000);
    cr_expect_str_eq(p->http.error, "/mine");
    cr_expect_str_eq(p->http.message_id, "/sid");
    cr_expect_eq(p->http.form.count, 3);
    char *text = print();
    cr_expect_not_null(strstr(text, "\nmessage_id = /sid ; preset twilio_sms:"), "%s", text);
    free(text);
}

Test(worker_config_provider, a_field_of_a_preset_is_replaced_with_what_it_needs)
{
    cr_assert(
        load_all(
            "[provider.sms]\npreset = twilio_sms\nvar.TWILIO_AUTH_TOKEN = t\nvar.TWILIO_ACCOUNT_SID = a\n"
            "form.From = {{ None }}\n",
            NULL, NULL),
        "%s", e.message);
    cr_expect_eq(provider("sms")->http.form.count, 3);
}

Test(worker_config_provider, what_a_preset_needs_is_named)
{
    cr_expect_not(load_all("[provider.s]\npreset = slack\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "preset slack:"), "%s", e.message);
    cr_expect_not_null(
        strstr(e.message, "provider.s.url: the environment variable SLACK_WEBHOOK_URL is not set"), "%s",
        e.message);
    cr_expect_not(load_all("[provider.s]\npreset = slak\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "did you mean slack"), "%s", e.message);
    cr_expect_not(load_all("[provider.s]\npreset = apns\nvar.APNS_TOPIC = a\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, "provider.s.auth.key_file: must be given with auth"), "%s",
                       e.message);
}

/* ---- long lines ---- */

Test(worker_config_provider, a_line_that_ends_in_a_backslash_goes_on_in_the_next)
{
    cr_assert(load_all(MAIL "body = {\"a\": 1, \\\n    \"b\": 2}\ncontent_type = text/x\n", NULL, NULL), "%s",
              e.message);
    cr_expect_str_eq(provider("mail")->http.body, "{\"a\": 1, \"b\": 2}");
    cr_expect_str_eq(provider("mail")->http.content_type, "text/x");
    cr_assert(load_all("; a comment \\\n[provider.mail]\nkind = http\nurl = http://h/\n", NULL, NULL), "%s",
              e.message);
    cr_assert(load_all(MAIL "content_type = last\\", NULL, NULL), "%s", e.message);
    cr_expect_str_eq(provider("mail")->http.content_type, "last\\");
}

Test(worker_config_provider, lines_are_counted_behind_a_long_one)
{
    cr_expect_not(load_all(MAIL "body = a\\\nb\\\nc\nnonsense = 1\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, ":7: provider.mail.nonsense"), "%s", e.message);
    cr_expect_not(load_all(MAIL "body = a\\\nb\\\nc\nno key at all\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, ":7: is neither"), "%s", e.message);
    cr_expect_not(load_all(MAIL "success = a\\\n    b\n", NULL, NULL));
    cr_expect_not_null(strstr(e.message, ":4: provider.mail.success"), "%s", e.message);
}

Test(worker_config_provider, a_topic_is_for_kafka_and_must_be_given)
{
    expect_loaded("[provider.out]\nkind = kafka\ntopic = requests\n");
    cr_expect_str_eq(provider("out")->topic, "requests");
    expect_refused("[provider.out]\nkind = kafka\n", "provider.out.topic: must be given");
    expect_refused("[provider.out]\nkind = kafka\ntopic = a b\n",
                   "provider.out.topic: must be a topic name: up to 249 letters, digits, '.', '_' and '-'");
    expect_refused(MAIL "topic = requests\n",
                   "provider.mail.topic: is for providers of kind kafka; this one's is http");
}

Test(worker_config_provider, inboxes_have_bounds)
{
    expect_loaded("[provider.small]\nkind = inbox\ninbox.max_items = 10\ninbox.max_age = 1h\n");
    cr_expect_eq(provider("small")->inbox_max_items, 10);
    cr_expect_eq(provider("small")->inbox_max_age_ms, 3600000);
    cr_expect_eq(provider("inbox")->inbox_max_items, 1000);
    cr_expect_eq(provider("inbox")->inbox_max_age_ms, INT64_C(90) * 24 * 3600000);
    expect_loaded("[provider.inbox]\ninbox.max_items = 7\n");
    cr_expect_eq(provider("inbox")->inbox_max_items, 7);
}

/* ---- mail servers ---- */

#define SERVER "[provider.m]\nkind = smtp\nurl = smtp://mail.example\n"

Test(worker_config_provider, a_mail_server)
{
    expect_loaded(
        SERVER
        "from = Shop <s@x.io>\nuser = u\npassword = p\nlist_unsubscribe = https://x/{{ recipient }}\n");
    const config_provider *p = provider("m");
    cr_expect_eq(p->kind, CONFIG_SMTP);
    cr_expect_str_eq(p->url.text, "smtp://mail.example");
    cr_expect_str_eq(p->smtp.from, "Shop <s@x.io>");
    cr_expect_eq(p->smtp.tls, CONFIG_TLS_STARTTLS);
    cr_expect_eq(p->concurrency, 8);
    cr_expect_eq(p->timeout_ms, 60000);
    expect_loaded(SERVER "concurrency = 256\ntimeout.ms = 5s\ntls = none\n");
    cr_expect_eq(provider("m")->concurrency, 256);
    cr_expect_eq(provider("m")->timeout_ms, 5000);
    cr_expect_eq(provider("m")->smtp.tls, CONFIG_TLS_NONE);
}

Test(worker_config_provider, a_mail_server_may_speak_tls_at_once)
{
    expect_loaded("[provider.m]\nkind = smtp\nurl = smtps://[::1]:465\n");
    cr_expect_eq(provider("m")->smtp.tls, CONFIG_TLS_IMPLICIT);
    expect_loaded("[provider.m]\nkind = smtp\nurl = smtp://10.0.0.1:465\ntls = tls\n");
    cr_expect_eq(provider("m")->smtp.tls, CONFIG_TLS_IMPLICIT);
    expect_refused("[provider.m]\nkind = smtp\nurl = smtps://h\ntls = none\n",
                   ":4: provider.m.tls: contradicts the url: smtps:// is tls");
}

Test(worker_config_provider, what_is_wrong_with_a_mail_server)
{
    static const char *const urls[] = {"smtp://",        "smtp://:25", "smtp://h:",  "smtp://h:0",
                                       "smtp://h:65536", "smtp://h/x", "smtp://h?x", "smtp://h:25x",
                                       "smtp://[]",      "smtp://[x]", "smtp://a b"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char text[128];
        snprintf(text, sizeof text, "[provider.m]\nkind = smtp\nurl = %s\n", urls[i]);
        expect_refused(text, ":3: provider.m.url: is no smtp[s]://host[:port]");
    }
    expect_refused("[provider.m]\nkind = smtp\nurl = smtp://u:p@h\n",
                   ":3: provider.m.url: has a login, which belongs to user and password");
    expect_refused("[provider.m]\nkind = smtp\nurl = http://h\n",
                   ":3: provider.m.url: must begin with smtp:// or smtps://");
    expect_refused("[provider.m]\nkind = http\nurl = smtp://h\n",
                   ":3: provider.m.url: must begin with http:// or https://");
    expect_refused(SERVER "user = u\n", "provider.m.password: must be given with user");
    expect_refused(SERVER "password = p\n", "provider.m.user: must be given with password");
    expect_refused(SERVER "helo = a b\n", ":4: provider.m.helo: is no host name");
    expect_refused(SERVER "message_id.domain = a@b\n", ":4: provider.m.message_id.domain: is no host name");
    expect_refused(SERVER "body = {}\n",
                   ":4: provider.m.body: is for providers of kind http; this one's is smtp");
}
