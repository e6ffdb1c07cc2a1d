#include "worker/cli/group.h"

#include <stdio.h>
#include <string.h>

#include "engine/nearest.h"

static void print_help(const cli_group *g, FILE *out)
{
    fprintf(out, "usage: carillon %s COMMAND [OPTION...]\n\n%s\n\ncommands:\n", g->name, g->summary);
    for (size_t i = 0; i < g->command_count; i++)
        fprintf(out, "  %-10s %s\n", g->commands[i].name, g->commands[i].summary);
    fprintf(out, "\ncarillon %s COMMAND --help tells more\n", g->name);
}

static int refuse_unknown(const cli_group *g, const char *name)
{
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < g->command_count; i++)
        nearest_try(&n, g->commands[i].name);
    const char *meant = nearest_found(&n);
    if (meant == NULL)
        fprintf(stderr, "carillon %s: unknown command '%s'; see --help\n", g->name, name);
    else
        fprintf(stderr, "carillon %s: unknown command '%s'; did you mean '%s'?\n", g->name, name, meant);
    return CLI_USAGE;
}

int cli_group_run(const cli_group *g, int argc, char **argv)
{
    if (argc < 2) {
        print_help(g, stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(g, stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < g->command_count; i++)
        if (strcmp(argv[1], g->commands[i].name) == 0)
            return g->commands[i].run(argc - 1, argv + 1);
    return refuse_unknown(g, argv[1]);
}
