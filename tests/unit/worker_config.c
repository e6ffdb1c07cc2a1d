#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/config/config.h"

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

TestSuite(worker_config, .init = begin, .fini = end);

static bool load_all(const char *text, const char *const *environment, const char *const *sets,
                     size_t set_count)
{
    config_source source = {.environment = (char *const *)environment, .sets = sets, .set_count = set_count};
    if (text != NULL) {
        FILE *file = fopen(path, "wb");
        cr_assert_not_null(file);
        fputs(text, file);
        fclose(file);
        source.path = path;
    }
    config_free(&c);
    e = (error){0};
    return config_load(&c, &source, &e);
}

static bool load(const char *text)
{
    return load_all(text, NULL, NULL, 0);
}

static void expect_loaded(const char *text)
{
    cr_expect(load(text), "%s", e.message);
}

/* The sentence without the file's name. */
static void expect_refused(const char *text, const char *sentence)
{
    cr_expect_not(load(text), "%s was taken", text);
    cr_expect_eq(e.code, ERROR_CONFIG);
    cr_assert_eq(strncmp(e.message, path, strlen(path)), 0, "%s", e.message);
    cr_expect_str_eq(e.message + strlen(path) + 1, sentence);
}

static bool load_variable(const char *variable)
{
    const char *environment[] = {"PATH=/bin", variable, NULL};
    return load_all(NULL, environment, NULL, 0);
}

static void expect_variable_refused(const char *variable, const char *sentence)
{
    cr_expect_not(load_variable(variable), "%s was taken", variable);
    cr_expect_str_eq(e.message, sentence);
}

static bool load_set(const char *set)
{
    return load_all(NULL, NULL, &set, 1);
}

static const char *property(const config_properties *properties, const char *name)
{
    for (size_t i = 0; i < properties->count; i++) {
        if (strcmp(properties->items[i].name, name) == 0)
            return properties->items[i].value;
    }
    return NULL;
}

Test(worker_config, has_defaults)
{
    expect_loaded("");
    cr_expect_str_eq(c.group, "carillon");
    cr_expect_eq(c.shards, 0);
    cr_assert_eq(c.triggers.count, 1u);
    cr_expect_str_eq(c.triggers.items[0], "carillon.triggers");
    cr_expect_str_eq(c.rejected, "carillon.rejected");
    cr_expect_eq(c.commit_interval_ms, 100);
    cr_expect_eq(c.max_trigger_bytes, 1 << 20);
    cr_expect_eq(c.max_inflight_bytes, 64 << 20);
    cr_expect_eq(c.epoch_max_ms, 1000);
    cr_expect(c.create_topics);
    cr_expect_eq(c.create_topics_partitions, -1);
    cr_expect_eq(c.retention_ms, 86400000);
    cr_expect_eq(c.redis_timeout_ms, 5000);
    cr_expect_eq(c.redis.port, 6379);
    cr_expect_eq(c.log_level, LOG_LEVEL_INFO);
    cr_expect_eq(c.log_format, LOG_FORMAT_LOGFMT);
    cr_expect_eq(c.channels[CONFIG_IN_APP].places[0], CONFIG_INBOX);
    cr_expect_eq(c.channels[CONFIG_PUSH].places[0], CONFIG_LOG);
    cr_expect_str_eq(c.admin_listen.host, "127.0.0.1");
    cr_expect_str_eq(c.admin_listen.port, "9464");
    cr_expect(c.admin_listen.is_default);
    cr_expect_str_eq(property(&c.kafka, "bootstrap.servers"), "127.0.0.1:9092");
    cr_expect_not_null(strchr(c.id, '-'));
}

