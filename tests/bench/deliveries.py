"""What a delivery costs by the kind of its provider, beside libcurl making the same requests and sending the same mails; one
JSON line (README.md)."""

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

KINDS = ("null", "http", "smtp", "inbox", "kafka")
CONCURRENCY = {"http": 256, "smtp": 64}
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
    more = {"kafka": {"topic": topic}, "smtp": {"tls": "none", "from": "bench@localhost"}}
    server = {"url": url, "concurrency": CONCURRENCY[kind], "breaker.failures": 0} if url else {}
    return {"kind": kind, **server, **more.get(kind, {})}


@contextlib.contextmanager
def sink(program, url):
    """Answers every request or takes every mail; gives the URL with its port."""
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield url.format(port=int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(10)


def bare(kind, url, count, body_bytes):
    command = [os.environ["BARE"], url, str(count), str(CONCURRENCY[kind]), str(body_bytes)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600,
                            env=os.environ | {"no_proxy": "*"})
    return json.loads(result.stdout)


def drained(servers, name, kind, url, options, triggers):
    place = Corner(servers, name, mails())
    topic = f"{name}.requests"
    servers.kafka.create_topics([topic], 8)
    worker = place.start_worker(options.shards, channels={"EMAIL": "bench"},
                                sections={"provider.bench": provider(kind, url, topic)})
    figures = drain(place, worker, triggers, progress=Corner.finished)
    servers.redis.client().flushall()
    log(json.dumps({kind: figures}))
    return figures


def median(rounds, kind):
    return {name: statistics.median(one[kind][name] for one in rounds) for name in rounds[0][kind]}


def measure(options):
    triggers = list(mails().triggers(options.deliveries))
    sizes = {"http": options.body_bytes, "smtp": options.mail_bytes}
    rounds = []
    with (Servers() as servers, sink(os.environ["HTTP_SINK"], "http://127.0.0.1:{port}/deliver") as http,
          sink(os.environ["SMTP_SINK"], "smtp://127.0.0.1:{port}") as smtp):
        urls = {"http": http, "smtp": smtp}
        drained(servers, "warm-up", "null", None, options, triggers)  # the broker's code is compiled as it runs
        for number in range(1, options.rounds + 1):
            figures = {f"bare_{kind}": bare(kind, urls[kind], options.deliveries, sizes[kind]) for kind in urls}
            for kind in KINDS:
                figures[kind] = drained(servers, f"{kind}-{number}", kind, urls.get(kind), options, triggers)
            rounds.append(figures)
    medians = {kind: median(rounds, kind) for kind in rounds[0]}
    for kind in KINDS[1:]:
        medians[kind]["delivery_cpu_us"] = round(medians[kind]["cpu_us"] - medians["null"]["cpu_us"], 2)
    ratios = {f"{kind}_over_bare": round(medians[kind]["delivery_cpu_us"] / medians[f"bare_{kind}"]["cpu_us"], 2)
              for kind in urls}
    return {"deliveries": options.deliveries, "shards": options.shards, "rounds": options.rounds, **ratios, **medians}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/deliveries")
    parser.add_argument("--deliveries", type=int, default=50000)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--body-bytes", type=int, default=600, help="of a bare request; what the worker's have")
    parser.add_argument("--mail-bytes", type=int, default=490, help="of a bare mail; what the worker's have")
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
