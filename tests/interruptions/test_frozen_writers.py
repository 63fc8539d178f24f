"""Recipes that freeze simulations, killed at any file event: each file is old or new, a pair that does not fit is told, the next run is right."""

import json
import subprocess
import sys

from analysis.runtime import ROOT

FREEZE = """
import json, os, signal, sys
from pathlib import Path
import analysis
from analysis.atomic import write_atomic
from analysis.errors import InputError
from analysis.migration import frozen

folder = Path(sys.argv[1])
path, ledger = folder / "table.npz", folder / "expected.json"
OLD, NEW = b"old" * 5000, b"new" * 7000

def freeze(content):
    write_atomic(path, content)
    frozen.record(path, made_by="just a test")
    write_atomic(ledger, json.dumps({"of": content.decode()}).encode())

def attempt(at):
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event in ("os.rename", "os.remove", "os.chmod", "os.mkdir") or event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
    pid = os.fork()
    if not pid:
        sys.addaudithook(hook)
        freeze(NEW)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

found, at, status = [], 0, -9
while status == -9:
    at += 1
    freeze(OLD)
    status = attempt(at)
    whole = path.read_bytes() in (OLD, NEW) and json.loads(ledger.read_bytes())["of"].encode() in (OLD, NEW)
    try:
        frozen.verified(path)
        said = ""
    except InputError as error:
        said = str(error)
    freeze(NEW)
    found.append([status, whole, said, sorted(entry.name for entry in folder.iterdir()), frozen.verified(path).read_bytes() == NEW])
print(json.dumps(found))
"""


def test_a_kill_leaves_old_or_new_files_and_the_next_run_mends_the_rest(tmp_path):
    done = subprocess.run([sys.executable, "-c", FREEZE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    found = json.loads(done.stdout)
    assert len(found) > 8 and [status for status, *_ in found] == [-9] * (len(found) - 1) + [0]
    for _, whole, said, names, right in found:
        assert whole and right and names == ["MANIFEST.json", "expected.json", "table.npz"]
        assert not said or ("does not match its checksum" in said and "restore it from the repository or run its recipe" in said)
    assert any(said for _, _, said, *_ in found), "no kill fell between the table and its checksum"
