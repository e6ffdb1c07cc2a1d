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
CAPACITY_TRIGGERS = 100000
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
LATE_SECONDS_MAX = 60
# Sender and reader share the cores with what is measured: woken for each trigger they would need more than it does.
PACE_SECONDS = 0.001


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
    """Appends value n at its time, with n as its key, give or take PACE_SECONDS; returns when the first one was due."""
    producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random", "linger.ms": 1, "log_level": 0,
                         "queue.buffering.max.messages": 10_000_000})
    producer.list_topics(topic, timeout=10)
    begun, sent = time.monotonic() + 0.1, 0
    while sent < len(values):
        due = min(len(values), max(0, int((time.monotonic() - begun) * rate) + 1))
        for number in range(sent, due):
            producer.produce(topic, values[number], b"%d" % number)
        producer.poll(0)
        sent = max(sent, due)
        time.sleep(max(PACE_SECONDS, begun + sent / rate - time.monotonic()))
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


def measure_capacity(servers, work, samples, partitions):
    """Executions a second that a worker drains, once a first one has made the broker's virtual machine compile what it runs.
    Leaves the pool of samples."""
    triggers = list(work.triggers(CAPACITY_TRIGGERS))
    for name in "warm-up", "capacity":
        log(f"draining: {name}")
        corner = Corner(servers, name, work, partitions)
        figures = drain(corner, corner.start_worker(), triggers)
        pool.write(corner, samples)
        corner.remove()
    log(json.dumps({"capacity": figures["executions_per_second"]}))
    return figures["executions_per_second"]


def measure_round(servers, work, samples, number, rate, options):
    """Worker and floor, in turn the first."""
    figures = {}
    for subject in ("worker", "floor") if number % 2 else ("floor", "worker"):
        corner = Corner(servers, f"{subject:-<6}-{rate}-{number}", work, options.partitions)
        process = corner.start_worker() if subject == "worker" else corner.start_floor(samples, "keys")
        figures[subject] = run(corner, process, rate, options.seconds)
        corner.remove()
    log(json.dumps({"rate": rate, **figures}))
    return figures


def measure_rate(servers, work, samples, rate, options):
    """Medians over the rounds of worker and floor."""
    rounds = [measure_round(servers, work, samples, number, rate, options) for number in range(1, options.rounds + 1)]
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
        samples = servers.folder / "pool"
        capacity = measure_capacity(servers, work, samples, options.partitions)
        results = []
        for rate in options.rates or [1000, capacity // 200 * 100]:
            log(f"warming up for {rate} a second")
            measure_round(servers, work, samples, 0, rate, options)
            results.append(measure_rate(servers, work, samples, rate, options))
            if not options.markdown:
                print(json.dumps(results[-1]), flush=True)
    if options.markdown:
        print_table(results)


if __name__ == "__main__":
    main()
