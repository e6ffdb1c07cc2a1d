/* carillon dev: a worker with servers of its own, in one process and a redis-server child. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/cli/startup.h"
#include "worker/dev/demo.h"
#include "worker/dev/mail_sink.h"
#include "worker/dev/mock_kafka.h"
#include "worker/dev/redis_child.h"
#include "worker/worker.h"

enum { SETS_MAX = 64, SET_SIZE = 4352, TRIGGER_PARTITIONS = 4, OPTION_SET = CLI_LONG_ONLY };

static const cli_option options[] = {
    {'d', "demo", NULL, "produce the sample triggers, print what comes back, and end"},
    {'e', "examples", "FOLDER", "workflows, schemas and triggers to use (default: those of carillon)"},
    {'v', "verbose", NULL, "show the worker's log lines with --demo, too"},
    {OPTION_SET, "set", "SECTION.KEY=VALUE", "override one key of the configuration; may be repeated"},
};

static const cli_usage usage = {
    .synopsis = "dev [OPTION...]",
    .summary = "Runs a worker with a Kafka and a Redis of its own, for a first look and for\n"
               "development: librdkafka's mock cluster inside of this process and a private\n"
               "redis-server. Nothing is kept when it ends.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "The mock cluster takes transactions without honouring them: it is no place to\n"
             "try what happens after a crash.",
};

typedef struct dev {
    bool demo;
    bool verbose;
    char examples[2048];
    char folder[64]; /* temporary: the socket of Redis */
    char own_sets[12][SET_SIZE];
    const char *sets[SETS_MAX];
    size_t set_count;
    redis_child redis;
    mock_kafka *kafka;
    mail_sink *mails; /* of the demo */
    config config;
    startup startup;
    worker *worker;
    logger log;
    /* The demo runs on a thread of its own, from the first time that the worker is ready. */
    uv_thread_t demo_thread;
    bool demo_started;
    bool demo_ok;
    error demo_error;
} dev;

/* ---- the command line ---- */

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Beside a build in the tree, or where an installation puts them. */
static bool find_examples(dev *d)
{
    char program[1024];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    if (size <= 0)
        return false;
    program[size] = '\0';
    const char *folder = dirname(program);
    static const char *const places[] = {"../schemas/examples", "../../schemas/examples",
                                         "../share/carillon/examples"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(d->examples, sizeof d->examples, "%s/%s", folder, places[i]);
        if (is_folder(d->examples))
            return true;
    }
    return false;
}

static bool add_set(dev *d, const char *assignment)
{
    if (d->set_count == SETS_MAX)
        return false;
    d->sets[d->set_count++] = assignment;
    return true;
}

static bool read_command_line(dev *d, int argc, char **argv, int *exit_code)
{
    cli_options o;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o)) {
        if (o.letter == 'd')
            d->demo = true;
        else if (o.letter == 'v')
            d->verbose = true;
        else if (o.letter == 'e')
            snprintf(d->examples, sizeof d->examples, "%s", o.argument);
        else if (!add_set(d, o.argument)) {
            *exit_code = cli_fail(&usage, CLI_USAGE, "more than %d --set", SETS_MAX);
            return false;
        }
    }
    *exit_code = o.exit_code;
    if (o.ended)
        return false;
    if (d->examples[0] == '\0' && !find_examples(d)) {
        *exit_code = cli_fail(&usage, CLI_USAGE,
                              "the examples are not where carillon was built or installed; "
                              "name their folder with --examples");
        return false;
    }
    return true;
}

/* ---- the servers ---- */

static bool start_servers(dev *d, error *e)
{
    snprintf(d->folder, sizeof d->folder, "/tmp/carillon-dev-XXXXXX");
    if (mkdtemp(d->folder) == NULL) {
        d->folder[0] = '\0';
        return error_set(e, ERROR_SYSTEM, 0, "no temporary folder can be made: %s", strerror(errno));
    }
    if (!redis_child_start(&d->redis, d->folder, e))
        return false;
    d->kafka = mock_kafka_start(e);
    if (d->kafka != NULL && d->demo)
        d->mails = mail_sink_start(e);
    return d->kafka != NULL && (d->mails != NULL || !d->demo);
}

/* What this command decides comes last and overrides. */
static bool configure(dev *d, error *e)
{
    size_t n = 0;
    snprintf(d->own_sets[n++], SET_SIZE, "kafka.bootstrap.servers=%s", mock_kafka_servers(d->kafka));
    snprintf(d->own_sets[n++], SET_SIZE, "redis.url=unix://%s", d->redis.socket);
    snprintf(d->own_sets[n++], SET_SIZE, "worker.workflows=%s/workflows", d->examples);
    snprintf(d->own_sets[n++], SET_SIZE, "worker.schemas=%s/schemas", d->examples);
    snprintf(d->own_sets[n++], SET_SIZE,
             "worker.create_topics=false"); /* the mock cluster cannot be asked to */
    snprintf(d->own_sets[n++], SET_SIZE, "admin.listen=127.0.0.1:0"); /* a worker may run beside it */
    if (d->mails != NULL) {
        snprintf(d->own_sets[n++], SET_SIZE, "provider.mail.kind=smtp");
        snprintf(d->own_sets[n++], SET_SIZE, "provider.mail.url=%s", mail_sink_url(d->mails));
        snprintf(d->own_sets[n++], SET_SIZE, "provider.mail.tls=none");
        snprintf(d->own_sets[n++], SET_SIZE, "provider.mail.from=carillon <carillon@localhost>");
        snprintf(d->own_sets[n++], SET_SIZE, "channels.EMAIL=mail");
    }
    for (size_t i = 0; i < n; i++)
        if (!add_set(d, d->own_sets[i]))
            return error_set(e, ERROR_CONFIG, 0, "more than %d --set", SETS_MAX);
    if (!config_load(&d->config, &(config_source){.sets = d->sets, .set_count = d->set_count}, e))
        return false;
    d->log = (logger){.fd = STDERR_FILENO,
                      .level = d->demo && !d->verbose ? LOG_LEVEL_ERROR : (log_level)d->config.log_level,
                      .format = (log_format)d->config.log_format};
    return true;
}

