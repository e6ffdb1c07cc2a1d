"""The one broker and the one Redis that the tests of a run share."""

import pathlib
import shutil
import tempfile

from rig.kafka_broker import KafkaBroker
from rig.redis_server import RedisServer


class SharedServers:
    """Runs from here to close()."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-"))
        self.kafka = KafkaBroker(self.folder / "kafka")
        self.redis = RedisServer(self.folder / "redis")
        try:
            self.kafka.start()
            self.redis.start()
        except BaseException:
            self.close()
            raise

    def addresses(self):
        """What another process makes a KafkaAddress and a RedisAddress of."""
        return {"kafka": [self.kafka.port, self.kafka.sasl_port],
                "redis": [self.redis.port, str(self.redis.socket), self.redis.password]}

    def close(self):
        for server in (self.kafka, self.redis):
            if server.process:
                server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
