#include "worker/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "engine/nearest.h"

static void print_help(const cli_command *commands, size_t command_count, FILE *out)
{
    fputs("usage: carillon COMMAND [OPTION...]\n\ncommands:\n", out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "  %-14s %s\n", "help COMMAND", "the same as carillon COMMAND --help");
    fputs("\nexit codes: 0 done, 1 the work failed, 2 wrong usage or configuration, 3 Kafka or Redis "
          "unreachable,\n            4 noted, but nobody has acted yet\n",
          out);
}

static const cli_command *find(const cli_command *commands, size_t command_count, const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int refuse_unknown(const cli_command *commands, size_t command_count, const char *name)
{
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < command_count; i++)
        nearest_try(&n, commands[i].name);
    nearest_try(&n, "help");
    if (nearest_found(&n) == NULL)
        fprintf(stderr, "carillon: unknown command '%s'; see carillon help\n", name);
    else
        fprintf(stderr, "carillon: unknown command '%s'; did you mean '%s'?\n", name, nearest_found(&n));
    return CLI_USAGE;
}

static int run_named(const cli_command *commands, size_t command_count, int argc, char **argv)
{
    const cli_command *command = find(commands, command_count, argv[0]);
    return command == NULL ? refuse_unknown(commands, command_count, argv[0]) : command->run(argc, argv);
}

static int run_help(const cli_command *commands, size_t command_count, int argc, char **argv)
{
    if (argc < 2) {
        print_help(commands, command_count, stdout);
        return CLI_OK;
    }
    char option[] = "--help";
    char *arguments[] = {argv[1], option, NULL};
    return run_named(commands, command_count, 2, arguments);
}

static int dispatch(const cli_command *commands, size_t command_count, int argc, char **argv)
{
    const char *name = argv[0];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return run_help(commands, command_count, argc, argv);
    if (strcmp(name, "--version") == 0) {
        char version[] = "version";
        char *arguments[] = {version, NULL};
        return run_named(commands, command_count, 1, arguments);
    }
    return run_named(commands, command_count, argc, argv);
}

int cli_run(const cli_command *commands, size_t command_count, int argc, char **argv)
{
    if (argc < 2) {
        print_help(commands, command_count, stderr);
        return CLI_USAGE;
    }
    int code = dispatch(commands, command_count, argc - 1, argv + 1);
    /* Output that a full disk swallowed must not look like success. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK) {
        fputs("carillon: cannot write to standard output\n", stderr);
        return CLI_FAILED;
    }
    return code;
}