Test(worker_config, reads_a_file_as_people_write_it)
{
    expect_loaded("# a comment\n"
                  "[worker]\n"
                  "group = orders            ; the group\n"
                  "  shards=3\r\n"
                  "\ttriggers: one, two,three\n"
                  "commit.interval.ms = 2s\n"
                  "max_trigger_bytes = 64KiB\n"
                  "create_topics = no\n"
                  "log.level = debug\n"
                  "log.format = json\n"
                  "[kafka]\n"
                  "bootstrap.servers = a:9092,b:9092\n"
                  "[kafka.consumer]\n"
                  "fetch.wait.max.ms = 50\n"
                  "[kafka.producer]\n"
                  "linger.ms = 7\n"
                  "compression.codec = lz4\n"
                  "[redis]\n"
                  "url = unix:///run/redis.sock\n"
                  "retention = 7d\n"
                  "[channels]\n"
                  "EMAIL = null\n");
    cr_expect_str_eq(c.group, "orders");
    cr_expect_eq(c.shards, 3);
    cr_assert_eq(c.triggers.count, 3u);
    cr_expect_str_eq(c.triggers.items[0], "one");
    cr_expect_str_eq(c.triggers.items[2], "three");
    cr_expect_eq(c.commit_interval_ms, 2000);
    cr_expect_eq(c.max_trigger_bytes, 65536);
    cr_expect_not(c.create_topics);
    cr_expect_eq(c.log_level, LOG_LEVEL_DEBUG);
    cr_expect_eq(c.log_format, LOG_FORMAT_JSON);
    cr_expect_str_eq(property(&c.kafka, "bootstrap.servers"), "a:9092,b:9092");
    cr_expect_str_eq(property(&c.kafka_consumer, "fetch.wait.max.ms"), "50");
    cr_assert_eq(c.kafka_producer.count, 2u);
    cr_expect_str_eq(c.kafka_producer.items[0].name, "linger.ms");
    cr_expect_str_eq(c.kafka_producer.items[1].name, "compression.codec");
    cr_expect_str_eq(c.redis.path, "/run/redis.sock");
    cr_expect_eq(c.retention_ms, 7 * 86400000LL);
    cr_expect_eq(c.channels[CONFIG_EMAIL].places[0], CONFIG_NULL);
}

static void expect_listen(const char *text, const char *host, const char *port)
{
    const char *set[1] = {text};
    cr_assert(load_all(NULL, NULL, set, 1), "%s: %s", text, e.message);
    cr_expect_str_eq(c.admin_listen.host, host);
    cr_expect_str_eq(c.admin_listen.port, port);
    cr_expect_not(c.admin_listen.is_default);
}

Test(worker_config, takes_where_to_listen)
{
    expect_listen("admin.listen=0.0.0.0:80", "0.0.0.0", "80");
    expect_listen("admin.listen=[::1]:0", "::1", "0");
    expect_listen("admin.listen=localhost:65535", "localhost", "65535");
    expect_listen("admin.listen=127.0.0.1:9464", "127.0.0.1", "9464");
    expect_loaded("[admin]\nlisten =\n");
    cr_expect_null(c.admin_listen.host);
    static const char *const wrong[] = {":80",  "h",      "h:",    "h:65536", "h:-1",
                                        "h:1x", "::1:80", "[]:80", "h:000080"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char set[64];
        snprintf(set, sizeof set, "admin.listen=%s", wrong[i]);
        cr_expect_not(load_all(NULL, NULL, (const char *[]){set}, 1), "%s was taken", set);
    }
}

Test(worker_config, refuses_unknown_keys_and_names_the_nearest)
{
    expect_refused("[worker]\n\ncomit.interval.ms = 1\n",
                   "3: worker.comit.interval.ms: unknown key; did you mean worker.commit.interval.ms?");
    expect_refused("[worker]\nurl = redis://h\n", "2: worker.url: unknown key; did you mean redis.url?");
    expect_refused("[worker]\nxylophone = 1\n",
                   "2: worker.xylophone: unknown key; carillon worker --keys lists all");
    expect_refused("[reddis]\nretain = 1h\n",
                   "2: reddis.retain: unknown section [reddis]; did you mean [redis]?");
    expect_refused("group = x\n", "1: group: unknown key; did you mean worker.group?");
    expect_refused("xylophone = x\n",
                   "1: xylophone: stands in no section; put it under [worker], [kafka], ...");
    expect_refused("[xylophone]\nx = x\n", "2: xylophone.x: unknown section [xylophone]");
}

