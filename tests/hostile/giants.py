"""Files that are too large, too wide, too deep or without end: each is made in a folder and given to a reader, which refuses it at once."""

import io
import struct
import zipfile
from collections.abc import Callable

import numpy as np

from tests.hostile.strategies import AGE_EXPORT_COLUMNS, BD_COLUMNS, LABEL_COLUMNS, PS_COLUMNS, SEEDS

__all__ = ["GIANTS", "LIGHT"]

_PS_HEADER = ",".join(PS_COLUMNS).encode()
_PS_ROW = SEEDS["pscomppars"][0].splitlines()[1]


def _rows(count: int, row: bytes = _PS_ROW) -> bytes:
    _, _, tail = row.partition(b",")
    return _PS_HEADER + b"\n" + b"".join(b"N%d b,%s\n" % (index, tail.replace(b"Host-0", b"N%d" % index, 1)) for index in range(count))


def _unlike(count: int) -> bytes:
    """Rows of one host, whose names all differ."""
    _, _, tail = _PS_ROW.partition(b",")
    return _PS_HEADER + b"\n" + b"".join(b"N%d b,%s\n" % (index, tail) for index in range(count))


def _bomb(name: str = "final_axis") -> bytes:
    """An archive of a few hundred kB whose one array takes 400 MB."""
    stream = io.BytesIO()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (50_000_000,)})
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open(f"{name}.npy", "w") as member:
        member.write(header.getvalue())
        for _ in range(100):
            member.write(bytes(4_000_000))
    return stream.getvalue()


def _declared(size: int) -> bytes:
    """A small archive whose array declares `size` numbers."""
    stream = io.BytesIO()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (size,)})
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("final_axis.npy", header.getvalue() + bytes(80))
    return stream.getvalue()


def _lying_directory() -> bytes:
    """An archive whose directory says that a member is 2 GB long."""
    raw = bytearray(SEEDS["ladder"][0])
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 2**31 - 1)
    return bytes(raw)


GIANTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a cell of 100 MB": ("pscomppars", lambda: _PS_HEADER + b"\n" + b"x" * 100_000_000),
    "a line of 99 MB within quotes": ("pscomppars", lambda: _PS_HEADER + b'\n"' + b"x" * 99_000_000 + b'"\n'),
    "99 MB of one character beyond ASCII": ("pscomppars", lambda: _PS_HEADER + b"\n" + "\U0001f600".encode() * 24_000_000),
    "99 MB of quoted line ends": ("pscomppars", lambda: _PS_HEADER + b'\n"' + b"\n" * 99_000_000),
    "99 MB of blank lines": ("brown dwarfs", lambda: b"\n" * 99_000_000),
    "99 MB of comments": ("brown dwarfs", lambda: b"#\n" * 49_000_000),
    "a million columns": ("pscomppars", lambda: b",".join(b"c%d" % index for index in range(1_000_000)) + b"\n" + b"," * 999_999),
    "a million columns of one name": ("pscomppars", lambda: b"pl_name," * 1_000_000),
    "ten million rows": ("pscomppars", lambda: _PS_HEADER + b"\n" + b"a,b\n" * 10_000_000),
    "two hundred thousand rows with the columns required": (
        "pscomppars", lambda: b"pl_name,hostname,discoverymethod,st_mass,pl_bmassj,pl_orbsmax,pl_orbeccen\n"
        + b"".join(b"N%d b,N%d,Transit,%f,.01,%f,.1\n" % (n, n, 0.1 + n / 1e6, 0.1 + n / 1e5) for n in range(199_000)),
    ),
    "thirty-nine thousand rows of the archive": ("pscomppars", lambda: _rows(39_000)),
    "one host with many thousand companions": ("both catalogues", lambda: _unlike(39_000)),
    "twenty thousand rows of the other catalogue": (
        "brown dwarfs", lambda: ",".join(BD_COLUMNS).encode() + b"\n" + b"".join(b"HD%d,rv,,,,20,1,2,100,.1,.2,.3,.01,.02,.12,.01,.02,,,,,,,x\n" % n for n in range(20_000)),
    ),
    "five thousand columns of emoji": (
        "pscomppars",
        lambda: b",".join([_PS_HEADER, *(b"c%d" % index for index in range(4_900))]) + b"\n"
        + (b"," * (len(PS_COLUMNS) - 1) + ",abcdefgh\U0001f600".encode() * 4_900 + b"\n") * 1_500,
    ),
    "a number of 100 000 digits that is none": ("pscomppars", lambda: _rows(1).replace(b"0.15", b"1" * 100_000 + b"x", 1)),
    "a name of 100 000 accents": ("pscomppars", lambda: _rows(1).replace(b"N0 b", "\u0301\u0316".encode() * 50_000, 1)),
    "a host that is all blanks and hyphens": ("brown dwarfs", lambda: SEEDS["brown dwarfs"][0].replace(b"HD1000", b" -" * 60_000, 1)),
    "labels of 1 MB": ("labels", lambda: ",".join(LABEL_COLUMNS).encode() + b"\n" + b"".join(b"N%d,%d,x\n" % (n, n % 2) for n in range(95_000))),
    "labels of one line": ("labels", lambda: b",".join([b"companion_name,label,reference", b"x" * 4_000_000])),
    "labels beyond any use": ("labels", lambda: b"x" * 50_000_000),
    "ages with many aliases": ("age export", lambda: ",".join(AGE_EXPORT_COLUMNS).encode() + b"\n" + b'A,0.1,5,1,1,"' + b"b," * 60_000 + b'",\n'),
    "lists in lists": ("run.toml", lambda: b"[kozai]\ndraws = " + b"[" * 200_000),
    "tables in tables": ("run.toml", lambda: b"[" + b"a." * 100_000 + b"a]\nx = 1\n"),
    "dotted keys": ("run.toml", lambda: b"".join(b"a%d.%s = 1\n" % (index, b".".join([b"b"] * 100)) for index in range(1_000))),
    "a parameter file of 200 kB of keys": ("run.toml", lambda: b"[kozai]\n" + b"".join(b"k%d = 1\n" % index for index in range(20_000))),
    "a parameter file of 10 MB": ("run.toml", lambda: b"# x\n" * 2_500_000),
    "a whole number of 200 000 digits": ("run.toml", lambda: b"[kozai]\ndraws = " + b"9" * 200_000),
    "a hexadecimal number of 200 000 digits": ("run.toml", lambda: b"[kozai]\ndraws = 0x" + b"f" * 200_000),
    "a list of a hundred thousand numbers": ("run.toml", lambda: b"[kozai]\nages = [" + b"1," * 100_000 + b"]"),
    "brackets without end": ("manifest", lambda: b"[" * 4_000_000),
    "a manifest of 200 000 files": ("manifest", lambda: b'{"files": {' + b",".join(b'"f%d": 1' % index for index in range(200_000)) + b"}}"),
    "objects without end": ("simulation manifest", lambda: b'{"files":' * 400_000),
    "an array that expands to 400 MB": ("ladder", _bomb),
    "an array that declares 10^18 numbers": ("ladder", lambda: _declared(10**18)),
    "a member that declares 2 GB": ("ladder", _lying_directory),
    "100 MB that are no archive": ("ensemble", lambda: b"PK\x03\x04" * 25_000_000),
}
LIGHT = (
    "a million columns of one name", "one host with many thousand companions", "a number of 100 000 digits that is none", "a name of 100 000 accents",
    "a host that is all blanks and hyphens", "labels of one line", "lists in lists", "tables in tables", "a hexadecimal number of 200 000 digits", "brackets without end",
    "objects without end", "an array that declares 10^18 numbers", "a member that declares 2 GB", "a list of a hundred thousand numbers",
)
