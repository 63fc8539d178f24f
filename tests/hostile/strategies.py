"""Inputs that people and machines really make wrong, and those that someone means to: strategies of bytes for every target."""

import csv
import io
import json
import random
from functools import cache

import numpy as np
from hypothesis import strategies as st

from analysis.catalogue.corrections import FIELDS as CORRECTION_FIELDS
from analysis.catalogue.gaia import COLUMN_NAMES as GAIA_COLUMNS
from analysis.catalogue.host_ages import FIELDS as AGE_FIELDS
from analysis.catalogue.manifest import FROZEN
from analysis.catalogue.target import FIELDS as TARGET_FIELDS
from analysis.config import Config, parameters
from analysis.migration.frozen import SIMULATIONS
from tests.catalogue.exports import BD_DEFAULTS, PS_DEFAULTS, bd_row, ps_row

__all__ = ["CELLS", "SEEDS", "STRATEGIES"]

NUMBERS = (
    "0", "-0", "-1", "1", "0.5", "0.99999999999999999", "1e308", "1e309", "-1e308", "1e-400", "5e-324", "nan", "NaN", "-nan", "inf", "-inf", "Infinity",
    "0x10", "0b1", "1_000", "1,5", "1.5.2", "1e5e5", "--1", "+-1", "1 000", "1\u00a0000", "\u00a01", "\u0663.\u0661", "\uff11\uff10", "10\u00b2", "\u2460", "\u00bd",
    "\u22121", "\u20131", "1\u2014", "9" * 40, "9" * 70, "1" * 5000, "1" * 5000 + "x", "." * 100, "1e" + "9" * 50, "True", "None", "null", "N/A", "--", "TRUE", "#N/A",
    "#REF!", "1d5", "1E+2", "13.81", "20", "-273", "360.0001", "90.5", "2020.5", "1e4", "1e5",
)
TEXTS = (
    "", " ", "=1+1", "=HYPERLINK(\"http://x\",\"y\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx", "'=1", "''=1", "-", "\uff1d1", "a\x00b", "\x1b[31mred", "\x07", "a\u202eb",
    "\u200fb", "\u200b", "\ufeffx", "\ud7ff", "\U0001f600" * 5, "\u0301" * 300, "e\u0301", "\ufdfa" * 30, "\u2028", "a\nb", "a\r\nb", "a,b", 'a"b', "a'b", "<script>alert(1)</script>",
    "{{< include /etc/passwd >}}", "![](http://x/y.png)", "[x](javascript:1)", "`x`{=html}", "$x$", "\\input{x}", "a|b", "../../etc/passwd", "/dev/zero", "x" * 199, "x" * 201,
    "x" * 5000, "TOI-6894", "TOI-6894 b", "Host-1", "Host-1 b", "\u03b2 Pic", "\u661f", "***", "% s %n %d", "{0.__class__}", "Transit", "Radial Velocity", "Microlensing", "Imaging",
)
CELLS = NUMBERS + TEXTS
_any_text = st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace").decode())
_number = st.one_of(st.floats(allow_nan=True).map(repr), st.integers(-(10**6), 10**6).map(str), st.floats(-10, 20).map(lambda value: f"{value:.3g}"))
cells = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(TEXTS), _number, _any_text)


