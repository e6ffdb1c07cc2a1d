"""Schema validation and a skip condition beside their peers, alternated in one run, in CPU nanoseconds (README.md)."""

import argparse
import enum
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Annotated

import jsonschema_rs
import pydantic
from pydantic import BaseModel, ConfigDict, Field

BENCHES = pathlib.Path(os.environ["BENCHES"])
OURS_REPEATS = 300000
PEER_REPEATS = 30000

PAYLOAD = {
    "order_id": "ord_0123456789ab", "email": "ada@example.com", "phone": None, "status": "shipped", "amount": 104.97,
    "items": [{"sku": "ABC-0001", "name": "Lamp", "quantity": 1, "price": 59.99},
              {"sku": "ABC-0002", "name": "Bulb", "quantity": 2, "price": 7.49},
              {"sku": "XYZ-9000", "name": "Shade", "quantity": 1, "price": 30}]}


class Status(str, enum.Enum):
    placed = "placed"
    paid = "paid"
    shipped = "shipped"
    delivered = "delivered"


class Item(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{4}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    quantity: Annotated[int, Field(ge=1, le=100)]
    price: Annotated[float, Field(gt=0)]


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_id: Annotated[str, Field(pattern=r"^ord_[0-9a-f]{12}$")]
    email: Annotated[str, Field(max_length=254)]
    phone: str | None = None
    status: Status
    amount: Annotated[float, Field(ge=0)]
    items: Annotated[list[Item], Field(min_length=1, max_length=50)]


def ours(program):
    """Of one of our programs, which says it itself."""
    ran = subprocess.run([BENCHES / f"bench_micro_{program}", str(OURS_REPEATS)], capture_output=True, text=True,
                         check=True)
    return float(re.search(r"([0-9.]+) ns", ran.stdout)[1])


def peer(statement, names):
    """Of a statement that a compiled loop repeats; the empty loop's own time is taken off."""
    def loop(body):
        scope = dict(names)
        exec(f"def run(repeats):\n    for _ in repeats:\n        {body}\n", scope)
        begun = time.process_time_ns()
        scope["run"](range(PEER_REPEATS))
        return (time.process_time_ns() - begun) / PEER_REPEATS
    return loop(statement) - loop("pass")


def measures():
    validator = jsonschema_rs.validator_for(Order.model_json_schema())
    condition = compile("payload['amount'] < 100 or payload['phone'] is None", "condition", "eval")
    names = {"payload": {"order_id": "ORD-4711", "amount": 149.95, "phone": "+442071838750"}}
    assert validator.is_valid(PAYLOAD) and Order.model_validate(PAYLOAD) and eval(condition, names) is False
    return {
        "schema_validate": lambda: ours("schema"),
        "jsonschema-rs is_valid": lambda: peer("is_valid(payload)", {"is_valid": validator.is_valid, "payload": PAYLOAD}),
        "pydantic-core model_validate": lambda: peer("model_validate(payload)", {
            "model_validate": Order.model_validate, "payload": PAYLOAD}),
        "expression_evaluate": lambda: ours("condition"),
        "CPython eval": lambda: peer("eval(condition, names)", {"condition": condition, "names": names}),
    }


# (peer, ours, goal: how many times our nanoseconds at least)
GOALS = [
    ("jsonschema-rs is_valid", "schema_validate", 3),
    ("pydantic-core model_validate", "schema_validate", 10),
    ("CPython eval", "expression_evaluate", 4),
]


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/languages")
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured, in turn")
    rounds = parser.parse_args().rounds
    found = {name: [] for name in measures()}
    for _ in range(rounds):
        for name, measure in measures().items():
            found[name].append(measure())
    print(f"Python {sys.version.split()[0]}, jsonschema-rs {version('jsonschema-rs')}, pydantic {pydantic.VERSION}; "
          f"CPU ns, median of {rounds} (least)")
    for name, times in found.items():
        print(f"{statistics.median(times):8.1f} ({min(times):.1f})  {name}")
    missed = False
    for name, own, goal in GOALS:
        ratio = statistics.median(theirs / mine for theirs, mine in zip(found[name], found[own], strict=True))
        missed = missed or ratio < goal
        print(f"{ratio:8.2f} times  {name} / {own}; goal: {goal}{'' if ratio >= goal else ', MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
