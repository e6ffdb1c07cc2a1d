"""The instructions that a process executes, by perf_event_open(2)."""

import ctypes
import os
import platform
import struct

SYSTEM_CALLS = {"x86_64": 298, "aarch64": 241}
# perf_event_attr in its first version, PERF_ATTR_SIZE_VER0: type, size, config, period, sample_type, read_format, flags,
# wakeup_events, bp_type, bp_addr.
ATTRIBUTES = struct.Struct("=IIQQQQQIIQ")
HARDWARE_INSTRUCTIONS = 0, 1  # PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS
INHERIT = 1 << 1  # threads that are yet to come count for those that make them


def open_counter(thread, kind):
    """A descriptor, or -1."""
    number = SYSTEM_CALLS.get(platform.machine())
    attributes = ATTRIBUTES.pack(kind[0], ATTRIBUTES.size, kind[1], 0, 0, 0, INHERIT, 0, 0, 0)
    if number is None:
        return -1
    return ctypes.CDLL(None, use_errno=True).syscall(
        ctypes.c_long(number), attributes, ctypes.c_int(thread), ctypes.c_int(-1), ctypes.c_int(-1), ctypes.c_ulong(0))


class Counter:
    """Counts from its beginning on, in all threads of the process."""

    def __init__(self, process, kind=HARDWARE_INSTRUCTIONS):
        self.descriptors = [open_counter(int(thread), kind) for thread in os.listdir(f"/proc/{process.pid}/task")]

    def end(self):
        """How many there were; None where the machine does not count them, as most virtual ones do not, or not for us."""
        counts = [int.from_bytes(os.read(descriptor, 8), "little") for descriptor in self.descriptors if descriptor >= 0]
        complete = len(counts) == len(self.descriptors)
        for descriptor in self.descriptors:
            if descriptor >= 0:
                os.close(descriptor)
        return sum(counts) if complete else None
