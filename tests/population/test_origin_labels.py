"""Labels: the fallback, a good file, and one clear sentence for every bad one."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import InputError
from analysis.population.origin.labels import fallback_labels, file_labels, read_labels

HEADER = "companion_name,label,reference\n"
GOOD = HEADER + 'A b,binary,"Smith, 2020"\nB b,planet,Jones 2021\nC b,1,x\nD b,0,y\n'
NAMES = pd.Series(["A b", "B  b", "c b", "D b", "E b"])
TARGET = pd.Series(["TOI-6894 b"])


def written(tmp_path, text, name="labels with ü.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_fallback_puts_the_split_itself_on_the_low_side_and_keeps_missing():
    labels = fallback_labels(pd.Series([0.009, 0.01, np.nextafter(0.01, 1), np.nan]), 0.01)
    assert labels.iloc[:3].tolist() == [0.0, 0.0, 1.0] and np.isnan(labels.iloc[3])


@pytest.mark.parametrize("prefix", ["", "\ufeff"])
def test_a_good_file_is_matched_by_name(tmp_path, prefix):
    path = written(tmp_path, prefix + GOOD)
    labels, references = file_labels(read_labels(path), NAMES, NAMES, TARGET, path)
    assert labels.tolist()[:4] == [1.0, 0.0, 1.0, 0.0] and np.isnan(labels.iloc[4])
    assert references.tolist()[:2] == ["Smith, 2020", "Jones 2021"] and pd.isna(references.iloc[4])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lack the columns companion_name, label, reference"),
        ("companion_name,label\nA b,1\n", "lack the column reference"),
        (HEADER.replace(",", ";") + "A b;1;x\n", "separated by commas"),
        (HEADER, "0 rows"),
        (HEADER + "A b,1,x\nB b,binary,y\n", "1 class"),
        (HEADER + "A b,1,x\nB b,maybe,y\n", "line 3 has the label 'maybe'"),
        (HEADER + "A b,1,x\nB b,,y\n", "line 3 has no label"),
        (HEADER + "A b,1,x\nB b,0,\n", "line 3 has no reference"),
        (HEADER + "A b,1,x\nB b,0\n", "line 3 has 2 fields"),
        (HEADER + "A b,1,x\na  B,0,y\n", "repeats"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "cannot be read"),
        (b"PK\x03\x04\x00\x00", "lack the columns"),
        (HEADER + 'A b,1,"x\nB b,0,y\n', "cannot be read"),
    ],
)
def test_bad_files_are_explained_in_one_sentence(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    message = str(caught.value)
    assert words in message and message.startswith(str(path)) and "\n" not in message and message.endswith(".")


def test_missing_file_and_directory(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_labels(path)


def test_unknown_names_are_listed_and_the_target_is_refused(tmp_path):
    path = written(tmp_path, HEADER + "A b,1,x\nB b,0,x\n" + "".join(f"Nobody {k} b,0,x\n" for k in range(7)))
    with pytest.raises(InputError, match=r"'Nobody 0 b', .*'Nobody 4 b' and 2 more"):
        file_labels(read_labels(path), NAMES, NAMES, TARGET, path)
    labels, _ = file_labels(read_labels(path), NAMES, None, TARGET, path)  # a partial run holds only some of the names
    assert labels.notna().sum() == 2
    path = written(tmp_path, HEADER + "A b,1,x\nTOI-6894b,0,x\n")
    with pytest.raises(InputError, match="object to be scored"):
        file_labels(read_labels(path), NAMES, NAMES, TARGET, path)