static bool create_topics(dev *d, error *e)
{
    const config *c = &d->config;
    for (size_t i = 0; i < c->triggers.count; i++)
        if (!mock_kafka_create_topic(d->kafka, c->triggers.items[i], TRIGGER_PARTITIONS, e))
            return false;
    for (size_t i = 0; i < c->provider_count; i++)
        if (c->providers[i].kind == CONFIG_KAFKA &&
            !mock_kafka_create_topic(d->kafka, c->providers[i].topic, TRIGGER_PARTITIONS, e))
            return false;
    return mock_kafka_create_topic(d->kafka, c->step_completions, TRIGGER_PARTITIONS, e) &&
           mock_kafka_create_topic(d->kafka, c->execution_completions, TRIGGER_PARTITIONS, e) &&
           mock_kafka_create_topic(d->kafka, c->rejected, 1, e);
}

/* ---- running ---- */

static void run_demo(void *argument)
{
    dev *d = argument;
    d->demo_ok = demo_run(&(demo_options){.config = &d->config, .examples = d->examples, .mails = d->mails},
                          &d->demo_error);
    worker_stop(d->worker);
}

static void tell_addresses(const dev *d)
{
    printf(
        "carillon is ready.\n\n"
        "  Kafka      %s\n  Redis      unix://%s\n  workflows  %s/workflows\n  schemas    %s/schemas\n"
        "  metrics    http://%s/metrics\n\n"
        "Produce triggers to %s; completions arrive on %s and\n%s, what is refused on %s.\nCtrl-C ends it.\n",
        mock_kafka_servers(d->kafka), d->redis.socket, d->examples, d->examples,
        worker_admin_address(d->worker), d->config.triggers.items[0], d->config.step_completions,
        d->config.execution_completions, d->config.rejected);
    fflush(stdout);
}

static void on_ready(void *context, uint32_t partitions)
{
    dev *d = context;
    if (d->demo_started || partitions == 0)
        return;
    d->demo_started = true;
    if (d->demo)
        uv_thread_create(&d->demo_thread, run_demo, d);
    else
        tell_addresses(d);
}

static int run_worker(dev *d, error *e)
{
    d->worker = worker_new(&(worker_options){.config = &d->config,
                                             .documents = &d->startup.documents,
                                             .registry = d->startup.registry,
                                             .log = &d->log,
                                             .hash_seed = d->startup.hash_seed,
                                             .handle_signals = true,
                                             .ready = on_ready,
                                             .context = d},
                           e);
    if (d->worker == NULL)
        return cli_fail(&usage, CLI_FAILED, "%s", e->message);
    worker_outcome outcome = worker_run(d->worker);
    if (outcome == WORKER_ABORTED) {
        redis_child_stop(&d->redis);
        return CLI_ABORTED;
    }
    if (d->demo && d->demo_started) {
        uv_thread_join(&d->demo_thread);
        if (!d->demo_ok)
            return cli_fail(&usage, CLI_FAILED, "the demo failed: %s", d->demo_error.message);
    }
    return outcome == WORKER_STOPPED ? CLI_OK : CLI_FAILED;
}

static int run(dev *d)
{
    error e;
    if (!start_servers(d, &e))
        return cli_fail(&usage, CLI_FAILED, "%s", e.message);
    if (!configure(d, &e))
        return cli_fail(&usage, CLI_USAGE, "%s", e.message);
    if (!create_topics(d, &e))
        return cli_fail(&usage, CLI_FAILED, "%s", e.message);
    if (!startup_load(&d->startup, &d->config, &d->log))
        return CLI_FAILED;
    return run_worker(d, &e);
}

int cli_dev(int argc, char **argv)
{
    dev *d = calloc(1, sizeof *d);
    int exit_code = CLI_FAILED;
    if (d == NULL)
        return CLI_FAILED;
    /* Two members that join at once can make the mock cluster (of librdkafka 2.0.2) wait for 45 seconds: the
       leader's assignment reaches it before the other member asks. First, so that --set can override it. */
    add_set(d, "worker.shards=1");
    if (read_command_line(d, argc, argv, &exit_code)) {
        exit_code = run(d);
        if (exit_code == CLI_ABORTED)
            return exit_code;
        worker_free(d->worker);
        startup_free(&d->startup);
        config_free(&d->config);
        mock_kafka_stop(d->kafka);
        mail_sink_stop(d->mails);
        redis_child_stop(&d->redis);
        if (d->folder[0] != '\0')
            rmdir(d->folder);
    }
    free(d);
    return exit_code;
}
