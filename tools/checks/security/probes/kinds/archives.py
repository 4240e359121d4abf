"""Archives whose members leave the folder, or are far larger than they look."""

import io
import tarfile
import zipfile
from collections.abc import Iterator

from tools.checks.security.probes.client import NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Observed, World

BOMB_BYTES = 120_000_000
UP = "../" * 8


def probe_archives(world: World) -> Iterator[Observed]:
    """Only where the source speaks of archives."""
    if not world.plan.archives:
        return
    for operation in world.operations:
        for param in operation.params:
            if param.place in ("file", "raw") and operation.changes:
                yield from _try(world, operation, param)


def _try(world: World, operation: Operation, param: Param) -> Iterator[Observed]:
    actor = next((a for a in world.everybody if a.known), NOBODY)
    filled = world.fill(operation, actor)
    for make in (zip_of, tar_of):
        for variant in range(3):
            mark = world.mark("zip_slip", operation, param)
            target = (
                f"{UP}tmp/zqout/{mark.text}.txt",
                f"/tmp/zqout/{mark.text}.txt",
                f"a/../{UP}tmp/zqout/{mark.text}.txt",
            )[variant]
            plain = world.plan.member_names or ["readme.txt"]
            members = [*((name, b"zq") for name in plain[:4]), (target, b"zq")]
            _send(world, param, filled, actor, make(members))
    answer = _send(world, param, filled, actor, bomb(world.plan.member_names))
    if answer is not None and answer.ok:
        yield Observed(
            "zip_bomb",
            operation.key,
            f"an archive of {BOMB_BYTES // 1_000_000} MB in zeros is taken",
        )


def zip_of(members: list[tuple[str, bytes]]) -> bytes:
    """A zip archive with these members, whatever their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def tar_of(members: list[tuple[str, bytes]]) -> bytes:
    """A gzipped tar archive with these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def bomb(names: list[str]) -> bytes:
    """A small zip that unpacks to BOMB_BYTES."""
    buffer = io.BytesIO()
    name = names[0] if names else "readme.txt"
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(name, b"0" * BOMB_BYTES)
    return buffer.getvalue()


def _send(
    world: World, param: Param, filled: Filled, actor: Actor, content: bytes
) -> Answer | None:
    try:
        if param.place == "raw":
            return world.client.call(
                filled, actor, raw=content, headers={"Content-Type": "application/zip"}
            )
        return world.client.call(
            filled.with_value(param, ("probe.zip", content, "application/zip")), actor
        )
    except NoAnswer:
        return None