Test(worker_config, refuses_what_is_given_twice)
{
    expect_refused("[worker]\ngroup = a\nshards = 1\ngroup = b\n",
                   "4: worker.group: is given twice, first in line 2");
    expect_refused("[kafka]\nlinger.ms = 1\nlinger.ms = 2\n",
                   "3: kafka.linger.ms: is given twice, first in line 2");
}

Test(worker_config, durations_have_one_or_several_units)
{
    expect_loaded("[worker]\ncommit.interval.ms = 250\nepoch.max.ms = 1m30s\n[redis]\nretention = 36 h\n");
    cr_expect_eq(c.commit_interval_ms, 250);
    cr_expect_eq(c.epoch_max_ms, 90000);
    cr_expect_eq(c.retention_ms, 129600000);
}

Test(worker_config, refuses_lines_that_are_none)
{
    expect_refused("[worker]\ngroup = a\ngarbage\n", "3: is neither [section] nor key = value");
    expect_refused("[worker\n", "1: is neither [section] nor key = value");
}

Test(worker_config, refuses_bad_values_and_says_what_is_right)
{
    expect_refused("[worker]\nshards = many\n",
                   "2: worker.shards: must be a whole number from 0 to 1024, not 'many'");
    expect_refused("[worker]\nshards = 1025\n",
                   "2: worker.shards: must be a whole number from 0 to 1024, not '1025'");
    expect_refused("[worker]\nshards = 99999999999999999999\n",
                   "2: worker.shards: must be a whole number from 0 to 1024, not '99999999999999999999'");
    expect_refused("[worker]\nshards = 1 2\n",
                   "2: worker.shards: must be a whole number from 0 to 1024, not '1 2'");
    expect_refused(
        "[redis]\nretention = 24\n",
        "2: redis.retention: must be a duration with its unit (500ms, 10s, 5m, 24h, 7d) from 1s to "
        "3660d, not '24'");
    expect_refused(
        "[redis]\nretention = 24 hours\n",
        "2: redis.retention: must be a duration with its unit (500ms, 10s, 5m, 24h, 7d) from 1s to "
        "3660d, not '24 hours'");
    expect_refused("[worker]\nmax_trigger_bytes = 17MiB\n",
                   "2: worker.max_trigger_bytes: must be a size (64KiB, 1MiB, 1GiB; a bare number is bytes) "
                   "from 64B to 16MiB, not '17MiB'");
    expect_refused("[worker]\ncreate_topics = perhaps\n",
                   "2: worker.create_topics: must be true or false, not 'perhaps'");
    expect_refused("[worker]\nlog.level = loud\n",
                   "2: worker.log.level: must be one of debug, info, warn, error, not 'loud'");
    expect_refused(
        "[channels]\nEMAIL = smtp\n",
        "2: channels.EMAIL: no provider is named 'smtp'; inbox, log and null are built in, others are "
        "sections [provider.NAME]");
    expect_refused("[channels]\nEMAIL =\n",
                   "2: channels.EMAIL: must name a provider, or several in order: a, b");
    expect_refused("[worker]\nrejected = a topic\n",
                   "2: worker.rejected: must be a topic name: up to 249 letters, digits, '.', '_' and '-'");
    expect_refused("[worker]\ntriggers = ,\n", "2: worker.triggers: must name at least one topic");
    expect_refused("[worker]\ntriggers = a,b/c\n",
                   "2: worker.triggers: must be a topic name: up to 249 letters, digits, '.', '_' and '-'");
    char many[512] = "[worker]\ntriggers = t";
    for (size_t size = strlen(many); size < 200; size += 2)
        memcpy(many + size, ",t", 3);
    expect_refused(many, "2: worker.triggers: has more than 64 topics");
    expect_refused("[worker]\ngroup =\n", "2: worker.group: must not be empty");
    expect_refused("[admin]\nlisten = 9464\n",
                   "2: admin.listen: must be host:port (127.0.0.1:9464, 0.0.0.0:9464, [::]:9464) or empty, "
                   "not '9464'");
    expect_refused("[redis]\nurl = http://h\n", "2: redis.url: must begin with redis:// or unix://");
}

