"""Runs a folder's test programs, as many at a time as there are cores, and leaves a JUnit file of each.

    programs.py criterion FOLDER RESULTS [PATTERN...]    every unit_* program: its own XML report
    programs.py fuzz FOLDER RESULTS [PATTERN...]         every fuzz_* program: one case, FUZZ_SECONDS long, from
                                                         FUZZ_SEED: the same each time unless told otherwise
    programs.py simulation FOLDER RESULTS [OPTION...]    simulation, which must break no rule, and every mutation_*, in
                                                         which it must find what is wrong; options go to all of them

What a report does not know is added to it as a failure: that the program crashed, hung, or that a sanitizer found
something (Criterion counts a test that leaks as passed).
"""

import concurrent.futures
import fnmatch
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).parent
UNIT_SECONDS_MAX = 300
SIMULATION_SECONDS_MAX = 3600
SEEDS = 20000
OUTPUT_LINES_MAX = 120  # of a failed program; all of it is in the results' folder
FUZZ_PROGRESS = re.compile(r"#\d+\s+(NEW|REDUCE|pulse|RELOAD|INITED)")
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")


def read_report(path):
    """The <testsuites> element a program has written, or an empty one."""
    try:
        return ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return ElementTree.Element("testsuites")


def add_case(report, program, name, failure=None):
    suite = ElementTree.SubElement(report, "testsuite", name=program)
    case = ElementTree.SubElement(suite, "testcase", classname=program, name=name)
    if failure:
        ElementTree.SubElement(case, "failure", message=failure)


def has_failure(report):
    return next(report.iter("failure"), None) is not None or next(report.iter("error"), None) is not None


def execute(command, seconds_max):
    """Returns exit code (None: it had to be killed) and output. Its process group does not outlive it."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            code = process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            code = None
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()
        output.seek(0)
        return code, output.read().decode(errors="replace")


def what_went_wrong(code, output):
    """One sentence, or None: what is wrong with a program's end and not with one of its tests."""
    if code is None:
        return "did not end in time"
    found = [line.strip() for line in output.splitlines() if any(report in line for report in SANITIZER_REPORTS)]
    if found:
        return found[0]
    if code != 0:
        return f"ended with exit code {code}"
    return None


def run_criterion(program, results):
    path = results / f"{program.name}.xml"
    code, output = execute([program, "-j1", f"--xml={path}"], UNIT_SECONDS_MAX)
    report = read_report(path)
    wrong = what_went_wrong(code, output)
    if wrong and not has_failure(report):
        add_case(report, program.name, "the program", wrong)
    return report, output


def run_fuzz(program, results):
    seconds = int(os.environ.get("FUZZ_SECONDS", "20"))
    name = program.name.removeprefix("fuzz_")
    seeds = HERE / "fuzz" / "corpus" / name
    findings = results / f"{name}-"
    with tempfile.TemporaryDirectory() as corpus:
        command = [program, f"-max_total_time={seconds}", f"-seed={os.environ.get('FUZZ_SEED', '1')}", "-timeout=10",
                   "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={findings}", corpus] + ([seeds] if seeds.is_dir() else [])
        code, output = execute(command, seconds * 2 + 60)
    report = ElementTree.Element("testsuites")
    add_case(report, program.name, f"{seconds} seconds", what_went_wrong(code, output))
    return report, output


def first_broken(output):
    found = re.search(r"^BROKEN by seed \d+.*", output, flags=re.MULTILINE)
    return found and found[0]


def run_seeds(program, options, name):
    """A report's case and output: no seed may break a rule."""
    code, output = execute([program, *options], SIMULATION_SECONDS_MAX)
    report = ElementTree.Element("testsuites")
    add_case(report, program.name, name, first_broken(output) or what_went_wrong(code, output))
    print("   " + "".join(output.splitlines()[-1:]), flush=True)
    return report, output


def run_simulation(options, program, results):
    seeds = options if "--seeds" in options else ("--seeds", str(SEEDS), *options)
    if program.name == "simulation":
        report, output = run_seeds(program, seeds, "no rule is broken")
        if not options:
            each = ("--each-failure", "--scenario", "scripted", "--seeds", "100")
            more, more_output = run_seeds(program, each, "no single failure breaks a rule")
            report.extend(more)
            output += more_output
        return report, output
    code, output = execute([program, *seeds], SIMULATION_SECONDS_MAX)
    broken = code == 1 and first_broken(output)
    report = ElementTree.Element("testsuites")
    name = program.name.removeprefix("mutation_")
    add_case(report, program.name, f"finds {name}", None if broken else "was not found")
    print(f"   {name}: {broken or 'was not found'}", flush=True)
    return report, output


def run(runner, program, results):
    begun = time.monotonic()
    report, output = runner(program, results)
    ElementTree.ElementTree(report).write(results / f"{program.name}.xml", encoding="unicode")
    (results / f"{program.name}.log").write_text(output)
    verdict = "FAILED" if has_failure(report) else "ok"
    print(f"   {program.name}: {verdict} ({time.monotonic() - begun:.1f} s)", flush=True)
    if verdict != "ok":
        lines = [line for line in output.splitlines() if not FUZZ_PROGRESS.match(line)]
        print("\n".join(lines[-OUTPUT_LINES_MAX:]), flush=True)
    return verdict == "ok"


def main(kind, folder, results, *patterns):
    prefixes, runner = {"criterion": (("unit_",), run_criterion), "fuzz": (("fuzz_",), run_fuzz),
                        "simulation": (("simulation", "mutation_"), functools.partial(run_simulation, patterns))}[kind]
    results = pathlib.Path(results).absolute()
    results.mkdir(parents=True, exist_ok=True)
    programs = [path.absolute() for prefix in prefixes for path in sorted(pathlib.Path(folder).glob(prefix + "*"))
                if path.is_file() and os.access(path, os.X_OK)]
    processes = os.cpu_count()
    if kind == "simulation":
        patterns, processes = (), 1  # each uses all cores itself
    if patterns:
        programs = [path for path in programs
                    if any(fnmatch.fnmatch(path.name.removeprefix(prefixes[0]), pattern) for pattern in patterns)]
    if not programs:
        sys.exit(f"no {prefixes[0]}* programs in {folder}")
    with concurrent.futures.ThreadPoolExecutor(processes) as pool:
        passed = list(pool.map(lambda program: run(runner, program, results), programs))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
