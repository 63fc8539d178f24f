"""A download that can go on where it broke off: the bytes as sent in `<name>.part`, and whose bytes they are in `<name>.part.json`."""

import fcntl
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from analysis.cache import write_atomic
from analysis.errors import InputError

__all__ = ["CutShort", "Partial", "TooLarge", "decoded", "validators"]

CHUNK = 65536  # bytes


class CutShort(Exception):
    """A compressed answer that ends before its end, or is not what its header says."""


class TooLarge(Exception):
    """An answer beyond the size limit."""


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """ETag and Last-Modified of an answer, as far as given and fit to be sent back."""
    found = {name: headers.get(name) for name in ("ETag", "Last-Modified")}
    return {name: value for name, value in found.items() if isinstance(value, str) and value and value.isascii() and value.isprintable()}


class Partial:
    """The bytes of `destination` that have arrived, for one process at a time.

    The sidecar names the address asked, the validators (ETag, Last-Modified), the encoding and the full length, so that another
    attempt, or another process, can ask for the rest alone (RFC 9110, sections 13.1.5 and 14.2). A lock of the operating system on the
    file, which ends with its process, keeps a second download of the same file out.
    """

    def __init__(self, destination: Path, address: str) -> None:
        """Open or create the file; what it holds is dropped when it belongs to another address. Raises InputError while another process is at work."""
        self.path = destination.with_name(f"{destination.name}.part")
        self._note_path = destination.with_name(f"{destination.name}.part.json")
        self._address = address
        self._stream: BinaryIO = open(self.path, "ab", buffering=0)  # noqa: SIM115  (closed by `close`)
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._stream.close()
            raise InputError(f"{destination} is being fetched by another process; wait until it has finished, then try again.") from None
        except OSError:
            pass  # a file system without locks
        self.note: dict[str, Any] = self._read_note()
        self.size = os.fstat(self._stream.fileno()).st_size
        if self.size and not self.resumable:
            self.restart({})

    def _read_note(self) -> dict[str, Any]:
        try:
            note = json.loads(self._note_path.read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(note, dict) or note.get("address") != self._address:
            return {}
        length, encoding = note.get("length"), note.get("encoding")
        return {
            "address": self._address, **validators(note), "encoding": encoding if isinstance(encoding, str) else "",
            "length": length if isinstance(length, int) else None,
        }

    @property
    def resumable(self) -> bool:
        """True when some bytes are there and a strong ETag or a date tells whether the rest still belongs to them (RFC 9110, section 13.1.5)."""
        return self.size > 0 and bool(self.condition)

    @property
    def condition(self) -> str:
        """The value of If-Range: a strong ETag, else Last-Modified, else ""."""
        etag = str(self.note.get("ETag", ""))
        return etag if etag and not etag.startswith("W/") else str(self.note.get("Last-Modified", ""))

    def restart(self, note: Mapping[str, Any]) -> None:
        """Drop the bytes and describe those to come."""
        self._stream.truncate(0)
        self.size = 0
        self.note = {"address": self._address, **note}
        write_atomic(self._note_path, (json.dumps(self.note, indent=1, sort_keys=True) + "\n").encode())

    def append(self, piece: bytes) -> None:
        """Add bytes; they are in the file when this returns."""
        view = memoryview(piece)
        while view:
            written = self._stream.write(view) or 0
            self.size += written
            view = view[written:]

    def ends_line(self) -> bool:
        """True when the last byte is a line feed: all that tells the end of a text whose answer says neither its length nor its end."""
        with open(self.path, "rb") as stream:
            stream.seek(-min(1, self.size), os.SEEK_END)
            return stream.read(1) == b"\n"

    def close(self, *, keep: bool) -> None:
        """Give the file up; without `keep`, or with nothing worth keeping, it goes."""
        if not (keep and self.resumable):
            self.path.unlink(missing_ok=True)
            self._note_path.unlink(missing_ok=True)
        self._stream.close()


def decoded(source: Path, target: Path, encoding: str, limit: int) -> int:
    """Write the content of `source`, sent with Content-Encoding `encoding` (gzip, identity or ""), to `target`; returns its size in bytes.

    Raises CutShort for compressed data that end early or are damaged, TooLarge beyond `limit` bytes of content.
    """
    size = 0
    with open(source, "rb") as stream, open(target, "wb") as out:
        unpack = None if encoding.lower() in ("", "identity") else zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        while piece := stream.read(CHUNK):
            while piece:
                content = piece if unpack is None else _inflated(unpack, piece)
                size += len(content)
                if size > limit:
                    raise TooLarge
                out.write(content)
                piece = b"" if unpack is None else unpack.unconsumed_tail
                if unpack is not None and unpack.eof and unpack.unused_data:
                    piece, unpack = unpack.unused_data, zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # gzip members may follow one another
        if unpack is not None and not unpack.eof:
            raise CutShort("compressed data that are cut short")
        out.flush()
        os.fsync(out.fileno())
    return size


def _inflated(unpack: Any, piece: bytes) -> bytes:
    """The next content, at most 16 chunks of it, so that a small answer cannot fill the memory."""
    try:
        return unpack.decompress(piece, 16 * CHUNK)
    except zlib.error:
        raise CutShort("damaged compressed data") from None