Test(worker_config, refuses_what_is_not_there_yet)
{
    expect_refused("[registry]\nurl = http://h\n",
                   "2: registry.url: a schema registry is not supported yet; put writer schemas into "
                   "worker.schemas");
    cr_expect_not(load("[worker]\nframing = confluent\n"));
    cr_expect_str_eq(e.message,
                     "worker.framing: confluent needs a schema registry, which is not supported yet; "
                     "use single-object");
    cr_expect_not(load("[worker]\nframing = auto\n"));
}

Test(worker_config, refuses_topics_that_would_feed_themselves)
{
    cr_expect_not(load("[worker]\ntriggers = a, b\nrejected = b\n"));
    cr_expect_str_eq(e.message, "worker.triggers: b is also written to; use another topic");
}

Test(worker_config, refuses_bounds_that_contradict_each_other)
{
    cr_expect_not(load("[worker]\nmax_trigger_bytes = 2MiB\nmax_inflight_bytes = 1MiB\n"));
    cr_expect_str_eq(e.message,
                     "worker.max_inflight_bytes: must be at least worker.max_trigger_bytes, or the "
                     "largest trigger could never be read");
}

Test(worker_config, properties_are_checked_by_librdkafka)
{
    expect_refused("[kafka]\nbootstrap.server = h\n",
                   "2: kafka.bootstrap.server: No such configuration property: \"bootstrap.server\"; did you "
                   "mean bootstrap.servers?");
    cr_expect_not(load("[kafka.producer]\nlinger.ms = soon\n"));
    cr_expect_not_null(strstr(e.message, ":2: kafka.producer.linger.ms: "), "%s", e.message);
}

Test(worker_config, properties_that_carillon_decides_are_refused)
{
    expect_refused("[kafka]\ngroup.id = g\n", "2: kafka.group.id: is set by worker.group");
    cr_expect_not(load("[kafka.consumer]\nenable.auto.commit = true\n"));
    cr_expect_not(load("[kafka.producer]\ntransactional.id = t\n"));
    cr_expect_not(load("[kafka]\npartition.assignment.strategy = cooperative-sticky\n"));
    expect_loaded("[kafka]\npartition.assignment.strategy = roundrobin\n");
}

Test(worker_config, a_line_may_be_long_but_not_endless)
{
    char text[10000];
    int size = snprintf(text, sizeof text, "[kafka]\nbootstrap.servers = ");
    memset(text + size, 'h', 8000);
    text[size + 8000] = '\0';
    expect_loaded(text);
    cr_expect_eq(strlen(property(&c.kafka, "bootstrap.servers")), 8000u);
    memset(text + size, 'h', 9000);
    text[size + 9000] = '\0';
    expect_refused(text, "2: the line is longer than 8191 bytes");
}

Test(worker_config, a_file_that_is_missing_or_binary_is_named)
{
    config_source source = {.path = "/nonexistent.conf"};
    cr_expect_not(config_load(&c, &source, &e));
    cr_expect_str_eq(e.message, "/nonexistent.conf: cannot be opened: No such file or directory");
    config_free(&c);
    FILE *file = fopen(path, "wb");
    fwrite("[worker]\n\0", 1, 10, file);
    fclose(file);
    source.path = path;
    cr_expect_not(config_load(&c, &source, &e));
    cr_expect_not_null(strstr(e.message, "NUL"));
}

