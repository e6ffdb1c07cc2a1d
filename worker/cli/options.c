#include "worker/cli/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/nearest.h"
#include "worker/cli/cli.h"

static void print_option(const cli_option *option)
{
    char left[64];
    const char *equals = option->argument == NULL ? "" : "=";
    const char *argument = option->argument == NULL ? "" : option->argument;
    if (option->letter < CLI_LONG_ONLY)
        snprintf(left, sizeof left, "-%c, --%s%s%s", option->letter, option->name, equals, argument);
    else
        snprintf(left, sizeof left, "    --%s%s%s", option->name, equals, argument);
    printf("  %-32s %s\n", left, option->help);
}

static void print_help(const cli_usage *usage)
{
    printf("usage: carillon %s\n\n%s\n\noptions:\n", usage->synopsis, usage->summary);
    for (size_t i = 0; i < usage->option_count; i++)
        print_option(&usage->options[i]);
    print_option(&(cli_option){.letter = 'h', .name = "help", .help = "print this and exit"});
    if (usage->notes != NULL)
        printf("\n%s\n", usage->notes);
}

int cli_fail(const cli_usage *usage, int exit_code, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "carillon %.*s: ", (int)strcspn(usage->synopsis, " "), usage->synopsis);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return exit_code;
}

static bool end(cli_options *o, int exit_code)
{
    o->ended = true;
    o->exit_code = exit_code;
    return false;
}

static bool refuse_long_option(cli_options *o, const char *given)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "="), given);
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < o->usage->option_count; i++)
        nearest_try(&n, o->usage->options[i].name);
    nearest_try(&n, "help");
    const char *found = nearest_found(&n);
    if (found == NULL)
        return end(o, cli_fail(o->usage, CLI_USAGE, "unknown option --%s; see --help", name));
    return end(o, cli_fail(o->usage, CLI_USAGE, "unknown option --%s; did you mean --%s?", name, found));
}

/* getopt_long has eaten the argument that it complains about: optopt names a short option, or a long one that
 * is known; of an unknown long one only argv remembers the name. */
static bool refuse_option(cli_options *o, bool argument_missing)
{
    const char *complaint = argument_missing ? "needs an argument" : "takes no argument";
    if (optopt == 'h')
        return end(o, cli_fail(o->usage, CLI_USAGE, "option --help takes no argument"));
    for (size_t i = 0; i < o->usage->option_count; i++) {
        const cli_option *option = &o->usage->options[i];
        if (optopt == option->letter)
            return end(o, cli_fail(o->usage, CLI_USAGE, "option --%s %s", option->name, complaint));
    }
    if (optopt > 0)
        return end(o, cli_fail(o->usage, CLI_USAGE, "unknown option -%c; see --help", optopt));
    return refuse_long_option(o, o->argv[optind - 1] + strlen("--"));
}

static bool finish(cli_options *o)
{
    o->rest = o->argv + optind;
    o->rest_count = (size_t)(o->argc - optind);
    if (o->rest_count < o->usage->rest_min)
        return end(o, cli_fail(o->usage, CLI_USAGE, "an argument is missing; usage: carillon %s",
                               o->usage->synopsis));
    if (o->rest_count > o->usage->rest_max)
        return end(
            o, cli_fail(o->usage, CLI_USAGE, "too many arguments; usage: carillon %s", o->usage->synopsis));
    return false;
}

void cli_options_begin(cli_options *o, const cli_usage *usage, int argc, char **argv)
{
    assert(usage->option_count <= CLI_OPTIONS_MAX);
    *o = (cli_options){.usage = usage, .argc = argc, .argv = argv};
    optind = 0; /* glibc: scan from the start, also a second time in one process */
    opterr = 0;
}

bool cli_options_next(cli_options *o)
{
    struct option long_options[CLI_OPTIONS_MAX + 2] = {{"help", no_argument, NULL, 'h'}};
    char letters[2 * CLI_OPTIONS_MAX + 3] = ":h";
    size_t letters_size = 2;
    for (size_t i = 0; i < o->usage->option_count; i++) {
        const cli_option *option = &o->usage->options[i];
        int has_argument = option->argument == NULL ? no_argument : required_argument;
        long_options[i + 1] = (struct option){option->name, has_argument, NULL, option->letter};
        if (option->letter < CLI_LONG_ONLY)
            letters[letters_size++] = (char)option->letter;
        if (option->letter < CLI_LONG_ONLY && option->argument != NULL)
            letters[letters_size++] = ':';
    }
    o->letter = getopt_long(o->argc, o->argv, letters, long_options, NULL);
    o->argument = optarg;
    if (o->letter == -1)
        return finish(o);
    if (o->letter == 'h') {
        print_help(o->usage);
        return end(o, CLI_OK);
    }
    if (o->letter == '?' || o->letter == ':')
        return refuse_option(o, o->letter == ':');
    return true;
}

bool cli_options_number(const cli_options *o, int64_t least, int64_t most, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(o->argument, &end, 10);
    return errno == 0 && end != o->argument && *end == '\0' && *number >= least && *number <= most;
}
