"""Any name of a file is fine, anything but an ordinary file is refused at once, and nothing in a data file leads out of its folder or runs."""

import io
import json
import os
import pickle
import shutil
import signal

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.arrays import check_simulation
from analysis.catalogue.frozen import read_companions
from analysis.catalogue.manifest import COMPANIONS, FROZEN, read_manifest, verified
from analysis.catalogue.read_bd import read_bd
from analysis.catalogue.read_pscomppars import read_pscomppars
from analysis.config import Config, parameters
from analysis.errors import InputError
from analysis.inputs import sentence
from analysis.migration.frozen import SIMULATIONS
from analysis.migration.ladder import store as ladder_store
from tests.catalogue.exports import bd_row, ps_row, write_bd, write_ps
from tests.hostile.strategies import SEEDS
from tests.hostile.targets import restamped

NAMES = (
    "with blanks.csv", "quote's.csv", 'double".csv', "na\u00efve \u2014 \u03c0.csv", "\u05e9\u05dc\u05d5\u05dd.csv", "\u661f.csv", "$(touch x);`id`.csv", "-rf", "--help", "=1+1.csv",
    "a%s{0}.csv", "x" * 250 + ".csv", "new\nline.csv", "\u202ecsv.exe", ".hidden", "#comment.csv", "a&b|c>d.csv",
)


@pytest.fixture(autouse=True)
def watchdog():
    """A reader that waits is stopped: a hang is a failure and not the end of the run."""
    def stop(number, frame):
        raise TimeoutError("a reader waits")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_fine(tmp_path, name):
    folder = tmp_path / "a folder, \u00e9"
    folder.mkdir()
    table, text = read_pscomppars(write_ps(folder / name, [ps_row(1)]))
    assert len(table) == 1 and text.name.isprintable() and table["source_row"].iloc[0].isprintable()
    assert len(read_bd(write_bd(folder / name, [bd_row()]))[0]) == 1
    (folder / name).write_text("pl_name\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_pscomppars(folder / name)
    assert str(error.value).isprintable() and len(str(error.value)) < 500


def test_long_paths_are_fine(tmp_path):
    folder = tmp_path
    for _ in range(12):
        folder /= "d" * 100
    folder.mkdir(parents=True)
    assert len(read_pscomppars(write_ps(folder / "export.csv", [ps_row(1)]))[0]) == 1
    with pytest.raises(InputError) as error:
        read_pscomppars(folder / "absent.csv")
    assert "absent.csv" in str(error.value) and len(str(error.value)) < 500


def odd_things(folder):
    """Paths that are no ordinary file, with a word of the sentence that refuses them."""
    (folder / "directory").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "file").write_text("x", encoding="utf-8")
    with (folder / "sparse").open("wb") as stream:
        stream.truncate(2**40)
    return {
        folder / "directory": "directory", folder / "pipe": "pipe, socket or device", "/dev/zero": "pipe, socket or device", "/dev/stdin": "", folder / "dangling": "no such file",
        folder / "loop": "cannot be read", folder / "file" / "below": "no such file", folder / "sparse": "MB", folder / ("x" * 300): "cannot be read",
        folder / "nul\0": "null character", str(folder / "bytes") + "\udcff": "UTF-8", "": "",
    }


@pytest.mark.parametrize("reader", [read_pscomppars, read_bd])
def test_what_is_no_file_is_refused(tmp_path, reader):
    for path, words in odd_things(tmp_path).items():
        with pytest.raises(InputError) as error:
            reader(path)
        assert words in str(error.value) and str(error.value).isprintable()


@pytest.mark.parametrize("option", ["--ps", "--bd", "--labels", "--run"])
def test_the_command_line_never_waits_for_a_pipe(tmp_path, capsys, option):
    logs = ["--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors"), "--outdir", str(tmp_path / "out")]
    for path, words in odd_things(tmp_path).items():
        if path and "\0" not in str(path) and path != "/dev/stdin":
            assert main([option, str(path), *logs]) == 2
            told = capsys.readouterr().err
            assert words in told and told.count("Error:") == 1 and told.count("\n") == 1 and len(told) < 520
    assert not (tmp_path / "out").exists()


def test_a_path_in_the_parameters_is_looked_at_as_one_on_the_command_line(tmp_path, capsys):
    logs = ["--logdir", str(tmp_path / "logs"), "--errordir", str(tmp_path / "errors"), "--outdir", str(tmp_path / "out")]
    paths = [name for name, _, unit, *_ in parameters(Config()) if unit == "path"]
    assert {"catalogue.ps", "catalogue.bd", "origin.labels"} <= set(paths)
    for text in (*(f'{name}="/dev/zero"' for name in paths), 'catalogue.bd="a\\u0000b"'):
        assert main(["--set", text, *logs]) == 2
        assert "expected" in capsys.readouterr().err


def test_a_link_to_an_export_is_followed(tmp_path):
    real = write_ps(tmp_path / "real.csv", [ps_row(1)])
    (tmp_path / "link.csv").symlink_to(real)
    assert len(read_pscomppars(tmp_path / "link.csv")[0]) == 1


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a/b.csv", "..", ".hidden", "", "a\nb.csv"])
def test_a_manifest_leads_nowhere_outside_its_folder(tmp_path, name):
    folder = tmp_path / "frozen"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x", encoding="utf-8")
    restamped(folder, COMPANIONS, (FROZEN / COMPANIONS).read_bytes())
    content = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))
    content["files"][name] = content["files"][COMPANIONS]
    (folder / "MANIFEST.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="plain name"):
        read_manifest(folder)


def test_a_frozen_table_is_no_link_to_elsewhere(tmp_path):
    folder = tmp_path / "frozen"
    folder.mkdir()
    restamped(folder, COMPANIONS, (FROZEN / COMPANIONS).read_bytes())
    assert len(read_companions(folder)) > 100
    shutil.move(folder / COMPANIONS, tmp_path / "elsewhere.csv")
    (folder / COMPANIONS).symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(InputError, match="link to another folder"):
        verified(COMPANIONS, folder)


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickled_array_is_refused_and_never_loaded(tmp_path):
    touched = tmp_path / "touched"
    assert pickle.loads(pickle.dumps(Bomb(touched))) and touched.exists()  # the bomb works
    touched.unlink()
    with np.load(io.BytesIO(SEEDS["ladder"][0])) as found:
        arrays = {name: found[name] for name in found.files}
    arrays["reason"] = np.array([Bomb(touched)] * len(arrays["reason"]), dtype=object)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    path = restamped(tmp_path, "ladder.npz", stream.getvalue(), json.loads((SIMULATIONS / "MANIFEST.json").read_text(encoding="utf-8")))
    with pytest.raises(InputError, match="reason"):
        check_simulation(path)
    with pytest.raises(ValueError, match="pickle|allow_pickle"):
        ladder_store.load(path)
    assert not touched.exists()


@pytest.mark.parametrize("source", ["/etc/passwd", "../../x.py", "a/../../b"])
def test_sources_of_a_simulation_stay_in_the_repository(tmp_path, source):
    path = restamped(tmp_path, "ladder.npz", SEEDS["ladder"][0], {"files": {"ladder.npz": {"sources": [source]}}})
    with pytest.raises(InputError, match="not a valid manifest"):
        check_simulation(path)


def test_a_sentence_is_one_line_whatever_it_quotes():
    told = sentence(InputError("cell 'a\nb\x1b[31m\u202e' " + "x" * 5000))
    assert told.isprintable() and len(told) < 1000 and told.startswith("cell 'a b\\x1b[31m\\u202e'")