def _csv(header: list[str], rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


@st.composite
def _worn(draw, text: str) -> bytes:
    """`text` as bytes in some encoding, with the accidents of transfer."""
    raw = text.encode("utf-8", "replace")
    for accident in draw(st.lists(st.sampled_from(_ACCIDENTS), max_size=2)) if draw(st.booleans()) else ():
        raw = accident(raw, draw(st.integers(0, max(0, len(raw)))))
    return raw


def _repeated_line(raw: bytes, at: int) -> bytes:
    lines = raw.splitlines(keepends=True)
    return b"".join([*lines, lines[at % len(lines)]]) if lines else raw


_ACCIDENTS = (
    lambda raw, at: raw[:at],
    lambda raw, at: b"\xef\xbb\xbf" + raw,
    lambda raw, at: raw.decode("utf-8", "replace").encode("utf-16"),
    lambda raw, at: raw.decode("utf-8", "replace").encode("latin-1", "replace").replace(b"?", b"\xe9"),
    lambda raw, at: raw.replace(b"\n", b"\r\n"),
    lambda raw, at: raw.replace(b"\n", b"\r"),
    lambda raw, at: raw.replace(b"\n", b"\r\n", 1),
    lambda raw, at: raw[:at] + b"\0" + raw[at:],
    lambda raw, at: raw[:at] + b'"' + raw[at:],
    lambda raw, at: raw[:at] + b"\n" + raw[at:],
    lambda raw, at: raw[:at] + bytes([at % 256]) + raw[at + 1 :],
    lambda raw, at: raw.replace(b",", b";"),
    lambda raw, at: raw.replace(b",", b"\t"),
    lambda raw, at: b"# comment, \"unclosed\n" + raw,
    lambda raw, at: b"\n\n" + raw + b"\n \n",
    lambda raw, at: b"<!DOCTYPE html>" + raw,
    _repeated_line,
    lambda raw, at: raw + raw,
    lambda raw, at: raw.rstrip(b"\n"),
)


@st.composite
def _table(draw, columns: list[str], rows: list[list[str]], most_rows: int = 4, whole: bool = False) -> bytes:
    """A table of a few sound rows, or of all where it makes sense only as a `whole`, with hostile cells, header and bytes."""
    header = list(columns)
    chosen = rows if whole and draw(st.integers(0, 3)) else draw(st.lists(st.sampled_from(rows), min_size=draw(st.integers(0, 8)) > 0, max_size=most_rows, unique_by=tuple))
    body = [list(row) for row in chosen]
    for _ in range(draw(st.integers(0, 3))):
        if body:
            body[draw(st.integers(0, len(body) - 1))][draw(st.integers(0, len(columns) - 1))] = draw(cells)
    change = draw(st.integers(0, 19))
    at = draw(st.integers(0, len(columns) - 1))
    if change == 0:
        header[at] = draw(cells)
    elif change == 1:
        header[at] = header[draw(st.integers(0, len(columns) - 1))]
    elif change == 2:
        header, body = header[:at], [row[:at] for row in body]
    elif change == 3 and body:
        body[0] = body[0][:at]
    elif change == 4:
        header, body = [*header, draw(cells)], [[*row, draw(cells)] for row in body]
    return draw(_worn(_csv(header, body)))


def _rows_of(path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(line for line in stream if not line.startswith("#"))
    return header, rows


@cache
def _frozen(name: str) -> tuple[list[str], list[list[str]]]:
    header, rows = _rows_of(FROZEN / name)
    return header, random.Random(1).sample(rows, min(40, len(rows)))


PS_COLUMNS = [*PS_DEFAULTS, "disc_year", "ra", "dec", "sy_dist", "st_age", "st_ageerr1", "st_ageerr2", "pl_controv_flag", "pl_bmasse", "pl_radj"]
PS_COLUMNS = list(dict.fromkeys(PS_COLUMNS))
PS_ROWS = [
    [{**ps_row(index), "ra": "12.5", "dec": "-3", "sy_dist": "10", "st_age": "5", "st_ageerr1": "1", "st_ageerr2": "-1"}.get(name, "") for name in PS_COLUMNS]
    for index in range(8)
]
BD_COLUMNS = list(BD_DEFAULTS)
BD_ROWS = [[bd_row(host_star=f"HD{1000 + index // 2}", period=100 + index, mass=30 if index % 3 else "")[name] for name in BD_COLUMNS] for index in range(8)]
LABEL_COLUMNS = ["companion_name", "label", "reference"]
LABEL_ROWS = [[f"Host-{index} b", ("planet", "binary", "1", "0")[index % 4], "A & B 2020, ApJ 1, 2"] for index in range(12)]
AGE_EXPORT_COLUMNS = ["star_name", "star_mass", "star_age", "star_age_error_min", "star_age_error_max", "star_alternate_names", "updated"]
AGE_EXPORT_ROWS = [
    ["TRAPPIST-1", "0.09", "7.6", "2.2", "2.2", "2MASS J23062928-0502285", "2020-01-01"], ["GJ 1132", "0.18", "5", "0", "10", "", "2021-01-01"],
    ["GJ 1132", "0.18", "6", "", "", "", "2022-01-01"], ["Sun", "1", "4.6", "0.1", "0.1", "Sol,Helios", ""], ["Old", "0.1", "15", "1", "1", "", ""],
]

GAIA_ROWS = [
    [{"host_name": f"Host-{index}", "gaia_dr3_id": str(10**17 + index), "asked_on": "2026-01-02", "in_gaia_source": "1", "ra_deg": "1", "dec_deg": "2", "ruwe": "1.1",
      "parallax_mas": "30", "parallax_mas_err": "0.1", "g_mag": "15", "non_single_star": "0"}.get(name, "") for name in GAIA_COLUMNS]
    for index in range(5)
]
FACT_COLUMNS, FACT_ROWS = _rows_of(FROZEN.parent / "vetting.csv")

_SCALARS = st.one_of(
    st.sampled_from([
        "1", "-1", "0", "1.5", "1e308", "1e400", "-inf", "inf", "nan", "+nan", "0x10", "0o7", "0b1", "1_000", "9" * 30, "9" * 5000, "0x" + "f" * 5000, "true", "false",
        '"text"', "'text'", '""', "[]", "[1, 2]", "[[1]]", "[1.5, nan]", "[true]", '["a"]', "{a = 1}", "1979-05-27", "07:32:00", '"\\u0000"', '"a\\nb"', '"\\u202e"',
        "[" * 3000, "[" * 3000 + "]" * 3000, "\"" + "x" * 5000 + "\"", "1\n[x]\ny = 2", "1 # comment", "", " ", "\u0661", "\uff11", "=", "1e5e5", "[1,]", "[" + "1," * 500 + "]",
        "'''\n'''", '"/dev/zero"', '"../../x"', "{" * 300,
    ]),
    st.floats().map(repr), st.integers().map(str), st.integers(-(2**70), 2**70).map(str), _any_text,
)
_PARAMETERS = st.sampled_from([name for name, *_ in parameters(Config())])


@st.composite
def _toml(draw) -> bytes:
    lines: list[str] = []
    for name in draw(st.lists(_PARAMETERS, max_size=4)):
        section, _, parameter = name.partition(".")
        shape = draw(st.integers(0, 9))
        if shape == 0:
            section = draw(st.one_of(_any_text, st.sampled_from(['"a\\nb"', "x" * 5000, "a." * 400 + "a", '"\\u202e"', "[kozai]"])))
        elif shape == 1:
            parameter = draw(st.one_of(_any_text, st.sampled_from(['"a\\nb"', "x" * 5000, "draws.x", '""'])))
        lines.append(f"[{section}]\n{parameter} = {draw(_SCALARS)}\n")
    return draw(_worn("\n".join(lines)))


@st.composite
def _option(draw) -> bytes:
    text = f"{draw(st.one_of(_PARAMETERS, _any_text))}={draw(_SCALARS)}"
    return text.encode("utf-8", "replace") if draw(st.integers(0, 9)) else draw(st.binary(max_size=60))


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _any_text, st.sampled_from(["../../etc/passwd", "/etc/passwd", "a/b", "x\x00", "a" * 300, "f" * 64])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_any_text, inner, max_size=3)), max_leaves=6,
)


