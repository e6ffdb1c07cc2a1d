"""A real Apache Kafka: one JVM that is broker and controller (KRaft), on free ports and a folder of its own."""

import os
import pathlib
import subprocess

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic, OffsetSpec

from rig.processes import Process, accepts, free_ports, wait_for

START_SECONDS_MAX = 120
JVM = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dcom.sun.management.jmxremote=false",
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dlog4j2.disable.jmx=true"]
BRIEF_JVM = ("-XX:TieredStopAtLevel=1",)  # starts with two thirds of the CPU
SASL_USER = ("carillon", "right")


class KafkaAddress:
    """A broker that somebody has started: `address` takes anybody; `sasl_address` asks for SASL/PLAIN as SASL_USER."""

    def __init__(self, port, sasl_port):
        self.port = port
        self.sasl_port = sasl_port
        self.address = f"127.0.0.1:{port}"
        self.sasl_address = f"127.0.0.1:{sasl_port}"

    def admin(self):
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def create_topic(self, name, partitions=1, config=None):
        self.create_topics([name], partitions, config)
        return name

    def create_topics(self, names, partitions=1, config=None):
        admin = self.admin()  # lives until the answers are there
        topics = [NewTopic(name, partitions, 1, config=config or {}) for name in names]
        for done in admin.create_topics(topics).values():
            done.result(30)
        self._wait_until_led(admin, names, partitions)

    def add_partitions(self, name, total):
        admin = self.admin()  # lives until the answers are there
        for done in admin.create_partitions([NewPartitions(name, total)]).values():
            done.result(30)
        self._wait_until_led(admin, [name], total)

    def _wait_until_led(self, admin, names, partitions):
        """The controller has them; now the broker must lead their partitions."""
        places = {TopicPartition(name, number): OffsetSpec.latest() for name in names for number in range(partitions)}
        wait_for(lambda: self._leads(admin, places), 10, f"topics {names}")

    @staticmethod
    def _leads(admin, places):
        try:
            return all(found.result(10) for found in admin.list_offsets(places).values())
        except KafkaException:
            return False


class KafkaBroker(KafkaAddress):
    """Keeps ports and data over stop and start, so that clients find it again."""

    def __init__(self, folder, jvm=BRIEF_JVM):
        self.jvm = jvm
        port, sasl_port, self.controller_port = free_ports(3)
        super().__init__(port, sasl_port)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None
        self.config = self.folder / "server.properties"
        self.config.write_text("".join(f"{key}={value}\n" for key, value in self._properties().items()))
        self._java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAQACAAAAAAAAAAQ", "-c", self.config)

    def _properties(self):
        user, password = SASL_USER
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.address},SASL_PLAINTEXT://{self.sasl_address},"
                         f"CONTROLLER://127.0.0.1:{self.controller_port}",
            "listener.security.protocol.map":
                "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config":
                f"org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}=\"{password}\";",
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            # After a kill -9 the broker's next start waits for its own last session to end.
            "broker.session.timeout.ms": 1500,
            "broker.heartbeat.interval.ms": 300,
            "group.initial.rebalance.delay.ms": 100,
            # The minimum that brokers put on a consumer's session; tests that kill a worker wait for it.
            "group.min.session.timeout.ms": 1000,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.dedupe.buffer.size": 8 << 20,
        }

    def _command(self, *arguments):
        jars = os.environ.get("CARILLON_KAFKA")
        assert jars, "CARILLON_KAFKA names the folder of Kafka's jars; tests/run sets it"
        return ["java", *JVM, *self.jvm, "-cp", f"{jars}/*", *arguments]

    def _java(self, *arguments):
        ran = subprocess.run(self._command(*arguments), cwd=self.folder, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def start(self):
        self.process = Process(self._command("kafka.Kafka", self.config), self.folder, "kafka")
        wait_for(lambda: accepts(self.port) or not self.process.running(), START_SECONDS_MAX, "Kafka's start")
        wait_for(self._answers, START_SECONDS_MAX, "Kafka's first answer")
        return self

    def _answers(self):
        assert self.process.running(), self.process.tail()
        try:
            return self.admin().list_topics(timeout=5).brokers
        except KafkaException:
            return False

    def stop(self):
        """An orderly end."""
        return self.process.terminate(60)

    def kill(self):
        """kill -9, as a lost machine."""
        return self.process.kill()
