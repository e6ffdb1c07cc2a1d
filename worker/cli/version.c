#include <hiredis/hiredis.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <uv.h>

#include "worker/cli/cli.h"
#include "worker/cli/options.h"

static const cli_usage usage = {
    .synopsis = "version",
    .summary = "Prints the versions of carillon and of the libraries that it runs on.",
};

int cli_version(int argc, char **argv)
{
    cli_options o;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o))
        ;
    if (o.ended)
        return o.exit_code;
    printf("carillon %s\nlibrdkafka %s\nhiredis %d.%d.%d\nlibuv %s\n", CARILLON_VERSION,
           rd_kafka_version_str(), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, uv_version_string());
    return CLI_OK;
}
