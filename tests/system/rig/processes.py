"""Child processes that never outlive the tests, and waiting for what they do."""

import contextlib
import ctypes
import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import psutil

SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "WARNING: ThreadSanitizer")
PR_SET_PDEATHSIG = 1
FREE_PORTS = 10000, 32768
LIBC = ctypes.CDLL(None, use_errno=True)


def wait_for(condition, budget_seconds, what):
    """Returns the first true result of condition(); AssertionError when the budget is used up."""
    deadline = time.monotonic() + budget_seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {budget_seconds} s")
        time.sleep(0.02)


def free_ports(count):
    """Ports that nobody listens on; all different. They are by chance and below those that the kernel gives away, so that
    neither another process nor somebody's connection takes them before, or while their server is away."""
    with contextlib.ExitStack() as stack:
        ports = []
        while len(ports) < count:
            s = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", random.randrange(*FREE_PORTS)))
                ports.append(s.getsockname()[1])
        return ports


def accepts(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A program in a process group of its own, with its output in files. The kernel kills it if the tests die."""

    def __init__(self, command, folder, name, env=None):
        self.name = name
        self.stdout_path = pathlib.Path(folder) / f"{name}.out"
        self.stderr_path = pathlib.Path(folder) / f"{name}.err"
        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.child = subprocess.Popen(
                [str(part) for part in command], cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**os.environ, **(env or {})}, start_new_session=True,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))

    @property
    def pid(self):
        return self.child.pid

    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def running(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait(self, budget_seconds):
        """Its exit code, as subprocess counts (-9: killed)."""
        try:
            return self.child.wait(budget_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {budget_seconds} s:\n{self.tail()}") from None

    def terminate(self, budget_seconds=30):
        self.signal(signal.SIGTERM)
        return self.wait(budget_seconds)

    def kill(self):
        """kill -9 of the whole group; harmless if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.child.wait()

    def tail(self, lines=30):
        return "\n".join((self.stdout() + self.stderr()).splitlines()[-lines:])

    def sanitizer_reports(self):
        return [line for line in self.stderr().splitlines() if any(word in line for word in SANITIZER_REPORTS)]

    def _proc(self, name):
        return pathlib.Path(f"/proc/{self.pid}/{name}").read_text()

    def cpu_seconds(self):
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def started_seconds(self):
        """Since 1970, as the system knows it."""
        return psutil.Process(self.pid).create_time()

    def descriptors(self):
        return psutil.Process(self.pid).num_fds()

    def memory_peak_mib(self):
        line = next(line for line in self._proc("status").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
