"""Kafka clients that know nothing of carillon."""

import collections
import io
import socket
import struct
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

DELIVERY_SECONDS_MAX = 60


class TriggerProducer:
    """A plain producer with the partitioner of Java's clients."""

    def __init__(self, address):
        self.producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random", "linger.ms": 5,
                                  "log_level": 0})
        self.failures = []

    def send(self, topic, value, key=None, headers=None, partition=None):
        where = {} if partition is None else {"partition": partition}
        while True:
            try:
                self.producer.produce(topic, value, key, headers=headers, on_delivery=self._delivered, **where)
                break
            except BufferError:
                self.producer.poll(0.1)
        self.producer.poll(0)

    def _delivered(self, failure, _):
        if failure:
            self.failures.append(failure)

    def flush(self):
        assert self.producer.flush(DELIVERY_SECONDS_MAX) == 0 and not self.failures, self.failures


class TopicReader:
    """Everything on a topic from its beginning, read without a group; `messages` grows with each call."""

    def __init__(self, address, topic, committed_only=True):
        self.address = address
        self.topic = topic
        self.messages = []
        self.consumer = Consumer({
            "bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False, "log_level": 0,
            "isolation.level": "read_committed" if committed_only else "read_uncommitted",
            "enable.partition.eof": True, "fetch.wait.max.ms": 50})
        partitions = self.consumer.list_topics(topic, timeout=10).topics[topic].partitions
        self.partitions = set(partitions)
        self.consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        self.at_end = set()
        self.ends = {}  # partition -> where its visible part ended when it was last told
        # Partition -> behind the last that was seen. The client's own position() can be behind messages that it has yet
        # to give (librdkafka 2.11.1, after a transaction's marker).
        self.next = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.consumer.close()

    def _take(self, timeout):
        for message in self.consumer.consume(1000, timeout):
            if not message.error():
                self.messages.append(message)
                self.next[message.partition()] = message.offset() + 1
                self.at_end.discard(message.partition())
            elif message.error().code() == KafkaError._PARTITION_EOF:
                self.at_end.add(message.partition())
                self.next[message.partition()] = self.ends[message.partition()] = message.offset()

    def read_to_end(self, budget_seconds=60):
        """All that is visible now. (An open transaction hides itself and what came after it.)"""
        deadline = time.monotonic() + budget_seconds
        self.at_end.clear()
        # A partition tells its end once: ask again by seeking to where we stand.
        for number, offset in self.next.items():
            self.consumer.seek(TopicPartition(self.topic, number, offset))
        while self.at_end != self.partitions:
            assert time.monotonic() < deadline, f"{self.topic}: no end within {budget_seconds} s"
            self._take(0.1)
        return self.messages

    def read_settled(self, budget_seconds=60):
        """All that is written now, once it is decided. A commit is confirmed before its markers are on every partition,
        so what was committed may become visible a moment later."""
        deadline = time.monotonic() + budget_seconds
        written = written_ends(self.address, self.topic, self.partitions)
        self.read_to_end(budget_seconds)
        while any(self.ends[number] < end for number, end in written.items()):
            assert time.monotonic() < deadline, f"{self.topic}: still undecided after {budget_seconds} s"
            time.sleep(0.05)
            self.read_to_end(budget_seconds)
        return self.messages

    def read_until(self, count, budget_seconds):
        """Until at least `count` messages are there; what comes with them stays."""
        deadline = time.monotonic() + budget_seconds
        while len(self.messages) < count:
            assert time.monotonic() < deadline, \
                f"{self.topic}: {len(self.messages)} of {count} messages within {budget_seconds} s"
            self._take(0.1)
        return self.messages


def written_ends(address, topic, partitions):
    """Partition -> the offset behind what is written, decided or not."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "ends", "isolation.level": "read_uncommitted",
                         "log_level": 0})
    ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)[1] for number in partitions}
    consumer.close()
    return ends


def read_topic(address, topic, committed_only=True):
    with TopicReader(address, topic, committed_only) as reader:
        return reader.read_settled()


def committed_offsets(port, group, topic, partitions):
    """For each partition the committed offset (-1: none) and the metadata that goes with it. Asked for as the protocol says
    (OffsetFetch 1): the client reads metadata beyond its end."""
    def text(value):
        return struct.pack(">h", len(value)) + value.encode()

    body = struct.pack(">hhi", 9, 1, 0) + text("rig") + text(group) + struct.pack(">i", 1) + text(topic)
    body += struct.pack(f">i{partitions}i", partitions, *range(partitions))
    with socket.create_connection(("127.0.0.1", port), 10) as connection, connection.makefile("rwb") as stream:
        stream.write(struct.pack(">i", len(body)) + body)
        stream.flush()
        answer = io.BytesIO(stream.read(struct.unpack(">i", stream.read(4))[0]))
    answer.read(4 + 4 + 2 + len(topic) + 4)  # correlation, one topic, its name, how many partitions
    found = {}
    for _ in range(partitions):
        number, offset, size = struct.unpack(">iqh", answer.read(14))
        found[number] = offset, answer.read(max(size, 0)).decode()
        (error,) = struct.unpack(">h", answer.read(2))
        assert error == 0, f"{topic}/{number}: error {error}"
    return [found[number] for number in range(partitions)]


def header_values(message):
    """Name -> value; a name that comes twice is an error of ours."""
    headers = message.headers() or []
    assert len({name for name, _ in headers}) == len(headers), headers
    return {name: value.decode() for name, value in headers}


def duplicates(values):
    return {value: count for value, count in collections.Counter(values).items() if count > 1}
