"""The floor's pool: what real executions have left in Redis and on the topics."""

import struct

from rig.clients import TopicReader
from rig.site import EXECUTION_COMPLETION, STEP_COMPLETION

POOL_SIZE = 1024


def write(corner, path):
    """Records and events of POOL_SIZE executions, in the form that floor.c reads."""
    events = {}
    for kind, schema in (("step-completions", STEP_COMPLETION), ("execution-completions", EXECUTION_COMPLETION)):
        with TopicReader(corner.servers.kafka.address, corner.outputs[kind]) as reader:
            for message in reader.read_to_end():
                events.setdefault(schema.decode(message.value())["execution_id"], []).append(message)
    redis = corner.servers.redis.client()
    redis.connection_pool.connection_kwargs["decode_responses"] = False
    keys = {key[-36:].decode(): key for key in redis.scan_iter(f"{corner.name}:*:execution:*", count=10000)}

    def sized(text):
        return struct.pack("<I", len(text)) + text

    with open(path, "wb") as pool:
        pool.write(struct.pack("<I", POOL_SIZE))
        for execution in sorted(events)[:POOL_SIZE]:
            messages = events[execution]
            assert len(messages) == corner.work.steps + 1, f"{len(messages)} events"
            pool.write(struct.pack("<i", messages[0].partition()))
            for text in (redis.get(keys[execution]), messages[0].key(), *(message.value() for message in messages)):
                pool.write(sized(text))