def _places(value, path=()):
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*path, key))


def _replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


@st.composite
def _manifest(draw, source) -> bytes:
    """A real MANIFEST with one part replaced, one file renamed, or its bytes worn."""
    content = json.loads(source)
    kind = draw(st.integers(0, 5))
    if kind <= 1:
        shallow = [path for path in _places(content) if len(path) <= 3]
        content = _replaced(content, draw(st.sampled_from(shallow)), draw(_json))
    elif kind == 2:
        name = draw(st.one_of(_any_text, st.sampled_from(["../companions.csv", "/etc/passwd", "a/../../b", "..", ".", "", "a\nb", "C:\\x", "\u202e.csv", "companions.csv "])))
        files = dict(content["files"])
        files[name] = files.pop(draw(st.sampled_from(sorted(files))))
        content = {**content, "files": files}
    elif kind == 3:
        entry = draw(st.sampled_from(sorted(content["files"])))
        content["files"][entry] = {**content["files"][entry], "sources": draw(st.sampled_from([["/etc/passwd"], ["../x"], ["a"], "abc", 3, [3], ["\x00"]]))}
    elif kind == 4:
        return draw(st.sampled_from([b"[" * 100_000, b'{"files":' * 30_000, b'{"files": {"a": ' + b"9" * 5000 + b"}}", b"", b"null", b"[]", b"\xff\xfe", b'{"files": NaN}', b'"files"']))
    return draw(_worn(json.dumps(content)))


_ODD_ARRAYS = (
    lambda a: a.astype("O"), lambda a: a.astype("U8"), lambda a: a.astype("S4"), lambda a: a.astype("c16"), lambda a: a[:1], lambda a: a[:0], lambda a: a[:, None],
    lambda a: np.asarray(a[0] if a.ndim and a.size else a), lambda a: a.astype("M8[s]") if a.dtype.kind in "iu" else a.astype("f2"), lambda a: np.full(a.shape, np.nan),
    lambda a: a.astype(">f8") if a.dtype.kind != "U" else a, lambda a: np.asfortranarray(np.stack([a, a])), lambda a: np.zeros(a.shape, [("x", "f8")]),
)


