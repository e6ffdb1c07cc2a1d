"""A receiver of HTTP deliveries on 127.0.0.1: records every request, and answers as it is told.

One asyncio loop on a thread of its own with a parser of the little HTTP that is needed, so that tens of thousands of
requests cost seconds. What it has seen may be read from any thread."""

import asyncio
import collections
import dataclasses
import json
import threading
import time

from rig.processes import wait_for


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one request gets. `end` is how far it gets: whole, or middle (half of the answer's body, then closed), close
    (closed without an answer), reset (the same with RST), hang (nothing, until the client goes), held (whole, after the
    receiver's release())."""

    status: int = 200
    delay_seconds: float = 0
    headers: tuple = ()  # pairs of texts
    body: bytes = b"{}"
    end: str = "whole"

    def accepts(self):
        """Whether the client must take it as delivered."""
        return 200 <= self.status <= 299 and self.end in ("whole", "middle", "held")


OK = Answer()
HANG = Answer(end="hang")
HELD = Answer(end="held")
CLOSE = Answer(end="close")
RESET = Answer(end="reset")
MIDDLE = Answer(end="middle")


def retry_after(status, seconds):
    return Answer(status, headers=(("Retry-After", str(seconds)),))


@dataclasses.dataclass(frozen=True)
class Request:
    path: str
    headers: dict  # names in small letters
    body: bytes
    key: str  # Idempotency-Key
    at: float  # time.monotonic()
    answer: Answer

    def json(self):
        return json.loads(self.body)


class Connection(asyncio.Protocol):
    def __init__(self, receiver):
        self.receiver = receiver
        self.transport = None
        self.received = b""
        self.busy = False  # a request is not answered yet

    def connection_made(self, transport):
        self.transport = transport
        self.receiver.connections += 1
        self.receiver.transports.add(transport)

    def connection_lost(self, _):
        self.receiver.transports.discard(self.transport)
        if self.busy:
            self.receiver.in_flight -= 1

    def data_received(self, data):
        self.received += data
        self.next_request()

    def next_request(self):
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if self.busy or not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            return
        self.received = rest[size:]
        self.busy = True
        answer = self.receiver.record(first.split(" ")[1], headers, rest[:size])
        if answer.delay_seconds:
            asyncio.get_running_loop().call_later(answer.delay_seconds, self.give, answer)
        else:
            self.give(answer)

    def give(self, answer):
        if self.transport.is_closing() or answer.end == "hang":
            return
        if answer.end == "held" and self.receiver.holding:
            self.receiver.held.append((self, answer))
        elif answer.end == "close":
            self.transport.close()
        elif answer.end == "reset":
            self.transport.abort()
        elif answer.end == "middle":
            self.transport.write(self.head(answer) + answer.body[:len(answer.body) // 2])
            self.transport.close()
        else:
            self.transport.write(self.head(answer) + answer.body)
            self.busy = False
            self.receiver.in_flight -= 1
            self.next_request()

    @staticmethod
    def head(answer):
        lines = [f"HTTP/1.1 {answer.status} Told", "Content-Type: application/json", f"Content-Length: {len(answer.body)}",
                 *(f"{name}: {text}" for name, text in answer.headers)]
        return "\r\n".join([*lines, "", ""]).encode()


class Receiver:
    """Paths answer 200 until they are told otherwise with answer() or choose()."""

    def __init__(self, tls=None):
        self.tls = tls  # an ssl.SSLContext
        self.requests = []
        self.counts = collections.Counter()  # (path without query, key) -> requests
        self.connections = 0
        self.in_flight = 0
        self.in_flight_most = 0
        self.transports = set()
        self.holding = True
        self.held = []
        self._choices = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = 0
        self.listen()

    def url(self, path):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    # What it is told

    def answer(self, path, *answers):
        """The requests with the same key get these in order, the last one again and again."""
        self.choose(path, lambda _, number: answers[min(number, len(answers)) - 1])

    def choose(self, path, choice):
        """choice(key, number) gives the answer to the number-th request with this key; on the receiver's thread."""
        self._choices[path] = choice

    def release(self):
        """Answers what is held, and holds nothing any more."""
        self._do(self._release())

    # What it has seen

    def record(self, path, headers, body):
        """The answer to a request."""
        key = headers.get("idempotency-key", "")
        place = path.partition("?")[0]
        self.counts[place, key] += 1
        self.in_flight += 1
        self.in_flight_most = max(self.in_flight_most, self.in_flight)
        choice = self._choices.get(place)
        answer = choice(key, self.counts[place, key]) if choice else OK
        self.requests.append(Request(path, headers, body, key, time.monotonic(), answer))
        return answer

    def wait_requests(self, count, budget_seconds=30):
        """At least so many."""
        wait_for(lambda: len(self.requests) >= count, budget_seconds, f"{count} requests, not {len(self.requests)}")
        return self.requests

    def keys(self):
        """Idempotency key -> how many requests."""
        return collections.Counter(request.key for request in list(self.requests))

    def accepted(self):
        """Idempotency key -> how often it was taken: more than once is a notification that somebody got twice, were it not
        for the key."""
        return collections.Counter(request.key for request in list(self.requests) if request.answer.accepts())

    # The end

    def drop_connections(self):
        """Resets what is open, in the middle of whatever it is."""
        self._do(self._drop())

    def refuse_connections(self):
        """As if it had died, until listen()."""
        self._do(self._refuse())

    def listen(self):
        """On the same port each time."""
        self._do(self._listen())

    def close(self):
        self.refuse_connections()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        self._server = await self._loop.create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=1024,
                                                      ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _release(self):
        self.holding = False
        for connection, answer in self.held:
            connection.give(answer)
        self.held.clear()

    async def _refuse(self):
        self._server.close()
        await self._server.wait_closed()
        await self._drop()

    async def _drop(self):
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0)  # until they are gone
