"""Files that a browser would run, uploaded and asked for again."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.client import Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.values import PNG
from tools.checks.security.probes.world import Observed, World, pairs

ACTIVE = re.compile(r"text/html|image/svg|xhtml|javascript|text/xml|application/xml", re.I)
KINDS: tuple[tuple[str, str, bytes], ...] = (
    ("zqpage.html", "text/html", b"<html><script>zqactive</script></html>"),
    ("zqpage.html", "image/png", b"<html><script>zqactive</script></html>"),
    ("zqpage.png.html", "image/png", PNG + b"<script>zqactive</script>"),
    (
        "zqpage.svg",
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>zqactive</script></svg>',
    ),
    (
        "zqpage.svg",
        "image/png",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>zqactive</script></svg>',
    ),
    ("zqpage.html", "image/png", PNG + b"<script>zqactive</script>"),
    ("zqpage.png", "text/html", b"<html><script>zqactive</script></html>"),
    ("zqpage.png", "text/html", PNG + b"<html><script>zqactive</script></html>"),
)


def probe_uploads(world: World) -> Iterator[Observed]:
    """Every operation that takes a file, or a body as it is."""
    for operation in world.operations:
        for param in operation.params:
            if param.place in ("file", "raw") and operation.changes:
                yield from _try(world, operation, param)


def _try(world: World, operation: Operation, param: Param) -> Iterator[Observed]:
    found = world.works_for(operation)
    if found is None:
        return
    actor, filled, _ = found
    for name, media, content in KINDS:
        answer = _upload(world, filled, param, actor, (name, content, media))
        if answer is None or not answer.ok:
            continue
        served = _served(world, answer, filled, actor)
        if served is not None:
            yield Observed(
                "upload_type",
                operation.key,
                f"a file with a script is taken and served as {served} ({name}, sent as {media})",
            )
            return


def _upload(
    world: World, filled: Filled, param: Param, actor: Actor, file: tuple[str, bytes, str]
) -> Answer | None:
    try:
        if param.place == "raw":
            return world.client.call(filled, actor, raw=file[1], headers={"Content-Type": file[2]})
        return world.client.call(filled.with_value(param, file), actor)
    except NoAnswer:
        return None


def _served(world: World, uploaded: Answer, filled: Filled, actor: Actor) -> str | None:
    """The active type that it comes back with, from any address that the app has for it."""
    for answer in _asked_again(world, uploaded, filled, actor):
        kind = answer.headers.get("content-type", "")
        attached = "attachment" in answer.headers.get("content-disposition", "")
        sandboxed = "sandbox" in answer.headers.get("content-security-policy", "")
        if b"zqactive" in answer.content and ACTIVE.search(kind) and not attached and not sandboxed:
            return kind.partition(";")[0]
    return None


def _asked_again(world: World, uploaded: Answer, filled: Filled, actor: Actor) -> Iterator[Answer]:
    values = [
        v for _, v in pairs(uploaded.json) if isinstance(v, str | int) and not isinstance(v, bool)
    ]
    location = uploaded.headers.get("location")
    values += [str(location)] if location else []
    for place in values:
        if isinstance(place, str) and place.startswith("/"):
            yield from _get(world, place, actor)
    for other in world.operations:
        if other.method != "GET" or not other.path_names:
            continue
        for value in (*values, None):
            asked = world.fill(other, actor)
            if value is not None:
                asked.values[("path", other.path_names[-1])] = value
            else:
                asked.values.update({k: v for k, v in filled.values.items() if k[0] == "path"})
            try:
                yield world.client.call(asked, actor)
            except NoAnswer:
                return


def _get(world: World, path: str, actor: Actor) -> Iterator[Answer]:
    headers = dict(actor.headers)
    if actor.cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in actor.cookies.items())
    try:
        yield world.client.send("GET", path, headers)
    except NoAnswer:
        return
