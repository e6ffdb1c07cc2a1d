"""What a delivery costs by the kind of its provider, beside libcurl doing the same requests; one JSON line (README.md)."""

import argparse
import contextlib
import json
import os
import statistics
import subprocess

from corner import Corner, Servers, drain, log
from rig import workflows
from rig.site import GENERIC_TRIGGER
from workload import Work

KINDS = ("null", "http", "inbox", "kafka")
CONCURRENCY = 256
TEXT = "Hello {{ payload.name }}, your order has left our warehouse. " * 4


def mails():
    """One e-mail an execution."""
    def make(number, _):
        data = {"name": f"Name {number}", "email": f"{number}@mail.example", "amount": number}
        return f"user-{number}", {"workflow_id": "mails", "recipient": f"user-{number}", "data": json.dumps(data),
                                  "metadata": None, "trigger_id": f"t-{number}"}

    step = workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "Your order", "text": TEXT})
    return Work([workflows.workflow("mails", [step])], GENERIC_TRIGGER, make)


def provider(kind, url, topic):
    more = {"http": {"url": url, "concurrency": CONCURRENCY, "breaker.failures": 0}, "kafka": {"topic": topic}}
    return {"kind": kind, **more.get(kind, {})}


@contextlib.contextmanager
def sink(program):
    """Answers every request; gives the URL."""
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/deliver"
    finally:
        process.stdin.close()
        process.wait(10)


def bare(program, url, count, body_bytes):
    result = subprocess.run([program, url, str(count), str(CONCURRENCY), str(body_bytes)], capture_output=True, text=True,
                            check=True, env=os.environ | {"no_proxy": "*"}, timeout=600)
    return json.loads(result.stdout)


def drained(servers, name, kind, url, options, triggers):
    place = Corner(servers, name, mails())
    topic = f"{name}.requests"
    servers.kafka.create_topics([topic], 8)
    worker = place.start_worker(options.shards, channels={"EMAIL": "bench"},
                                sections={"provider.bench": provider(kind, url, topic)})
    figures = drain(place, worker, triggers)
    servers.redis.client().flushall()
    log(json.dumps({kind: figures}))
    return figures


def median(rounds, kind):
    return {name: statistics.median(one[kind][name] for one in rounds) for name in rounds[0][kind]}


def measure(options):
    triggers = list(mails().triggers(options.deliveries))
    rounds = []
    with Servers() as servers, sink(os.environ["SINK"]) as url:
        for number in range(1, options.rounds + 1):
            figures = {"bare": bare(os.environ["BARE"], url, options.deliveries, options.body_bytes)}
            for kind in KINDS:
                figures[kind] = drained(servers, f"{kind}-{number}", kind, url, options, triggers)
            rounds.append(figures)
    medians = {kind: median(rounds, kind) for kind in ("bare", *KINDS)}
    for kind in KINDS[1:]:
        medians[kind]["delivery_cpu_us"] = round(medians[kind]["cpu_us"] - medians["null"]["cpu_us"], 2)
    return {"deliveries": options.deliveries, "shards": options.shards, "rounds": options.rounds,
            "http_over_bare": round(medians["http"]["delivery_cpu_us"] / medians["bare"]["cpu_us"], 2), **medians}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/deliveries")
    parser.add_argument("--deliveries", type=int, default=50000)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--body-bytes", type=int, default=600, help="of a bare request; what the worker's have")
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
