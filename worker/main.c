/* carillon: one program, its subcommands named here and written in worker/cli/. */
#include <unistd.h>

#include "worker/cli/cli.h"

static const cli_command commands[] = {
    {"worker", "run workflows for triggers until told to stop", cli_worker},
    {"dev", "a worker with servers of its own, for a first look", cli_dev},
    {"eval", "evaluate a restricted Python expression", cli_eval},
    {"workflow", "check, apply and list workflow documents", cli_workflow},
    {"control", "show and change what people may change of a workflow", cli_control},
    {"execution", "show, cancel and retry executions", cli_execution},
    {"provider", "show presets of providers, and what a provider would be sent", cli_provider},
    {"inbox", "show and settle what is in a recipient's inbox", cli_inbox},
    {"fsck", "hold what Redis remembers against what Kafka has committed", cli_fsck},
    {"render", "render templates over names", cli_render},
    {"check-schema", "validate JSON Lines against a JSON Schema", cli_check_schema},
    {"decode", "print Avro messages as JSON", cli_decode},
    {"version", "print the versions of carillon and its libraries", cli_version},
};

int main(int argc, char **argv)
{
    int exit_code = cli_run(commands, sizeof commands / sizeof commands[0], argc, argv);
    if (exit_code == CLI_ABORTED)
        _exit(CLI_FAILED);
    return exit_code;
}
