"""The chunks' kernel hides Matplotlib and pandas from Quarto's first cell, and from that cell alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SESSION = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.safe_execfile("manuscript/kernel.py", shell.user_ns, raise_exceptions=True)
first = shell.run_cell('''
found = []
for name in ("matplotlib.pyplot", "pandas"):
    try:
        __import__(name)
        found.append(name)
    except ImportError:
        pass
assert not found, found
%reset -f
''')
second = shell.run_cell("import matplotlib.pyplot, pandas")
assert first.success and second.success
"""


def test_only_the_first_cell_goes_without_the_heavy_libraries():
    done = subprocess.run([sys.executable, "-c", SESSION], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_kernel_starts_with_a_file_that_exists():
    settings = dict(line.split("=", 1) for line in (ROOT / "_environment").read_text(encoding="utf-8").splitlines() if line)
    assert (ROOT / settings["PYTHONSTARTUP"]).is_file()
