"""A real redis-server on a free TCP port and a unix socket, in a folder of its own."""

import pathlib

import redis

from rig.processes import Process, free_ports, wait_for

DATABASES = 4096


class RedisAddress:
    """A Redis that somebody has started."""

    def __init__(self, port, socket, password=None):
        self.port = port
        self.socket = socket
        self.password = password

    def client(self, database=0):
        return redis.Redis(host="127.0.0.1", port=self.port, password=self.password, db=database, decode_responses=True)

    def url(self, database=0, password=None):
        credentials = f":{password}@" if password else ""
        return f"redis://{credentials}127.0.0.1:{self.port}/{database}"

    def unix_url(self):
        return f"unix://{self.socket}"


class RedisServer(RedisAddress):
    """Keeps ports and data (with `aof`) over stop and start; over a kill as well, where appendfsync is always."""

    def __init__(self, folder, password=None, aof=False, appendfsync="always"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # A unix socket's path has at most 107 bytes, and pytest's folders are long: the name is short.
        super().__init__(*free_ports(1), self.folder / "s", password)
        self.aof = aof
        self.appendfsync = appendfsync  # from the next start on
        self.process = None

    def start(self):
        options = {"port": self.port, "bind": "127.0.0.1", "unixsocket": self.socket, "dir": self.folder, "save": "",
                   "databases": DATABASES, "appendonly": "yes" if self.aof else "no", "appendfsync": self.appendfsync,
                   "maxmemory-policy": "noeviction"}
        if self.password:
            options["requirepass"] = self.password
        self.process = Process(["redis-server", *(part for key, value in options.items()
                                                  for part in (f"--{key}", value))], self.folder, "redis")
        wait_for(self._answers, 10, "Redis's start")
        return self

    def _answers(self):
        assert self.process.running(), self.process.tail()
        try:
            return self.client().ping()
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
            return False

    def stop(self):
        return self.process.terminate()

    def kill(self):
        return self.process.kill()
