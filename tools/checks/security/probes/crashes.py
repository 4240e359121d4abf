"""Requests that an app must refuse, and not fail on."""

from collections.abc import Iterator

from tools.checks.security.probes.accounts import PASSWORD_NAME
from tools.checks.security.probes.client import Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Observed, World

ORDINARY = ("", "x" * 3000, "ä€😀", "-1", "0", "null", "a b%20c", "1e5", "{}", "' \" \\")
EXTREME = ("\x00", "9" * 400, "\ud800")


def probe_crashes(world: World) -> Iterator[Observed]:
    """Odd texts and numbers; then every 5xx that any probe met counts, too."""
    for operation in world.operations:
        found = world.works_for(operation)
        if found is None:
            continue
        actor, filled, _ = found
        for param in operation.params:
            if param.place in ("file", "header", "cookie", "raw"):
                continue
            slow = any(PASSWORD_NAME.search(each.name) for each in operation.params)
            for value in _values(param)[: 4 if slow else None]:
                try:
                    world.client.call(filled.with_value(param, value), actor)
                except (NoAnswer, UnicodeEncodeError):
                    continue
        yield from _surrogate(world, operation)
    yield from _failures(world)


def _values(param: Param) -> list[object]:
    kind = param.schema.get("type")
    if kind in ("integer", "number"):
        return [-1, 0, 2**31, 2**63, 10**30, 1.5, "x", None]
    if kind == "string":
        return (
            [*ORDINARY, *EXTREME[:2], None, 7, ["a"]]
            if param.place == "json"
            else [*ORDINARY, *EXTREME[:2]]
        )
    return [None, "", [], {}, 7]


def _surrogate(world: World, operation: Operation) -> Iterator[Observed]:
    """A JSON text with half of a surrogate pair: legal JSON, but no text."""
    if operation.body != "json":
        return
    found = world.works_for(operation)
    text = next((p for p in operation.params if p.place == "json" and p.is_text and p.name), None)
    if found is None or text is None:
        return
    body = b'{"' + text.name.encode() + b'": "\\ud800"}'
    try:
        answer = world.client.call(
            found[1], found[0], raw=body, headers={"Content-Type": "application/json"}, quiet=True
        )
    except NoAnswer:
        return
    if answer.status >= 500:
        yield Observed(
            "crash", operation.key, "half a surrogate pair in JSON is answered 500", "note"
        )


def _failures(world: World) -> Iterator[Observed]:
    seen: set[str] = set()
    for filled, answer in world.client.errors:
        key = filled.operation.key
        if key in seen or answer.status in (501, 502, 503, 504):
            continue
        level = "note" if _is_extreme(filled) else "flaw"
        if level == "flaw":
            seen.add(key)
        yield Observed("crash", key, f"it answers {answer.status} to {_shown(filled)}", level)


def _is_extreme(filled: Filled) -> bool:
    text = repr(list(filled.values.values()))
    return "\\ud8" in text


def _shown(filled: Filled) -> str:
    text = ", ".join(f"{name}={value!r}" for (_, name), value in filled.values.items())
    return text[:160] or "a plain request"