@st.composite
def _npz(draw, source: bytes) -> bytes:
    """A real archive with an array replaced, added, removed, pickled, or its bytes damaged."""
    kind = draw(st.integers(0, 9))
    raw = bytearray(source)
    if kind <= 3:
        for _ in range(draw(st.integers(1, 4))):
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
        return bytes(raw)
    if kind == 4:
        return bytes(raw[: draw(st.integers(0, len(raw)))])
    if kind == 5:
        at = draw(st.integers(0, 40))
        tail = bytearray(raw[-4096:])
        tail[-1 - at] = draw(st.integers(0, 255))
        return bytes(raw[:-4096] + tail)
    with np.load(io.BytesIO(source)) as found:
        arrays = {name: found[name] for name in found.files[:15]}
    name = draw(st.sampled_from(sorted(arrays)))
    if kind == 6:
        del arrays[name]
    elif kind == 7:
        arrays[draw(st.sampled_from(["../x", "/etc/x", "a/b/c/d", "x", "\u202e", "about "]))] = np.zeros(3)
    elif kind == 8 and "about" in arrays:
        arrays["about"] = np.array(draw(st.sampled_from(["{}", "[]", "null", "{", "[" * 5000, '{"settings": 3}', '{"settings": {"draws": {}}}', ""])))
    else:
        try:
            arrays[name] = draw(st.sampled_from(_ODD_ARRAYS))(arrays[name])
        except (ValueError, TypeError):
            arrays[name] = np.array([None, {}], dtype=object)
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _or_junk(strategy):
    return st.one_of(strategy, strategy, strategy, strategy, strategy, strategy, strategy, strategy, strategy, st.binary(max_size=400))


def _read(path) -> bytes:
    return path.read_bytes()


SEEDS: dict[str, list[bytes]] = {
    "pscomppars": [_csv(PS_COLUMNS, PS_ROWS[:3]).encode()], "brown dwarfs": [_csv(BD_COLUMNS, BD_ROWS[:4]).encode()],
    "both catalogues": [_csv(PS_COLUMNS, PS_ROWS[:3]).encode()], "labels": [_csv(LABEL_COLUMNS, LABEL_ROWS).encode(), _read(FROZEN.parent / "anchors.csv")],
    "run.toml": [b"[kozai]\ndraws = 100\nages = [0.1, 1.0]\n[selection]\npercent = 50.0\n"], "--set": [b"kozai.draws=400", b'catalogue.ps="x"'],
    "manifest": [_read(FROZEN / "MANIFEST.json")], "frozen table": [_csv(_frozen("companions.csv")[0], _frozen("companions.csv")[1][:4]).encode()],
    "corrections": [_read(FROZEN / "corrections.csv")], "host ages": [_read(FROZEN / "host_ages.csv")], "target": [_read(FROZEN / "toi6894.csv")],
    "cross-match": [_csv(list(GAIA_COLUMNS), GAIA_ROWS).encode()], "facts": [_read(FROZEN.parent / "vetting.csv")],
    "age export": [_csv(AGE_EXPORT_COLUMNS, AGE_EXPORT_ROWS).encode()], "simulation manifest": [_read(SIMULATIONS / "MANIFEST.json")],
    "ladder": [_read(SIMULATIONS / "ladder.npz")], "ensemble": [_read(SIMULATIONS / "ensemble_tolerance_tight.npz")],
    "calibration": [_read(SIMULATIONS / "calibration.npz")],
}
STRATEGIES = {
    "pscomppars": _or_junk(_table(PS_COLUMNS, PS_ROWS)), "brown dwarfs": _or_junk(_table(BD_COLUMNS, BD_ROWS)), "both catalogues": _table(PS_COLUMNS, PS_ROWS),
    "labels": _or_junk(_table(LABEL_COLUMNS, LABEL_ROWS, 12, True)), "run.toml": _or_junk(_toml()), "--set": _option(),
    "manifest": _or_junk(_manifest(SEEDS["manifest"][0])), "frozen table": _or_junk(_table(*_frozen("companions.csv"))),
    "corrections": _or_junk(_table(CORRECTION_FIELDS, _frozen("corrections.csv")[1], 6)), "host ages": _or_junk(_table(AGE_FIELDS, _frozen("host_ages.csv")[1], 6)),
    "target": _or_junk(_table(TARGET_FIELDS, _frozen("toi6894.csv")[1], 13, True)), "age export": _or_junk(_table(AGE_EXPORT_COLUMNS, AGE_EXPORT_ROWS)),
    "cross-match": _or_junk(_table(list(GAIA_COLUMNS), GAIA_ROWS)), "facts": _or_junk(_table(FACT_COLUMNS, FACT_ROWS, 8)),
    "simulation manifest": _or_junk(_manifest(SEEDS["simulation manifest"][0])), "ladder": _or_junk(_npz(SEEDS["ladder"][0])),
    "ensemble": _or_junk(_npz(SEEDS["ensemble"][0])), "calibration": _or_junk(_npz(SEEDS["calibration"][0])),
}
