"""What the benches run: the example workflow order_shipped, with a mail of ten lines, and its triggers."""

import json
import pathlib
import random

import yaml
from rig.avro import Schema

ROOT = pathlib.Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "schemas" / "examples"

MAIL = """Hello {{ payload.customer_name }},

your order {{ payload.order_id }} has left our warehouse.
Shipped at: {{ payload.shipped_at }}
Articles: {{ len(payload.lines) }}, first of them {{ payload.lines[0].title }}
Total: {{ payload.amount }} {{ payload.currency }}
Follow it here: {{ payload.tracking_url }}

Thank you for your order. If something is wrong with it, just answer this mail.
Your shop
"""


class Work:
    """Workflows, the schema of their triggers, and the triggers: the same in every run."""

    def __init__(self, workflows, schema, make_trigger):
        self.workflows = workflows
        self.schema = schema
        self.steps = len(workflows[0]["steps"])
        self.make_trigger = make_trigger  # of (number, chance): (key, record)

    def triggers(self, count, first=0):
        """(key, value) of each."""
        chance = random.Random(7 + first)
        for number in range(first, first + count):
            key, record = self.make_trigger(number, chance)
            yield key, self.schema.encode(record)


def order_workflow():
    """Three steps: IN_APP, EMAIL, and an SMS that about half of the triggers skip."""
    document = yaml.safe_load((EXAMPLES / "workflows" / "order_shipped.yaml").read_text())
    mail = next(step for step in document["steps"] if step["step_type"] == "EMAIL")
    mail["config"]["text"] = MAIL
    del mail["config"]["html"]
    return document


def orders(steps=3, workflows=1, recipient=None):
    """Triggers of some 280 bytes, in turn for `workflows` copies of order_workflow() with its steps repeated; all for one
    recipient where one is named."""
    document = order_workflow()
    if steps != len(document["steps"]):
        own = document["steps"]
        document["steps"] = [own[i % len(own)] | {"step_id": f"step_{i}", "name": f"Step {i}"}
                             for i in range(steps)]
    ids = ["order_shipped"] + [f"order_shipped_{number}" for number in range(1, workflows)]

    def make(number, chance):
        key, record = order(number, chance)
        record["workflow_id"] = ids[number % workflows]
        record["recipient"] = recipient or key
        return key, record

    return Work([document | {"workflow_id": workflow_id} for workflow_id in ids],
                Schema.load("schemas/examples/schemas/order_shipped.avsc"), make)


def texts(size):
    """Three steps that show little of a payload of that many bytes."""
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "text": {"type": "string"}},
              "required": ["name", "text"]}
    config = {"to": "{{ recipient }}", "subject": "Hello", "text": "Hello {{ payload.name }}", "body": "{{ payload.name }}"}
    keys = {"IN_APP": ("body",), "EMAIL": ("to", "subject", "text"), "SMS": ("to", "body")}
    steps = [{"step_id": step_type.lower(), "step_type": step_type, "name": step_type,
              "config": {key: config[key] for key in keys[step_type]}} for step_type in keys]
    frame = len(json.dumps({"name": "Ada Lovelace", "text": ""}))

    def make(number, chance):
        text = " ".join(f"{chance.randrange(10 ** 8):08}" for _ in range(64)) * (size // 575 + 1)
        data = json.dumps({"name": "Ada Lovelace", "text": text[:max(size - frame, 1)]})
        return f"customer-{number}", {"workflow_id": "texts", "recipient": f"customer-{number}", "data": data,
                                      "metadata": None, "trigger_id": f"text-{number}"}

    return Work([{"workflow_id": "texts", "name": "Texts", "payload_schema": schema, "steps": steps}],
                Schema.load("schemas/trigger.avsc"), make)


def reminders(delay="24h"):
    """One step that waits first."""
    work = orders()
    reminder = {**work.workflows[0], "workflow_id": "reminder",
                "steps": [work.workflows[0]["steps"][0] | {"delay": delay}]}

    def make(number, chance):
        key, record = order(number, chance)
        return key, record | {"workflow_id": "reminder", "trigger_id": f"reminder-{number}"}

    return Work([reminder], work.schema, make)


def order(number, chance):
    """Key and record of a trigger."""
    titles = ["Notes on the Analytical Engine", "Fountain pen, black ink", "Desk lamp", "A5 notebook, dotted, 192 pages"]
    names = ["Ada Lovelace", "Grace Hopper", "Barbara Liskov", "Frances Allen", "Katherine Johnson"]
    recipient = f"customer-{chance.randrange(10 ** 6)}"
    lines = [{"sku": f"{chance.choice(['BOK', 'PEN', 'LMP'])}-{chance.randrange(10000):04}",
              "title": chance.choice(titles), "quantity": chance.randrange(1, 5)} for _ in range(2)]
    return recipient, {
        "workflow_id": "order_shipped",
        "recipient": recipient,
        "data": {
            "order_id": f"ORD-{chance.randrange(10 ** 8)}",
            "customer_name": chance.choice(names),
            "email": f"{recipient}@mail.example",
            "phone": f"+44{chance.randrange(10 ** 9, 10 ** 10)}" if chance.random() < 0.8 else None,
            "amount": chance.randrange(1000, 30000) / 100,
            "currency": chance.choice(["EUR", "USD", "GBP"]),
            "lines": lines,
            "tracking_url": f"https://track.example/parcels/{chance.randrange(16 ** 12):012x}",
            "shipped_at": 1795519985123 + 1000 * number,
        },
        "metadata": {"source": f"warehouse-{chance.randrange(20)}"},
        "trigger_id": f"shipment-{number}",
    }
