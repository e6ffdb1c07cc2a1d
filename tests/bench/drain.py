"""Drains a topic with the worker and with the floor, in turn, and prints one JSON line (README.md)."""

import argparse
import json
import statistics

import pool
import workload
from corner import Corner, Servers, drain, log

TITLES = {"executions_per_second": "executions a second", "broker_cpu_us": "broker, us", "redis_cpu_us": "Redis, us",
          "instructions": "instructions", "page_faults": "page faults", "peak_memory_mib": "peak memory, MiB"}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--triggers", type=int, default=200000)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5, help="how often worker and floor are measured, in turn")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="20,000 triggers, one pair")
    parser.add_argument("--markdown", action="store_true", help="tables")
    parser.add_argument("--profile", metavar="FILE", help="perf record of the last pair: FILE.worker and FILE.floor")
    options = parser.parse_args()
    if options.quick:
        options.triggers, options.pairs = 20000, 1
    return options


def middle(pairs, subject):
    return {name: statistics.median(pair[subject][name] for pair in pairs) for name in pairs[0][subject]}


def bench(options):
    """The result, and the figures of each pair."""
    work = workload.orders()
    triggers = list(work.triggers(max(options.triggers, pool.POOL_SIZE)))
    with Servers() as servers:
        def corner(name):
            return Corner(servers, name, work, options.partitions)

        log("warming up")
        warm_up, samples = corner("warm-up"), servers.folder / "pool"
        drain(warm_up, warm_up.start_worker(options.shards), triggers)
        pool.write(warm_up, samples)
        warm_up.remove()
        pairs = []
        for number in range(1, options.pairs + 1):
            pair = {}
            for subject in ("worker", "floor") if number % 2 else ("floor", "worker"):  # whoever is second meets a warmer broker
                # Keys have the group in them: of the same length for both.
                place = corner(f"{subject:-<6}-{number}")
                process = place.start_worker(options.shards) if subject == "worker" else place.start_floor(samples)
                profile = f"{options.profile}.{subject}" if options.profile and number == options.pairs else None
                pair[subject] = drain(place, process, triggers[:options.triggers], profile)
                place.remove()
            pair["ratio"] = round(pair["worker"]["cpu_us"] / pair["floor"]["cpu_us"], 3)
            log(json.dumps(pair))
            pairs.append(pair)
    ratios = [pair["ratio"] for pair in pairs]
    return {
        "triggers": options.triggers, "partitions": options.partitions, "shards": options.shards,
        "trigger_bytes": round(statistics.mean(len(value) for _, value in triggers)),
        "worker": middle(pairs, "worker"), "floor": middle(pairs, "floor"),
        "ratio": statistics.median(ratios), "ratios": ratios,
    }, pairs


def print_tables(pairs, worker, floor, ratio):
    print("| pair | worker | floor | ratio |\n|---|---|---|---|")
    for number, pair in enumerate(pairs, 1):
        print(f"| {number} | {pair['worker']['cpu_us']} | {pair['floor']['cpu_us']} | {pair['ratio']:.2f} |")
    print(f"| **median** | **{worker['cpu_us']}** | **{floor['cpu_us']}** | **{ratio:.2f}** |\n")
    print("| | worker | floor |\n|---|---|---|")
    for name, title in TITLES.items():
        if name in worker:
            print(f"| {title} | {worker[name]:,} | {floor[name]:,} |")


def main():
    options = parse_arguments()
    result, pairs = bench(options)
    if options.markdown:
        print_tables(pairs, result["worker"], result["floor"], result["ratio"])
    else:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
