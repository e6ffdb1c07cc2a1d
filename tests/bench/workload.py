"""What the benches run: the example workflow order_shipped, with a mail of ten lines, and its triggers."""

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


def workflow():
    """Three steps: IN_APP, EMAIL, and an SMS that about half of the triggers skip."""
    document = yaml.safe_load((EXAMPLES / "workflows" / "order_shipped.yaml").read_text())
    mail = next(step for step in document["steps"] if step["step_type"] == "EMAIL")
    mail["config"]["text"] = MAIL
    del mail["config"]["html"]
    return document


def trigger_schema():
    return Schema.load("schemas/examples/schemas/order_shipped.avsc")


def triggers(count):
    """(key, value) of each: about 300 bytes, the same in every run."""
    chance = random.Random(7)
    schema = trigger_schema()
    titles = ["Notes on the Analytical Engine", "Fountain pen, black ink", "Desk lamp", "A5 notebook, dotted, 192 pages"]
    names = ["Ada Lovelace", "Grace Hopper", "Barbara Liskov", "Frances Allen", "Katherine Johnson"]
    for number in range(count):
        recipient = f"customer-{chance.randrange(10 ** 6)}"
        lines = [{"sku": f"{chance.choice(['BOK', 'PEN', 'LMP'])}-{chance.randrange(10000):04}",
                  "title": chance.choice(titles), "quantity": chance.randrange(1, 5)} for _ in range(2)]
        yield recipient, schema.encode({
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
        })


