"""The rig itself, without carillon: servers that start, stop and come back, transactions that show only when committed."""

import http.client
import struct
import threading

import confluent_kafka
import pytest

from rig.avro import Schema, fingerprint
from rig.clients import TopicReader, TriggerProducer, duplicates, read_topic
from rig.kafka_broker import KafkaBroker
from rig.processes import wait_for
from rig.receiver import CLOSE, HANG, HELD, MIDDLE, OK, RESET, Answer, retry_after
from rig.redis_server import RedisServer


def transactional_producer(address, name):
    producer = confluent_kafka.Producer({"bootstrap.servers": address, "transactional.id": name, "log_level": 0})
    producer.init_transactions(30)
    return producer


def test_fingerprints_are_the_specification_s():
    # The values of Avro's own test suite (share/test/data/schema-tests.txt).
    assert struct.unpack("<Q", fingerprint("int"))[0] == 0x7275D51A3F395C8F
    assert struct.unpack("<q", fingerprint("null"))[0] == 7195948357588979594


def test_framed_values_come_back():
    schema = Schema({"type": "record", "name": "T", "fields": [{"name": "a", "type": "string"}]})
    framed = schema.encode({"a": "x"})
    assert framed[:2] == b"\xc3\x01" and schema.decode(framed) == {"a": "x"}
    with pytest.raises(AssertionError):
        schema.decode(framed + b"\0")


def test_aborted_transactions_stay_hidden(kafka):
    topic = kafka.create_topic("rig.transactions", 2)
    producer = transactional_producer(kafka.address, "rig.transactions")
    for value, end in ((b"one", "commit"), (b"two", "abort"), (b"three", "commit")):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        producer.flush(10)
        getattr(producer, f"{end}_transaction")(10)
    assert [m.value() for m in read_topic(kafka.address, topic)] == [b"one", b"three"]
    assert len(read_topic(kafka.address, topic, committed_only=False)) == 3


def test_an_open_transaction_is_not_waited_for(kafka):
    topic = kafka.create_topic("rig.open")
    producer = transactional_producer(kafka.address, "rig.open")
    producer.begin_transaction()
    producer.produce(topic, b"one")
    producer.flush(10)
    with TopicReader(kafka.address, topic) as reader:
        assert reader.read_to_end() == []
        producer.commit_transaction(10)
        assert len(reader.read_until(1, 10)) == 1
        assert len(reader.read_to_end()) == 1


def test_keys_stay_on_their_partition(kafka):
    topic = kafka.create_topic("rig.keys", 8)
    producer = TriggerProducer(kafka.address)
    for number in range(2000):
        producer.send(topic, b"%d" % number, key=f"key-{number % 50}")
    producer.flush()
    messages = read_topic(kafka.address, topic)
    assert len(messages) == 2000 and not duplicates(m.value() for m in messages)
    assert len({(m.key(), m.partition()) for m in messages}) == 50


def test_a_broker_keeps_what_it_had(tmp_path):
    broker = KafkaBroker(tmp_path / "kafka").start()
    try:
        topic = broker.create_topic("kept")
        for end in (broker.stop, broker.kill):
            producer = TriggerProducer(broker.address)
            producer.send(topic, b"x")
            producer.flush()
            end()
            assert not broker.process.running()
            broker.start()
        assert len(read_topic(broker.address, topic)) == 2
    finally:
        broker.kill()


def test_redis_keeps_what_it_had(session_folder):
    server = RedisServer(session_folder / "kept", password="right", aof=True).start()
    try:
        server.client().set("a", "1")
        server.kill()
        server.start()
        assert server.client().get("a") == "1"
        assert server.socket.exists()
    finally:
        server.kill()


def post(receiver, path, key, times=1):
    """(status, Retry-After) of each answer, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=2)
    answers = []
    try:
        for _ in range(times):
            connection.request("POST", path, body=b"{}", headers={"Idempotency-Key": key})
            response = connection.getresponse()
            response.read()
            answers.append((response.status, response.headers["Retry-After"]))
    finally:
        connection.close()
    return answers


def test_the_receiver_answers_each_key_in_turn(receiver):
    receiver.answer("/x", retry_after(503, 9), Answer(404), OK)
    assert post(receiver, "/x?a=b", "one", 4) == [(503, "9"), (404, None), (200, None), (200, None)]
    assert post(receiver, "/x", "two") == [(503, "9")] and post(receiver, "/other", "two") == [(200, None)]
    assert receiver.keys() == {"one": 4, "two": 2} and receiver.accepted() == {"one": 2, "two": 1}
    assert receiver.connections == 3 and receiver.requests[0].json() == {}
    wait_for(lambda: receiver.in_flight == 0, 10, "the end of the last answer")


@pytest.mark.parametrize("answer, failure", [
    (HANG, TimeoutError), (CLOSE, http.client.RemoteDisconnected), (RESET, ConnectionResetError),
    (MIDDLE, http.client.IncompleteRead)])
def test_the_receiver_fails_as_it_is_told(receiver, answer, failure):
    receiver.answer("/x", answer)
    with pytest.raises(failure):
        post(receiver, "/x", "one")
    receiver.drop_connections()
    assert receiver.keys() == {"one": 1} and receiver.accepted() == ({"one": 1} if answer is MIDDLE else {})
    assert post(receiver, "/other", "one") == [(200, None)]


def test_the_receiver_holds_answers_until_it_is_told(receiver):
    receiver.answer("/x", HELD)
    threads = [threading.Thread(target=post, args=(receiver, f"/x?by={number}", "one")) for number in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(receiver.held) == 2, 10, "two held answers")
    receiver.release()
    for thread in threads:
        thread.join()
    assert post(receiver, "/x", "one") == [(200, None)] and receiver.accepted() == {"one": 3}
    assert receiver.counts == {("/x", "one"): 3}
    wait_for(lambda: receiver.in_flight == 0, 10, "the end of the last answer")


def test_the_receiver_goes_and_comes_back(receiver):
    receiver.refuse_connections()
    with pytest.raises(ConnectionRefusedError):
        post(receiver, "/x", "one")
    receiver.listen()
    assert post(receiver, "/x", "one") == [(200, None)]


def test_the_receiver_counts_what_comes_at_once(receiver):
    threads = [threading.Thread(target=post, args=(receiver, "/x", f"key-{number}", 500)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert receiver.keys() == {f"key-{number}": 500 for number in range(8)} and receiver.connections == 8
