"""Files on their way in and out of a sandbox: a tar stream, written and read by hand.

What comes out was made by untrusted code, so the reader knows exactly what our own tar command
can emit (GNU format: regular files, folders, long names) and refuses everything else before it
holds more than one file's worth of it in memory.
"""

import io
import tarfile
import time
from collections.abc import Generator, Iterable, Mapping

from sandbox.base import Limits, UnsafeFileError
from sandbox.workspace import IGNORED_FOLDERS, PathError, check_path

BLOCK = 512
NEVER_RETURNED = IGNORED_FOLDERS | {".git"}

NAME = slice(0, 100)
SIZE = slice(124, 136)
CHECKSUM = slice(148, 156)
KIND = slice(156, 157)
"""Fields of a tar header (GNU tar manual, "Basic Tar Format")."""

KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a FIFO",
    b"S": "a sparse file",
}


class CopyOut:
    """The files accepted so far, and the rules that each next one must keep."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0
        self.files: dict[str, bytes] = {}

    def admit(self, name: str, size: int) -> str | None:
        """The clean path under which to keep a file of that size; None when it is to be skipped.

        Raises:
            UnsafeFileError: the name or a size is not allowed.
        """
        if NEVER_RETURNED.intersection(part.lower() for part in name.split("/")):
            return None
        try:
            path = check_path(name).as_posix()
        except PathError as exc:
            raise UnsafeFileError(f"refused to copy out: {exc}") from exc
        limits = self._limits
        if size > limits.copy_out_file_mib * 2**20:
            raise UnsafeFileError(f"{path!r} is larger than {limits.copy_out_file_mib} MiB")
        self._bytes += size
        if self._bytes > limits.copy_out_total_mib * 2**20:
            raise UnsafeFileError(f"more than {limits.copy_out_total_mib} MiB to copy out")
        if len(self.files) >= limits.copy_out_files:
            raise UnsafeFileError(f"more than {limits.copy_out_files} files to copy out")
        if path in self.files:
            raise UnsafeFileError(f"{path!r} came out twice")
        return path


def pack(files: Mapping[str, bytes]) -> bytes:
    """A tar archive of those files: mode 0644, or 0755 for scripts that begin with `#!`.

    Raises:
        PathError: a path that may not be used.
    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(check_path(path).as_posix())
            member.size = len(content)
            member.mode = 0o755 if content.startswith(b"#!") else 0o644
            member.mtime = int(time.time())
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def unpack(chunks: Iterable[bytes], limits: Limits) -> dict[str, bytes] | None:
    """The files of a tar stream from an untrusted machine, or None when it ends too early.

    Raises:
        UnsafeFileError: anything but a regular file with a proper name, or too much of it.
    """
    out = CopyOut(limits)
    reader = _read_members(out)
    next(reader)
    for chunk in chunks:
        try:
            reader.send(chunk)
        except StopIteration:
            return out.files
    return None


def _read_members(out: CopyOut) -> Generator[None, bytes, None]:
    """Takes the archive in pieces and ends with it; the files appear in `out`."""
    stream = _Buffer()
    long_name = ""
    while True:
        header = yield from stream.take(BLOCK)
        if not any(header):
            return
        kind, size = header[KIND], _checked_size(header)
        name = long_name or _decode(header[NAME])
        long_name = ""
        if kind == b"L":
            if size > 4 * BLOCK:
                raise UnsafeFileError(f"a file name of {size} bytes")
            long_name = _decode((yield from stream.take_padded(size)))
        elif kind in {b"0", b"\0"}:
            yield from _read_file(stream, out, name, size)
        elif kind != b"5":
            raise UnsafeFileError(f"{name!r} is {KINDS.get(kind, 'not a regular file')}")


def _read_file(
    stream: "_Buffer", out: CopyOut, name: str, size: int
) -> Generator[None, bytes, None]:
    path = out.admit(name, size)
    if path is not None:
        out.files[path] = yield from stream.take_padded(size)
    else:
        yield from stream.skip_padded(size)


def _checked_size(header: bytes) -> int:
    blanked = header[: CHECKSUM.start] + b" " * 8 + header[CHECKSUM.stop :]
    try:
        checksum = int(header[CHECKSUM].strip(b" \0"), 8)
        size = _number(header[SIZE])
    except ValueError as exc:
        raise UnsafeFileError("the archive is damaged") from exc
    if checksum != sum(blanked) or size < 0:
        raise UnsafeFileError("the archive is damaged")
    return size


def _number(field: bytes) -> int:
    """Octal digits; from 8 GiB on, a first byte of 0x80 and then binary (GNU tar)."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    return int(field.strip(b" \0"), 8)


def _decode(name: bytes) -> str:
    try:
        return name.split(b"\0")[0].decode()
    except UnicodeDecodeError as exc:
        raise UnsafeFileError(f"a file name that is not UTF-8: {name[:80]!r}") from exc


class _Buffer:
    """Bytes that arrive in pieces; each method is delegated to and asks for more by yielding."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def take(self, count: int) -> Generator[None, bytes, bytes]:
        while len(self._bytes) < count:
            self._bytes += yield
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken

    def take_padded(self, count: int) -> Generator[None, bytes, bytes]:
        content = yield from self.take(count)
        yield from self.take(-count % BLOCK)
        return content

    def skip_padded(self, count: int) -> Generator[None, bytes, None]:
        left = count + -count % BLOCK
        while left:
            left -= len((yield from self.take(min(left, 2**16))))
