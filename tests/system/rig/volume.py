"""Many triggers, and exact counts of what became of them."""

import collections
import threading
import time

from rig.clients import duplicates
from rig.site import EXECUTION_COMPLETION, STEP_COMPLETION, execution_id

WORKFLOW = "note_and_mail"
STEPS = ("note", "mail")
INVALID_EVERY = 100


def is_invalid(number):
    return number % INVALID_EVERY == 0


def trigger_id(number):
    return f"t-{number}"


def differences(seen, expected):
    """What was not seen exactly once: item -> how often it was."""
    wanted = set(expected)
    return {item: seen[item] for item in wanted | set(seen) if seen[item] != (item in wanted)}


class Load:
    """`count` triggers, every hundredth invalid, each recipient with a key of its own."""

    def __init__(self, site, count):
        self.site = site
        self.count = count
        self.thread = None
        self.sent = 0
        self.held = threading.Event()
        self.released = threading.Event()

    def send(self, until=None, pause_seconds=0.0, chunk=500, hold_at=None):
        """The next triggers, up to number `until`; with a pause after each chunk, and one at number `hold_at` until
        release()."""
        for number in range(self.sent, self.count if until is None else until):
            if number == hold_at:
                self.held.set()
                self.released.wait()
            data = {"name": f"Name {number}", "email": f"{number}@example.com", "amount": number}
            if is_invalid(number):
                data["amount"] = -1
            self.site.send(WORKFLOW, f"user-{number}", data, trigger_id=trigger_id(number), key=f"user-{number}")
            self.sent = number + 1
            if pause_seconds and self.sent % chunk == 0:
                time.sleep(pause_seconds)
        self.site.flush()

    def start(self, until=None, pause_seconds=0.0, hold_at=None):
        """Sends in the background. What happens between wait_held() and release() happens in the middle."""
        self.held.clear()
        self.released.clear()
        self.thread = threading.Thread(target=self.send, args=(until, pause_seconds), kwargs={"hold_at": hold_at},
                                       daemon=True)
        self.thread.start()

    def wait_held(self, budget_seconds=120):
        assert self.held.wait(budget_seconds), f"only {self.sent} sent"

    def release(self):
        self.released.set()

    def join(self):
        self.thread.join()

    def valid(self):
        return [number for number in range(self.count) if not is_invalid(number)]

    def invalid(self):
        return [number for number in range(self.count) if is_invalid(number)]

    def wait_done(self, budget_seconds):
        assert self.sent == self.count
        self.site.wait_published("execution-completions", len(self.valid()), budget_seconds)
        self.site.wait_published("rejected", len(self.invalid()), budget_seconds)

    def check(self):
        """After the workers have ended: each event once and only once, as a read_committed consumer sees them."""
        expected = {execution_id(WORKFLOW, trigger_id(number)) for number in self.valid()}
        executions = self.site.execution_completions()
        steps = self.site.step_completions()
        assert differences(collections.Counter(e["execution_id"] for e in executions), expected) == {}
        assert {e["status"] for e in executions} == {"COMPLETED"}
        pairs = collections.Counter((step["execution_id"], step["step_id"]) for step in steps)
        assert differences(pairs, ((execution, step) for execution in expected for step in STEPS)) == {}
        assert not duplicates(event["event_id"] for event in (*steps, *executions))
        rejected = self.site.published("rejected")
        keys = collections.Counter(message.key().decode() for message in rejected)
        assert keys == collections.Counter(f"user-{number}" for number in self.invalid())

    def check_inboxes(self):
        """No step has run twice: one entry an execution."""
        assert self.site.inbox_sizes() == {f"user-{number}": 1 for number in self.valid()}
