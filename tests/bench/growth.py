"""What an execution costs where one thing grows and all else stays (README.md)."""

import argparse
import dataclasses
import json
import pathlib
import statistics
import typing

import plot
import workload
from corner import Corner, Servers, drain, log

PLOTS = pathlib.Path("build/results/bench")


@dataclasses.dataclass(frozen=True)
class Point:
    """One measurement: what is run, and where."""

    work: workload.Work
    part: float = 1  # of --triggers: what is dear needs fewer to be measured as well
    partitions: int = 8
    shards: int = 1
    waiting: int = 0
    channels: typing.Optional[dict] = None


@dataclasses.dataclass(frozen=True)
class Dimension:
    title: str
    values: tuple
    point: typing.Callable  # of a value


INBOX = {"IN_APP": "inbox"}
HOT = {"hot": "customer-1", "uniform": None}

DIMENSIONS = {
    "steps": Dimension("steps of a workflow", (1, 3, 10, 50),
                       lambda n: Point(workload.orders(steps=n), part=min(1, 5 / n))),
    "payload": Dimension("bytes of the payload", (100, 1000, 10_000, 100_000, 500_000),
                         lambda size: Point(workload.texts(size), part=min(1, 2000 / size))),
    "partitions": Dimension("partitions of the triggers", (1, 8, 50, 200),
                            lambda n: Point(workload.orders(), partitions=n)),
    "workflows": Dimension("workflows in the catalog", (1, 100, 1000, 10_000),
                           lambda n: Point(workload.orders(workflows=n))),
    "waiting": Dimension("executions that wait meanwhile", (0, 10_000, 100_000, 1_000_000),
                         lambda n: Point(workload.orders(), waiting=n)),
    "shards": Dimension("shards", (1, 2), lambda n: Point(workload.orders(), shards=n)),
    "recipients": Dimension("recipients, whose notes go to inboxes", ("uniform", "hot"),
                            lambda kind: Point(workload.orders(recipient=HOT[kind]), channels=INBOX)),
}
QUICK_MAX = {"payload": 100_000, "workflows": 1000, "waiting": 10_000}
COLUMNS = {"worker": "cpu_us", "broker": "broker_cpu_us", "Redis": "redis_cpu_us"}


def measure(servers, name, point, count, profile=None):
    """The figures of one drain."""
    corner = Corner(servers, name, point.work, point.partitions)
    worker = corner.start_worker(point.shards, point.channels)
    corner.make_wait(point.waiting, worker)
    figures = drain(corner, worker, list(point.work.triggers(max(int(count * point.part), 200))), profile)
    corner.remove()
    return figures


def median(rounds):
    return {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}


def label(value):
    return value if isinstance(value, str) else f"{value:,}"


def print_table(dimension, values, points):
    print(f"\n| {dimension.title} | worker, us | broker, us | Redis, us | executions a second | peak memory, MiB |")
    print("|---|---|---|---|---|---|")
    for value, figures in zip(values, points):
        costs = " | ".join(f"{figures[column]:.1f}" for column in COLUMNS.values())
        print(f"| {label(value)} | {costs} | {figures['executions_per_second']:,.0f} | {figures['peak_memory_mib']:.0f} |")


def grow(servers, name, options):
    dimension = DIMENSIONS[name]
    values = [value for value in dimension.values
              if not options.quick or name not in QUICK_MAX or value <= QUICK_MAX[name]]
    points = []
    for value in values:
        rounds = []
        for number in range(options.rounds):
            place = f"{name}-{value}-{number}"
            profile = options.profile and f"{options.profile}.{name}-{value}"
            rounds.append(measure(servers, place, dimension.point(value), options.triggers, profile))
        points.append(median(rounds))
        line = json.dumps({"growth": name, "at": value, **points[-1]})
        log(line)
        if not options.markdown:
            print(line, flush=True)
    if options.markdown:
        print_table(dimension, values, points)
    lines = {who: [figures[column] for figures in points] for who, column in COLUMNS.items()}
    options.plots.mkdir(parents=True, exist_ok=True)
    picture = plot.draw(dimension.title, [label(value) for value in values], lines, "CPU us an execution")
    (options.plots / f"growth-{name}.svg").write_text(picture)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/growth")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of " + ", ".join(DIMENSIONS))
    parser.add_argument("--triggers", type=int, default=60000, help="of a usual point")
    parser.add_argument("--rounds", type=int, default=3, help="of each point; the medians count")
    parser.add_argument("--quick", action="store_true", help="20,000 triggers, one round, no extremes")
    parser.add_argument("--markdown", action="store_true", help="tables")
    parser.add_argument("--profile", metavar="FILE", help="perf record of each point: FILE.NAME-VALUE")
    parser.add_argument("--plots", type=pathlib.Path, default=PLOTS, metavar="FOLDER")
    options = parser.parse_args()
    unknown = set(options.names) - set(DIMENSIONS)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: not one of {', '.join(DIMENSIONS)}")
    if options.quick:
        options.triggers, options.rounds = 20000, 1
    return options


def main():
    options = parse_arguments()
    with Servers() as servers:
        log("warming up")
        measure(servers, "warm-up", Point(workload.orders()), 20000)
        for name in options.names or DIMENSIONS:
            grow(servers, name, options)


if __name__ == "__main__":
    main()
