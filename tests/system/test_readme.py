"""The README's example is a program: it runs as it stands, against a running worker."""

import re
import subprocess
import sys

from rig.avro import ROOT

EXAMPLES = ROOT / "schemas" / "examples"


def python_blocks():
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)


def test_the_python_example_runs(site, tmp_path):
    config = site.config(worker={"workflows": EXAMPLES / "workflows", "schemas": EXAMPLES / "schemas"})
    site.run_worker(config)
    blocks = python_blocks()
    assert blocks
    program = "\n".join(blocks)
    for default, here in (("127.0.0.1:9092", site.kafka.address), ("carillon.triggers", site.triggers),
                          ("carillon.step-completions", site.outputs["step-completions"]),
                          ("carillon.execution-completions", site.outputs["execution-completions"])):
        program = program.replace(f'"{default}"', f'"{here}"')
    (tmp_path / "example.py").write_text(program)
    ran = subprocess.run([sys.executable, tmp_path / "example.py"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "COMPLETED" in ran.stdout