Test(worker_config, layers_override_in_order)
{
    const char *environment[] = {"CARILLON_WORKER_COMMIT_INTERVAL_MS=20", "CARILLON_KAFKA_LINGER_MS=5",
                                 "CARILLON_REDIS_RETENTION=2h", NULL};
    const char *sets[] = {"worker.commit.interval.ms=30", "kafka.consumer.fetch.wait.max.ms=9",
                          "redis.url=redis://h/1?x=y=z", "redis.url=redis://h/1"};
    const char *file =
        "[worker]\ncommit.interval.ms = 10\ngroup = file\n[kafka]\nlinger.ms = 1\nclient.id = x\n";
    cr_assert(load_all(file, environment, NULL, 0), "%s", e.message);
    cr_expect_eq(c.commit_interval_ms, 20);
    cr_expect_eq(c.retention_ms, 7200000);
    cr_expect_str_eq(c.group, "file");
    cr_expect_str_eq(c.kafka.items[0].name, "linger.ms");
    cr_expect_str_eq(c.kafka.items[0].value, "5");
    cr_expect_not(load_all(file, environment, sets, 4));
    cr_assert(load_all(file, environment, sets, 2), "%s", e.message);
    cr_expect_eq(c.commit_interval_ms, 30);
    cr_expect_str_eq(property(&c.kafka_consumer, "fetch.wait.max.ms"), "9");
}

Test(worker_config, variables_reach_every_section)
{
    cr_expect(load_variable("CARILLON_KAFKA_CONSUMER_FETCH_MIN_BYTES=5"), "%s", e.message);
    cr_expect_str_eq(property(&c.kafka_consumer, "fetch.min.bytes"), "5");
    cr_expect(load_variable("CARILLON_CHANNELS_IN_APP=null"), "%s", e.message);
    cr_expect_eq(c.channels[CONFIG_IN_APP].places[0], CONFIG_NULL);
    cr_expect(load_variable("CARILLON_WORKER_CREATE_TOPICS_PARTITIONS=8"), "%s", e.message);
    cr_expect_eq(c.create_topics_partitions, 8);
}

Test(worker_config, variables_that_name_no_key_are_refused)
{
    expect_variable_refused("CARILLON_WORKER_GRUOP=x",
                            "environment variable CARILLON_WORKER_GRUOP: names no key; did you mean "
                            "CARILLON_WORKER_GROUP?");
    expect_variable_refused(
        "CARILLON_WORKER_SHARDS=x",
        "environment variable CARILLON_WORKER_SHARDS: worker.shards: must be a whole number "
        "from 0 to 1024, not 'x'");
    expect_variable_refused("CARILLON_REDIS_XYLOPHONE=1",
                            "environment variable CARILLON_REDIS_XYLOPHONE: names no key");
    cr_expect_not(load_variable("CARILLON_KAFKA_BOOTSTRAP_SERVER=h"));
    cr_expect_not(load_variable("CARILLON_REGISTRY_URL=http://h"));
    cr_expect_not_null(strstr(e.message, "CARILLON_REGISTRY_URL"));
}

Test(worker_config, variables_of_others_are_left_alone)
{
    cr_expect(load_variable("CARILLON_CACHE=/x"), "%s", e.message);
    cr_expect(load_variable("CARILLON=1"), "%s", e.message);
    cr_expect(load_variable("WORKER_GRUOP=1"), "%s", e.message);
    cr_expect(load_variable("CARILLON_REDIS_SERVICE_HOST=10.0.0.1"), "%s", e.message);
    cr_expect(load_variable("CARILLON_REDIS_SERVICE_PORT_REDIS=6379"), "%s", e.message);
    cr_expect(load_variable("CARILLON_REDIS_PORT=tcp://10.0.0.1:6379"), "%s", e.message);
    cr_expect(load_variable("CARILLON_KAFKA_PORT_9092_TCP_ADDR=10.0.0.1"), "%s", e.message);
}

