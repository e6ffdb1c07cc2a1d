"""From the append of a trigger to its completion being visible, at an even rate, of worker and floor in turn (README.md).

The loop is open: trigger n is due at a time that nothing delays, and its latency counts from then, sent late or not. So a
subject that stands still is charged with all that would have come meanwhile."""

import argparse
import json
import multiprocessing
import statistics
import time

import pool
import workload
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from corner import Corner, Servers, drain, log

WARM_UP_SECONDS = 5
CAPACITY_TRIGGERS = 40000
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
LATE_SECONDS_MAX = 60


def read_completions(address, topic, partitions, count, ready, seen):
    """Notes in seen[n] when the completion of trigger n became visible. Its key is n: a completion has its trigger's."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "latency", "enable.auto.commit": False, "log_level": 0,
                         "isolation.level": "read_committed", "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)])
    consumer.poll(0.5)
    ready.set()
    while count > 0:
        message = consumer.poll(LATE_SECONDS_MAX)
        if message is None:
            return  # what is missing is seen by who asks
        if message.error() is None:
            seen[int(message.key())] = time.monotonic()
            count -= 1
    consumer.close()


def send_evenly(address, topic, values, rate):
    """Appends value n at its time, with n as its key; returns when the first one was due."""
    producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random", "linger.ms": 0, "log_level": 0,
                         "queue.buffering.max.messages": 10_000_000})
    producer.list_topics(topic, timeout=10)
    begun = time.monotonic() + 0.1
    for number, value in enumerate(values):
        while (early := begun + number / rate - time.monotonic()) > 0:
            producer.poll(min(early, 0.001))
        producer.produce(topic, value, b"%d" % number)
        producer.poll(0)
    assert producer.flush(30) == 0
    return begun


def run(corner, subject, rate, seconds):
    """Quantiles in milliseconds, of what was due after the warm-up."""
    count, skipped = int(rate * (seconds + WARM_UP_SECONDS)), int(rate * WARM_UP_SECONDS)
    values = [value for _, value in corner.work.triggers(count)]
    address = corner.servers.kafka.address
    seen = multiprocessing.Array("d", count, lock=False)
    ready = multiprocessing.Event()
    reader = multiprocessing.Process(target=read_completions, daemon=True, args=(
        address, corner.outputs["execution-completions"], corner.partitions, count, ready, seen))
    reader.start()
    ready.wait(30)
    begun = send_evenly(address, corner.triggers, values, rate)
    reader.join(2 * LATE_SECONDS_MAX)
    assert subject.terminate(60) == 0, subject.tail()
    assert all(seen), f"{sum(at == 0 for at in seen)} of {count} completions are missing"
    latencies = sorted(seen[number] - (begun + number / rate) for number in range(skipped, count))
    figures = {name: latencies[int(part * len(latencies))] for name, part in QUANTILES.items()}
    return {name: round(1000 * value, 1) for name, value in (figures | {"max": latencies[-1]}).items()}


def measure_rate(servers, work, samples, rate, options):
    """Medians over the rounds of worker and floor."""
    rounds = []
    for number in range(options.rounds):
        figures = {}
        for subject in ("worker", "floor"):
            corner = Corner(servers, f"{subject:-<6}-{rate}-{number}", work, options.partitions)
            process = corner.start_worker() if subject == "worker" else corner.start_floor(samples, "keys")
            figures[subject] = run(corner, process, rate, options.seconds)
            corner.remove()
        log(json.dumps({"rate": rate, **figures}))
        rounds.append(figures)
    worker, floor = ({name: statistics.median(figures[subject][name] for figures in rounds) for name in rounds[0][subject]}
                     for subject in ("worker", "floor"))
    return {"rate": rate, "worker": worker, "floor": floor, "p99_ratio": round(worker["p99"] / floor["p99"], 3)}


def print_table(results):
    print("| triggers a second | | p50, ms | p99, ms | p99.9, ms | longest, ms |\n|---|---|---|---|---|---|")
    for result in results:
        for subject in ("worker", "floor"):
            figures = " | ".join(f"{value:.0f}" for value in result[subject].values())
            print(f"| {result['rate']:,} | {subject} | {figures} |")
        print(f"| | p99 over the floor's | | {result['p99_ratio']:.2f} | | |")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/latency")
    parser.add_argument("--rates", type=lambda text: [int(part) for part in text.split(",")], metavar="N,N",
                        help="triggers a second; 1,000 and half of what the worker drains")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3, help="of worker and floor in turn; the medians count")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="10 seconds, one round")
    parser.add_argument("--markdown", action="store_true", help="a table")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 10, 1
    return options


def main():
    options = parse_arguments()
    work = workload.orders()
    with Servers() as servers:
        log("warming up, and measuring the capacity")
        warm_up, samples = Corner(servers, "warm-up", work, options.partitions), servers.folder / "pool"
        capacity = drain(warm_up, warm_up.start_worker(), list(work.triggers(CAPACITY_TRIGGERS)))["executions_per_second"]
        pool.write(warm_up, samples)
        warm_up.remove()
        log(json.dumps({"capacity": capacity}))
        results = []
        for rate in options.rates or [1000, capacity // 200 * 100]:
            results.append(measure_rate(servers, work, samples, rate, options))
            if not options.markdown:
                print(json.dumps(results[-1]), flush=True)
    if options.markdown:
        print_table(results)


if __name__ == "__main__":
    main()
