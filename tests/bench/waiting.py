"""Many executions that wait: a worker's memory, a partition's takeover, and the first completion after a start (README.md).

All that is measured is seen from outside: the log's event=ready is the assignment, and a partition is taken over when a
trigger that lay on it is told as completed."""

import argparse
import datetime
import json
import time

import workload
from corner import Corner, Servers, log
from rig.clients import TopicReader

IDLE_SECONDS = 3
READY_SECONDS_MAX = 120


def resident_mib(worker):
    with open(f"/proc/{worker.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def settled_mib(worker):
    time.sleep(IDLE_SECONDS)
    return resident_mib(worker)


def assigned_at(worker):
    """When its first assignment came, as seconds since 1970."""
    text = worker.wait_event("ready", READY_SECONDS_MAX)[0]["ts"]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def first_completion(corner, first):
    """Starts a worker on trigger number `first`, which lies there already: (worker, seconds from its start to the
    assignment, seconds from there to the visible completion)."""
    corner.fill(corner.work.triggers(1, first))
    with TopicReader(corner.servers.kafka.address, corner.outputs["execution-completions"]) as reader:
        reader.read_to_end()
        started = time.time()
        worker = corner.start_worker(ready_seconds_max=READY_SECONDS_MAX)
        while (message := reader.consumer.poll(READY_SECONDS_MAX)) is not None and message.error():
            pass
        seen = time.time()
    assert message is not None, worker.tail()
    assigned = assigned_at(worker)
    return worker, round(assigned - started, 3), round(seen - assigned, 3)


def end(worker):
    assert worker.terminate(60) == 0, worker.tail()


def measure_start(servers, rounds):
    """Seconds to the first completion after the assignment, of a worker that has nothing else to do; all rounds."""
    corner = Corner(servers, "start", workload.orders())
    found = []
    for number in range(rounds):
        worker, _, seconds = first_completion(corner, number)
        found.append(seconds)
        end(worker)
    corner.remove()
    return found


def measure_takeover(servers, waiting):
    corner = Corner(servers, "takeover", workload.orders(), partitions=1)
    worker = corner.start_worker()
    log(f"making {waiting:,} wait on one partition")
    corner.make_wait(waiting, worker)
    end(worker)
    worker, _, seconds = first_completion(corner, 0)
    end(worker)
    corner.remove()
    return seconds


def measure_memory(servers, waiting):
    """MiB of a worker that has nothing, of the one that has taken all that waits, and of the next one."""
    corner = Corner(servers, "memory", workload.orders())
    worker = corner.start_worker()
    idle = settled_mib(worker)
    log(f"making {waiting:,} wait")
    begun = time.monotonic()
    corner.make_wait(waiting, worker)
    seconds = time.monotonic() - begun
    taken = settled_mib(worker)
    end(worker)
    worker, _, first = first_completion(corner, 0)
    started = settled_mib(worker)
    end(worker)
    corner.remove()
    return {"idle_mib": round(idle, 1), "taken_mib": round(taken, 1), "started_mib": round(started, 1),
            "taken_per_second": round(waiting / seconds), "first_completion_seconds": first}


def print_table(result):
    memory = result["memory"]
    print("| what | measured |\n|---|---|")
    print(f"| first completion after the assignment, s | {', '.join(f'{s:.2f}' for s in result['first_completion_seconds'])} |")
    print(f"| the same with {result['partition']:,} waiting on the partition | {result['takeover_seconds']:.2f} |")
    print(f"| the same with {result['count']:,} waiting on eight | {memory['first_completion_seconds']:.2f} |")
    print(f"| resident, idle, MiB | {memory['idle_mib']:.1f} |")
    print(f"| after it has taken {result['count']:,} that wait | {memory['taken_mib']:.1f} |")
    print(f"| a worker that starts with {result['count']:,} waiting | {memory['started_mib']:.1f} |")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/waiting")
    parser.add_argument("--count", type=int, default=1_000_000, help="executions that wait, for the memory")
    parser.add_argument("--partition", type=int, default=100_000, help="of them on the partition that is taken over")
    parser.add_argument("--rounds", type=int, default=5, help="of starts without any")
    parser.add_argument("--quick", action="store_true", help="a tenth of all")
    parser.add_argument("--markdown", action="store_true", help="a table")
    options = parser.parse_args()
    if options.quick:
        options.count, options.partition, options.rounds = options.count // 10, options.partition // 10, 1
    return options


def main():
    options = parse_arguments()
    result = {"count": options.count, "partition": options.partition}
    with Servers() as servers:
        result["first_completion_seconds"] = measure_start(servers, options.rounds)
        log(json.dumps(result))
        result["takeover_seconds"] = measure_takeover(servers, options.partition)
        log(json.dumps(result))
        result["memory"] = measure_memory(servers, options.count)
    if options.markdown:
        print_table(result)
    else:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