Test(worker_config, set_needs_its_form)
{
    cr_expect_not(load_set("group=x"));
    cr_expect_str_eq(e.message, "--set takes section.key=value");
    cr_expect_not(load_set("worker.group"));
    cr_expect_not(load_set(""));
    cr_expect_not(load_set("worker.gruop=x"));
    cr_expect_str_eq(e.message, "--set: worker.gruop: unknown key; did you mean worker.group?");
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

Test(worker_config, prints_values_with_their_origin)
{
    const char *environment[] = {"CARILLON_KAFKA_LINGER_MS=5", NULL};
    const char *sets[] = {"worker.shards=2"};
    char line[64];
    cr_assert(load_all("[worker]\ngroup = g\n", environment, sets, 1), "%s", e.message);
    char *text = print();
    snprintf(line, sizeof line, "\ngroup = g ; %s:2\n", path);
    cr_expect_not_null(strstr(text, line), "%s", text);
    cr_expect_not_null(strstr(text, "\nshards = 2 ; --set\n"));
    cr_expect_not_null(strstr(text, "\nlinger.ms = 5 ; CARILLON_KAFKA_LINGER_MS\n"));
    cr_expect_not_null(strstr(text, "\nretention = 24h ; default\n"));
    free(text);
}

Test(worker_config, what_it_prints_can_be_loaded_again)
{
    expect_loaded("[worker]\ngroup = g\nshards = 5\n[kafka.producer]\nlinger.ms = 3\n");
    char *text = print();
    expect_loaded(text);
    cr_expect_eq(c.shards, 5);
    cr_expect_str_eq(property(&c.kafka_producer, "linger.ms"), "3");
    free(text);
}

Test(worker_config, never_shows_a_secret)
{
    expect_loaded("[redis]\nurl = redis://u:hidden@h/0\n"
                  "[kafka]\nsasl.password = hidden\nssl.key.password = hidden\nsasl.username = shown\n");
    cr_expect_str_eq(property(&c.kafka, "sasl.password"), "hidden");
    char *text = print();
    cr_expect_null(strstr(text, "hidden"));
    cr_expect_not_null(strstr(text, "redis://u:***@h/0"));
    cr_expect_not_null(strstr(text, "sasl.password = *** "));
    cr_expect_not_null(strstr(text, "sasl.username = shown "));
    free(text);
    cr_expect_not(load("[redis]\nurl = redis://u:hidden@h:port/0\n"));
    cr_expect_null(strstr(e.message, "hidden"));
}

Test(worker_config, documents_every_key)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_print_keys(out);
    fclose(out);
    cr_expect_not_null(strstr(text, "[worker]\n  group = carillon\n"));
    cr_expect_not_null(strstr(text, "\n  create_topics.partitions = -1\n"));
    cr_expect_not_null(strstr(text, "\n[redis]\n  url = "));
    cr_expect_not_null(strstr(text, "\n[kafka.producer]\n"));
    free(text);
}

Test(worker_config, applies_properties_in_order)
{
    char text[32];
    size_t size = sizeof text;
    expect_loaded("[kafka]\nlinger.ms = 1\nclient.id = base\n[kafka.producer]\nlinger.ms = 9\n");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    cr_assert(config_apply_kafka(&c, &c.kafka_producer, conf, &e), "%s", e.message);
    cr_assert_eq(rd_kafka_conf_get(conf, "linger.ms", text, &size), RD_KAFKA_CONF_OK);
    cr_expect_str_eq(text, "9");
    size = sizeof text;
    cr_assert_eq(rd_kafka_conf_get(conf, "client.id", text, &size), RD_KAFKA_CONF_OK);
    cr_expect_str_eq(text, "base");
    rd_kafka_conf_destroy(conf);
}
