/* options: a subcommand's command line, from one table that also writes its --help.
 *
 *     cli_options o;
 *     cli_options_begin(&o, &usage, argc, argv);
 *     while (cli_options_next(&o))
 *         switch (o.letter) { case 'n': names = o.argument; break; }
 *     if (o.ended)
 *         return o.exit_code;
 *     ... o.rest[0 .. o.rest_count) are the other arguments ... */
#ifndef WORKER_CLI_OPTIONS_H
#define WORKER_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/error.h"

enum { CLI_OPTIONS_MAX = 32, CLI_LONG_ONLY = 256 };

typedef struct cli_option {
    int letter;           /* what cli_options_next reports; from CLI_LONG_ONLY on: no short form */
    const char *name;     /* the long form, without dashes */
    const char *argument; /* its name in the help; NULL: takes none */
    const char *help;
} cli_option;

typedef struct cli_usage {
    const char *synopsis; /* "eval [OPTION...] [EXPRESSION]": the first word is the command's name */
    const char *summary;  /* one paragraph, no line longer than 80 */
    const cli_option *options;
    size_t option_count; /* at most CLI_OPTIONS_MAX */
    size_t rest_min;     /* how many other arguments there must and may be */
    size_t rest_max;
    const char *notes; /* below the options; may be NULL */
} cli_usage;

typedef struct cli_options {
    const cli_usage *usage;
    int argc;
    char **argv;
    int letter;
    const char *argument; /* borrowed from argv */
    bool ended;           /* --help was answered or the line is wrong (and that was said): return exit_code */
    int exit_code;
    char **rest;
    size_t rest_count;
} cli_options;

void cli_options_begin(cli_options *o, const cli_usage *usage, int argc, char **argv);
/* The next option in letter and argument; false after the last one, when rest is set, or when it ended. */
bool cli_options_next(cli_options *o);
/* Reads the option's argument as a whole number in decimal. False where it is none from least to most; what
 * is right is for the caller to say. */
MUST_CHECK bool cli_options_number(const cli_options *o, int64_t least, int64_t most, int64_t *number);

/* Says "carillon COMMAND: sentence" on stderr and returns exit_code. */
int cli_fail(const cli_usage *usage, int exit_code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
