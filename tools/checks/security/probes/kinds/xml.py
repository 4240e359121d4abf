"""XML with entities, pickles and YAML with objects, wherever bodies or files are taken."""

import base64
from collections.abc import Iterator

from tools.checks.security.probes.client import NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Mark, Observed, World

OUTSIDE = "file:///tmp/zqout/canary.txt"


def probe_xml(world: World) -> Iterator[Observed]:
    """Bodies that are read raw, files, and long texts."""
    for operation in world.operations:
        params = [
            param
            for param in operation.params
            if param.place in ("raw", "file") or (param.is_text and _long(param))
        ]
        if not operation.changes or not params:
            continue
        actor, filled = _request(world, operation)
        for param in params:
            yield from _entities(world, operation, param, filled, actor)
            if world.plan.unpickles:
                _objects(world, operation, param, filled, actor)


def _long(param: Param) -> bool:
    words = (
        "xml",
        "document",
        "data",
        "payload",
        "content",
        "body",
        "config",
        "state",
        "blob",
        "svg",
        "yaml",
        "import",
        "order",
        "text",
    )
    return any(word in param.name.lower() for word in words)


def _request(world: World, operation: Operation) -> tuple[Actor, Filled]:
    found = world.works_for(operation)
    if found:
        return found[0], found[1]
    actor = next((a for a in world.everybody if a.known), NOBODY)
    return actor, world.fill(operation, actor)


def _entities(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor
) -> Iterator[Observed]:
    names = world.plan.xml_names or ["order", "item", "name"]
    for uri in (OUTSIDE, "internal"):
        mark = world.mark("xxe", operation, param)
        entity = f'<!ENTITY zq SYSTEM "{uri}">'
        if uri != OUTSIDE:  # in two parts, lest an echo of the document looks like an expansion
            halves = f'<!ENTITY zqa "{mark.text}zq"><!ENTITY zqb "expanded">'
            entity = f'{halves}<!ENTITY zq "&zqa;&zqb;">'
        for document in _documents(entity, names):
            answer = _send(world, param, filled, actor, document, "application/xml")
            if answer is None:
                continue
            text = answer.text + _later(world, actor)
            if world.plan.outside_text in text:
                yield Observed("xxe", operation.key, "an external entity was read from the disk")
                return
            if f"{mark.text}zqexpanded" in text:
                yield Observed("xxe", operation.key, "entities of a DOCTYPE are expanded")
                return


def _documents(entity: str, names: list[str]) -> Iterator[str]:
    """The entity in every element and attribute-less place that the app looks at."""
    inner = "".join(f"<{name}>&zq;</{name}>" for name in names[:12])
    yield f'<?xml version="1.0"?><!DOCTYPE zqroot [{entity}]><zqroot>{inner}</zqroot>'
    for root in names[:6]:
        rest = "".join(f"<{name}>&zq;</{name}>" for name in names[:12] if name != root)
        yield f'<?xml version="1.0"?><!DOCTYPE {root} [{entity}]><{root}>{rest}&zq;</{root}>'


def _later(world: World, actor: Actor) -> str:
    """What reads show afterwards."""
    text = ""
    for operation in world.operations:
        if operation.method == "GET" and len(operation.path_names) <= 1:
            try:
                text += world.client.call(world.fill(operation, actor), actor).text
            except NoAnswer:
                return text
    return text


def _send(
    world: World,
    param: Param,
    filled: Filled,
    actor: Actor,
    text: str | bytes,
    media: str,
) -> Answer | None:
    data = text.encode() if isinstance(text, str) else text
    try:
        if param.place == "raw":
            return world.client.call(filled, actor, raw=data, headers={"Content-Type": media})
        value = ("probe.xml", data, media) if param.place == "file" else text
        if isinstance(value, bytes):
            return None
        return world.client.call(filled.with_value(param, value), actor)
    except NoAnswer:
        return None


def _objects(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor
) -> None:
    """Serialized objects that name a class of ours; the app's own machine notes who looks it up."""
    for form in ("pickle", "base64", "yaml"):
        mark = world.mark("deserialization", operation, param)
        for data in _payloads(form, mark):
            _send(world, param, filled, actor, data, "application/octet-stream")


def _payloads(form: str, mark: Mark) -> Iterator[str | bytes]:
    raw = f"czqmodule\n{mark.text}\n.".encode()
    if form == "pickle":
        yield raw
    elif form == "base64":
        yield base64.b64encode(raw).decode()
        yield base64.urlsafe_b64encode(raw).decode()
        yield raw.hex()
    else:
        yield f'!!python/object/apply:os.system ["echo {mark.text}"]'
