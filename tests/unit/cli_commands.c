#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>

#include "worker/cli/cli.h"
#include "worker/cli/options.h"

static int last_argc;
static char last_argv[8][16];

static int record(int argc, char **argv)
{
    last_argc = argc;
    for (int i = 0; i < argc && i < 8; i++)
        snprintf(last_argv[i], sizeof last_argv[i], "%s", argv[i]);
    return 42;
}

static const cli_command commands[] = {{"worker", "works", record}, {"version", "tells", record}};

static int run(int argc, const char **argv)
{
    cr_redirect_stdout();
    cr_redirect_stderr();
    return cli_run(commands, 2, argc, (char **)argv);
}

Test(cli_commands, runs_the_named_one_with_its_own_arguments)
{
    const char *argv[] = {"carillon", "worker", "-c", "file", NULL};
    cr_expect_eq(run(4, argv), 42);
    cr_assert_eq(last_argc, 3);
    cr_expect_str_eq(last_argv[0], "worker");
    cr_expect_str_eq(last_argv[2], "file");
}

Test(cli_commands, help_of_a_command_is_its_help_option)
{
    const char *argv[] = {"carillon", "help", "worker", NULL};
    cr_expect_eq(run(3, argv), 42);
    cr_assert_eq(last_argc, 2);
    cr_expect_str_eq(last_argv[1], "--help");
}

Test(cli_commands, an_unknown_one_names_the_nearest)
{
    const char *argv[] = {"carillon", "wroker", NULL};
    cr_expect_eq(run(2, argv), CLI_USAGE);
    cr_expect_stderr_eq_str("carillon: unknown command 'wroker'; did you mean 'worker'?\n");
}

Test(cli_commands, help_of_an_unknown_one_is_an_error)
{
    const char *argv[] = {"carillon", "help", "xylophone", NULL};
    cr_expect_eq(run(3, argv), CLI_USAGE);
    cr_expect_stderr_eq_str("carillon: unknown command 'xylophone'; see carillon help\n");
}

Test(cli_commands, version_is_an_option_as_well)
{
    const char *argv[] = {"carillon", "--version", NULL};
    cr_expect_eq(run(2, argv), 42);
    cr_expect_str_eq(last_argv[0], "version");
}

Test(cli_commands, none_at_all_is_wrong_usage_but_help_is_not)
{
    const char *argv[] = {"carillon", "--help", NULL};
    cr_expect_eq(run(1, argv), CLI_USAGE);
    cr_expect_eq(run(2, argv), CLI_OK);
}

static const cli_option table[] = {
    {'n', "names", "FILE", "where names come from"},
    {CLI_LONG_ONLY, "disassemble", NULL, "print opcodes"},
};
static const cli_usage usage = {.synopsis = "eval [OPTION...] [EXPRESSION]",
                                .summary = "Evaluates.",
                                .options = table,
                                .option_count = 2,
                                .rest_max = 1,
                                .notes = "Notes."};

static cli_options parse(int argc, const char **argv, const char **names, bool *disassemble)
{
    cli_options o;
    cr_redirect_stdout();
    cr_redirect_stderr();
    cli_options_begin(&o, &usage, argc, (char **)argv);
    while (cli_options_next(&o)) {
        if (o.letter == 'n')
            *names = o.argument;
        else
            *disassemble = o.letter == CLI_LONG_ONLY;
    }
    return o;
}

Test(cli_options, come_before_or_after_other_arguments)
{
    const char *names = NULL;
    bool disassemble = false;
    const char *argv[] = {"eval", "1 + 1", "--names", "file", "--disassemble", NULL};
    cli_options o = parse(5, argv, &names, &disassemble);
    cr_expect_not(o.ended);
    cr_expect_str_eq(names, "file");
    cr_expect(disassemble);
    cr_assert_eq(o.rest_count, 1u);
    cr_expect_str_eq(o.rest[0], "1 + 1");
}

Test(cli_options, end_at_two_dashes)
{
    const char *names = NULL;
    bool disassemble = false;
    const char *argv[] = {"eval", "--", "-1", NULL};
    cli_options o = parse(3, argv, &names, &disassemble);
    cr_assert_eq(o.rest_count, 1u);
    cr_expect_str_eq(o.rest[0], "-1");
}

static void expect_refused(const char *argument, const char *sentence)
{
    const char *names = NULL;
    bool disassemble = false;
    const char *argv[] = {"eval", argument, NULL};
    cli_options o = parse(2, argv, &names, &disassemble);
    cr_expect(o.ended);
    cr_expect_eq(o.exit_code, CLI_USAGE);
    cr_expect_stderr_eq_str(sentence);
}

Test(cli_options, refuse_an_unknown_name)
{
    expect_refused("--nmaes=file", "carillon eval: unknown option --nmaes; did you mean --names?\n");
}

Test(cli_options, refuse_an_unknown_letter)
{
    expect_refused("-x", "carillon eval: unknown option -x; see --help\n");
}

Test(cli_options, refuse_a_missing_argument)
{
    expect_refused("--names", "carillon eval: option --names needs an argument\n");
}

Test(cli_options, refuse_an_argument_where_none_belongs)
{
    expect_refused("--disassemble=1", "carillon eval: option --disassemble takes no argument\n");
}

Test(cli_options, refuse_what_is_too_many)
{
    const char *names = NULL;
    bool disassemble = false;
    const char *argv[] = {"eval", "1", "2", NULL};
    cli_options o = parse(3, argv, &names, &disassemble);
    cr_expect(o.ended);
    cr_expect_eq(o.exit_code, CLI_USAGE);
}

Test(cli_options, refuse_what_is_too_few)
{
    cli_usage needs_one = usage;
    needs_one.rest_min = 1;
    const char *argv[] = {"eval", NULL};
    cli_options o;
    cr_redirect_stderr();
    cli_options_begin(&o, &needs_one, 1, (char **)argv);
    cr_expect_not(cli_options_next(&o));
    cr_expect(o.ended);
    cr_expect_stderr_eq_str(
        "carillon eval: an argument is missing; usage: carillon eval [OPTION...] [EXPRESSION]\n");
}

Test(cli_options, answer_help)
{
    const char *names = NULL;
    bool disassemble = false;
    const char *argv[] = {"eval", "--help", NULL};
    cli_options o = parse(2, argv, &names, &disassemble);
    cr_expect(o.ended);
    cr_expect_eq(o.exit_code, CLI_OK);
    fflush(stdout);
    cr_expect_stdout_eq_str("usage: carillon eval [OPTION...] [EXPRESSION]\n\nEvaluates.\n\noptions:\n"
                            "  -n, --names=FILE                 where names come from\n"
                            "      --disassemble                print opcodes\n"
                            "  -h, --help                       print this and exit\n\nNotes.\n");
}
