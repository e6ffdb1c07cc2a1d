#include "worker/worker.h"

#include <stdio.h>
#include <unistd.h>

#include "worker/channel/channel.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/cli/startup.h"

enum {
    SETS_MAX = 256,
    OPTION_SET = CLI_LONG_ONLY,
    OPTION_EXIT_ON_UNREACHABLE,
    OPTION_PRINT_CONFIG,
    OPTION_KEYS,
};

static const cli_option options[] = {
    {'c', "config", "FILE", "read this configuration file (INI)"},
    {OPTION_SET, "set", "SECTION.KEY=VALUE", "override one key; may be repeated"},
    {OPTION_EXIT_ON_UNREACHABLE, "exit-on-unreachable", NULL,
     "exit with 3 where Kafka or Redis does not answer, instead of trying again"},
    {OPTION_PRINT_CONFIG, "print-config", NULL,
     "print the whole configuration and where it comes from, and exit"},
    {OPTION_KEYS, "keys", NULL, "print every key with its default and what it does, and exit"},
};

static const cli_usage usage = {
    .synopsis = "worker [-c FILE] [OPTION...]",
    .summary = "Consumes triggers, runs their workflows, keeps records in Redis and publishes\n"
               "completions, until SIGTERM or SIGINT: then it finishes what it has begun,\n"
               "commits, leaves the group and exits with 0. A second signal ends it at once.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "Every key can also come from the environment: worker.commit.interval.ms is\n"
             "CARILLON_WORKER_COMMIT_INTERVAL_MS. --set overrides it, it overrides the file.\n"
             "Exit codes: 0 stopped as asked, 1 fatal error or broken workflow documents,\n"
             "2 wrong command line or configuration, 3 unreachable (--exit-on-unreachable).",
};

/* What the command line says. */
typedef struct command_line {
    const char *path;
    const char *sets[SETS_MAX];
    size_t set_count;
    bool print_config;
    bool print_keys;
} command_line;

static bool add_set(command_line *l, const char *assignment)
{
    if (l->set_count == SETS_MAX)
        return false;
    l->sets[l->set_count++] = assignment;
    return true;
}

/* False where the line is wrong or answered: *exit_code then. */
static bool read_command_line(command_line *l, int argc, char **argv, int *exit_code)
{
    cli_options o;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o)) {
        bool ok = true;
        if (o.letter == 'c')
            l->path = o.argument;
        else if (o.letter == OPTION_SET)
            ok = add_set(l, o.argument);
        else if (o.letter == OPTION_EXIT_ON_UNREACHABLE)
            ok = add_set(l, "worker.exit_on_unreachable=true");
        else if (o.letter == OPTION_PRINT_CONFIG)
            l->print_config = true;
        else
            l->print_keys = true;
        if (!ok) {
            *exit_code = cli_fail(&usage, CLI_USAGE, "more than %d --set", SETS_MAX);
            return false;
        }
    }
    *exit_code = o.exit_code;
    return !o.ended;
}

static int exit_code_of(worker_outcome outcome)
{
    switch (outcome) {
    case WORKER_STOPPED:
        return CLI_OK;
    case WORKER_UNREACHABLE:
        return CLI_UNREACHABLE;
    case WORKER_ABORTED:
        return CLI_ABORTED;
    default:
        return CLI_FAILED;
    }
}

static int run(const config *c, const logger *log)
{
    startup s;
    if (!startup_load(&s, c, log))
        return CLI_FAILED;
    error e;
    worker *w = worker_new(&(worker_options){.config = c,
                                             .documents = &s.documents,
                                             .registry = s.registry,
                                             .log = log,
                                             .hash_seed = s.hash_seed,
                                             .handle_signals = true},
                           &e);
    int exit_code;
    if (w == NULL) {
        log_error(log, "fatal", log_text("message", e.message));
        exit_code = e.code == ERROR_CONFIG ? CLI_USAGE : CLI_FAILED;
    } else {
        exit_code = exit_code_of(worker_run(w));
    }
    if (exit_code == CLI_ABORTED)
        return exit_code;
    worker_free(w);
    startup_free(&s);
    log_info(log, "stopped", log_int("exit_code", exit_code));
    return exit_code;
}

int cli_worker(int argc, char **argv)
{
    command_line line = {0};
    int exit_code;
    if (!read_command_line(&line, argc, argv, &exit_code))
        return exit_code;
    if (line.print_keys) {
        config_print_keys(stdout);
        return CLI_OK;
    }
    config c;
    error e;
    const config_source source = {
        .path = line.path, .environment = environ, .sets = line.sets, .set_count = line.set_count};
    if (!config_load(&c, &source, &e) || (!line.print_config && !channels_check(&c, &e)))
        exit_code = cli_fail(&usage, CLI_USAGE, "%s", e.message);
    else if (line.print_config)
        config_print(&c, stdout);
    else
        exit_code = run(&c, &(logger){.fd = STDERR_FILENO,
                                      .level = (log_level)c.log_level,
                                      .format = (log_format)c.log_format});
    if (exit_code != CLI_ABORTED)
        config_free(&c);
    return exit_code;
}
