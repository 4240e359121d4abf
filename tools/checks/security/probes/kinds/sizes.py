"""How much work one request can ask for."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.client import Actor, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.world import Observed, World

SIZE = re.compile(
    r"limit|size|per_?page|count|^n$|top|max|take|first|last|rows|days|length|width|height|repeat|times|depth|page_size|pages|rounds|iterations|digits|num",
    re.I,
)
BACKTRACK = (
    "a" * 40 + "!",
    "1" * 40 + "!",
    " " * 60000 + "!",
    "a@" + "a" * 50 + "!",
    "a." * 25 + "!",
    "-" * 40 + "!",
    "/" * 40 + "!",
    "a " * 30 + "!",
    "0" * 28 + "x",
    "a," * 30 + "!",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "x=" * 30 + "!",
    "<" * 2000,
    "a-" * 25 + "!",
)
SLOW_S = 3.0
HUGE = 10**9
ROWS = re.compile(r"^(limit|size|per_?page|page_?size|count|top|take|rows|max_?results|n)$", re.I)
MAX_ROWS = 10_000


def probe_sizes(world: World) -> Iterator[Observed]:
    """Unbounded numbers, and texts on which matching takes too long."""
    for operation in world.operations:
        found = world.works_for(operation)
        if found is None:
            continue
        actor, filled, answer = found
        for param in operation.params:
            kind = param.schema.get("type")
            if kind in ("integer", "number") and SIZE.search(param.name):
                yield from _huge(world, operation, param, filled, actor)
            elif param.is_text and param.place in ("json", "query", "form", "path", "raw"):
                yield from _slow(world, operation, param, filled, actor, answer.seconds)


def _huge(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor
) -> Iterator[Observed]:
    schema = param.schema
    bound = schema.get("maximum", schema.get("exclusiveMaximum"))
    if bound is not None:
        if bound > MAX_ROWS and ROWS.search(param.name):
            why = f"{param.name} may be as large as {bound}"
            yield Observed("resource_exhaustion", operation.key, why)
        return
    try:
        small = world.client.call(filled.with_value(param, 1), actor)
        large = world.client.call(filled.with_value(param, 3000), actor)
        huge = world.client.call(filled.with_value(param, HUGE), actor, timeout_s=8)
    except NoAnswer:
        yield Observed(
            "resource_exhaustion", operation.key, f"{param.name}={HUGE} keeps the app busy"
        )
        return
    if large.ok and len(large.text) > 50_000 and len(large.text) > 20 * len(small.text):
        yield Observed(
            "resource_exhaustion", operation.key, f"{param.name} decides how long the answer is"
        )
    elif huge.ok and huge.seconds > SLOW_S:
        yield Observed(
            "resource_exhaustion", operation.key, f"{param.name}={HUGE} keeps the app busy"
        )
    elif huge.ok:
        yield Observed("unbounded", operation.key, param.name)


def _slow(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor, usual_s: float
) -> Iterator[Observed]:
    if not world.plan.patterns:
        return
    for text in BACKTRACK:
        try:
            answer = world.client.call(filled.with_value(param, text), actor, timeout_s=10)
        except NoAnswer as error:
            if "imeout" in str(error):
                yield Observed("redos", operation.key, f"a text in {param.name} keeps the app busy")
                return
            continue
        if answer.seconds > max(SLOW_S, 10 * usual_s):
            yield Observed(
                "redos", operation.key, f"a text in {param.name} takes {answer.seconds:.0f} s"
            )
            return
