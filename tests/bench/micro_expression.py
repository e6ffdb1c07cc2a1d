"""Expressions beside CPython's eval() of compiled code, in turns within one run: CPU nanoseconds of both, and how many
times fewer carillon's are. Usage: python3 tests/bench/micro_expression.py [build/bench/tests/bench/bench_micro_expression]"""

import re
import subprocess
import sys
import time

PAYLOAD = {"amount": 120, "price": 19.99, "currency": "EUR", "phone": None, "name": "Ann Lee", "email": "ann@example.org",
           "tags": ["vip", "new"], "paid": True, "items": [{"sku": "A-1", "quantity": 2, "price": 9.5},
                                                           {"sku": "B", "quantity": 1, "price": 3.0}]}
ROUNDS, REPEATS = 10, 20_000


def of_cpython(source):
    """Attributes of mappings are subscripts there."""
    code = compile(re.sub(r"\.(\w+)\b(?!\()", r"['\1']", source), "<expression>", "eval")
    names, best = {"payload": PAYLOAD}, float("inf")
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for _ in range(REPEATS):
            eval(code, names)
        best = min(best, (time.process_time_ns() - start) / REPEATS)
    return best


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "build/bench/tests/bench/bench_micro_expression"
    for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines():
        ours, source = re.match(r" *([\d.]+) ns  (.*)", line).groups()
        theirs = of_cpython(source)
        print(f"{float(ours):8.1f} ns, CPython {theirs:8.1f} ns: {theirs / float(ours):5.1f} times  {source}")


if __name__ == "__main__":
    main()
