import io
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.archive import pack, unpack
from sandbox.base import Limits, UnsafeFileError
from sandbox.workspace import PathError

LIMITS = Limits(copy_out_file_mib=1, copy_out_total_mib=2, copy_out_files=10)
NAMES = st.text("abcé.-/ ", min_size=1, max_size=130).filter(
    lambda name: name.strip("/.") and ".." not in name and not name.startswith("/")
)


def tar(*members: tarfile.TarInfo, format: int = tarfile.GNU_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=format) as out:
        for member in members:
            out.addfile(member, io.BytesIO(bytes(member.size)))
    return archive.getvalue()


def member(
    name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, target: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, target
    return info


@given(
    files=st.dictionaries(NAMES, st.binary(max_size=1500), max_size=8),
    step=st.integers(1, 5000),
)
def test_files_survive_whatever_the_pieces_of_the_stream(
    files: dict[str, bytes], step: int
) -> None:
    files = {
        "/".join(part for part in name.split("/") if part not in {"", "."}): content
        for name, content in files.items()
    }
    data = pack(files)
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    assert unpack(pieces, LIMITS) == files


def test_scripts_are_executable_and_nothing_else() -> None:
    with tarfile.open(fileobj=io.BytesIO(pack({"a": b"#!/bin/sh", "b": b"x"}))) as packed:
        assert {found.name: found.mode for found in packed} == {"a": 0o755, "b": 0o644}


def test_a_bad_path_is_not_packed() -> None:
    with pytest.raises(PathError):
        pack({"../evil": b""})


HOSTILE = {
    "parent": (tar(member("../evil")), "stay inside"),
    "parent within": (tar(member("a/../../evil")), "stay inside"),
    "absolute": (tar(member("/etc/cron.d/evil")), "relative"),
    "symbolic link": (tar(member("x", tarfile.SYMTYPE, target="/etc")), "'x' is a symbolic link"),
    "hard link": (tar(member("x", tarfile.LNKTYPE, target="y")), "'x' is a hard link"),
    "device": (tar(member("x", tarfile.CHRTYPE)), "'x' is a device"),
    "block device": (tar(member("x", tarfile.BLKTYPE)), "'x' is a device"),
    "FIFO": (tar(member("x", tarfile.FIFOTYPE)), "'x' is a FIFO"),
    "sparse": (tar(member("x", tarfile.GNUTYPE_SPARSE)), "sparse"),
    "pax header": (tar(member("é" * 101), format=tarfile.PAX_FORMAT), "not a regular file"),
    "twice": (tar(member("x"), member("./x")), "twice"),
    "large": (tar(member("x", size=2**20 + 1)), "larger than 1 MiB"),
    "huge": (member("x", size=2**62).tobuf(tarfile.GNU_FORMAT), "larger than 1 MiB"),
    "in total": (tar(*(member(f"{n}", size=2**20) for n in range(3))), "more than 2 MiB"),
    "count": (tar(*(member(f"{n}") for n in range(11))), "more than 10 files"),
    "long name": (tar(member("a/" * 3000 + "b")), "file name of"),
    "checksum": (b"x" + tar(member("y"))[1:], "damaged"),
    "noise": (bytes(range(1, 256)) * 3, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "rule"), HOSTILE.values(), ids=HOSTILE)
def test_anything_but_regular_files_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(UnsafeFileError, match=rule):
        unpack([data], LIMITS)


def test_folders_and_caches_are_passed_over() -> None:
    data = tar(member("d", tarfile.DIRTYPE), member("d/.git/config", size=5), member("d/a", size=3))
    assert unpack([data], LIMITS) == {"d/a": bytes(3)}


@pytest.mark.parametrize("missing", [1024 + 9000, 3000, 10_240])
def test_an_archive_that_ends_early_is_none(missing: int) -> None:
    data = pack({"a": bytes(2000), "b": bytes(3000)})
    assert unpack([data], LIMITS) is not None
    assert unpack([data[:-missing].rstrip(b"\0")], LIMITS) is None


@given(st.binary(max_size=3000))
def test_noise_never_yields_files(noise: bytes) -> None:
    with suppress(UnsafeFileError):
        assert not unpack([noise], LIMITS)
