"""Marked texts in every place that takes text; where they arrive tells what is wrong."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.accounts import PASSWORD_NAME
from tools.checks.security.probes.client import FORGERY, NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param
from tools.checks.security.probes.values import PNG
from tools.checks.security.probes.world import CREDENTIAL, Observed, World

UP = "../" * 8
FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sql_injection", ("{m}", "{m}' OR '1'='1", '{m}"', "{m}) --", "{m}\\' OR 1=1 --")),
    ("xss", ("<{m}>", '"><{m}>', '{m}" onload={m}x="', "javascript:{m}")),
    (
        "command_injection",
        ("{m};echo zq", "$(echo {m})", "`echo {m}`", '{m}" ; echo "', "{m}|cat", "{m} & echo 1"),
    ),
    (
        "template_injection",
        (
            "{m}{{{{7*191}}}}",
            "{m}${{7*191}}",
            "{m}{{%25 if 1 %25}}1337{{%25 endif %25}}",
            "{{{m}}}",
            "{m}{{0.__class__}}",
        ),
    ),
    (
        "path_traversal",
        (
            "{u}tmp/zqout/{m}.txt",
            "/tmp/zqout/{m}.txt",
            "....//....//....//....//....//....//....//....//tmp/zqout/{m}.txt",
            "{v}/{u}tmp/zqout/{m}.txt",
            "{u}tmp/zqout/{m}",
        ),
    ),
    ("log_injection", ("{m}\r\nzqFORGED {m}", "{m}\nzqFORGED {m}", "{m}%0azqFORGED {m}")),
    ("header_injection", ("{m}\r\nX-Zq: {m}",)),
)
SHORT_OF_TIME = 0.6
"""Share of the requests after which only the first text of a family is tried."""


def probe_injection(world: World) -> Iterator[Observed]:
    """Send each text alone in an otherwise valid request."""
    for operation in world.operations:
        if operation.method == "DELETE" and operation.path_names and not world.things:
            continue
        found = world.works_for(operation)
        actor, filled = (found[0], found[1]) if found else _best_guess(world, operation)
        for param in _targets(operation):
            yield from _try_param(world, operation, param, filled, actor)
    yield from _stored(world)


def _best_guess(world: World, operation: Operation) -> tuple[Actor, Filled]:
    """Nothing succeeded; a refusal for want of an object still shows what happens before it."""
    actor = next((a for a in world.everybody if a.known), NOBODY)
    return actor, world.fill(operation, actor, 1)


def _targets(operation: Operation) -> Iterator[Param]:
    for param in operation.params:
        if FORGERY.search(param.name):
            continue
        if param.place in ("header", "cookie") and CREDENTIAL.search(param.name):
            continue
        if param.place == "file" or param.is_text or param.schema.get("type") == "array":
            yield param


def _try_param(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor
) -> Iterator[Observed]:
    takes_password = any(PASSWORD_NAME.search(each.name) for each in operation.params)
    slow = bool(PASSWORD_NAME.search(param.name))  # every try costs a slow hash
    for family, texts in FAMILIES:
        if slow and family not in ("sql_injection", "log_injection"):
            continue
        if param.place == "file" and family in ("command_injection", "template_injection"):
            continue
        for number, text in enumerate(texts):
            if world.client.over or (number and (takes_password or world.short_of_time)):
                break
            mark = world.mark(family, operation, param)
            payload = text.format(m=mark.text, u=UP, v=_plain(filled, param))
            mark.payload = payload
            answer = _send(world, operation, param, filled, actor, payload)
            if answer is not None:
                yield from judge(mark.family, mark.text, operation, answer, world)


def _plain(filled: Filled, param: Param) -> str:
    value = filled.values.get((param.place, param.name))
    return str(value).partition("/")[0] if isinstance(value, str) else "a"


def _send(
    world: World, operation: Operation, param: Param, filled: Filled, actor: Actor, payload: str
) -> Answer | None:
    value: object = payload
    if param.place == "file":
        value = (payload, PNG, "image/png")
    elif param.schema.get("type") == "array":
        value = [payload]
    changed = _freshened(world, operation, filled, actor).with_value(param, value)
    if param.place == "header":
        payload = payload.replace("\r", "").replace("\n", "")
    try:
        return world.client.call(changed, actor)
    except NoAnswer:
        return None


def _freshened(world: World, operation: Operation, filled: Filled, actor: Actor) -> Filled:
    """The request with new made-up texts, where it makes things that must differ."""
    if operation.method != "POST":
        return filled
    fresh = world.fill(operation, actor)
    kept = {
        key: value
        for key, value in filled.values.items()
        if key[0] in ("path", "file") or not isinstance(value, str) or key not in fresh.values
    }
    if filled.values.keys() - fresh.values.keys() or _was_pooled(world, filled):
        return filled
    return Filled(operation, {**fresh.values, **kept})


def _was_pooled(world: World, filled: Filled) -> bool:
    """Whether a value had to be one that the app knows already."""
    return any(
        value in world.pool.get(name, [])
        for (place, name), value in filled.values.items()
        if place in ("json", "form") and isinstance(value, str)
    )


def judge(
    family: str, mark: str, operation: Operation, answer: Answer, world: World
) -> Iterator[Observed]:
    """What the answer itself shows."""
    if answer.is_html and re.search(
        rf"<{mark}>|<[^>]*\" onload={mark}x=|href=[\"']?javascript:{mark}", answer.text
    ):
        yield Observed("xss", operation.key, "input stands in an HTML page as it was sent")
    if family == "template_injection" and f"{mark}1337" in answer.text:
        yield Observed(
            "template_injection", operation.key, "an expression in the input was evaluated"
        )
    if family == "template_injection" and f"{mark}<class" in answer.text:
        yield Observed("template_injection", operation.key, "the input is used as a format string")
    if world.plan.outside_text in answer.text:
        yield Observed(
            "path_traversal", operation.key, "the answer holds a file from outside the app's folder"
        )
    if "x-zq" in answer.headers:
        yield Observed("header_injection", operation.key, "input became a header of its own")


def _stored(world: World) -> Iterator[Observed]:
    """Pages that show what was stored before."""
    for operation in world.operations:
        if operation.method != "GET":
            continue
        for actor in world.everybody:
            for variant in range(2):
                try:
                    answer = world.client.call(world.fill(operation, actor, variant), actor)
                except NoAnswer:
                    return
                if not answer.is_html:
                    break
                found = re.search(
                    r"<zq\d+z>|<[^>]*\" onload=zq\d+zx=|href=[\"']?javascript:zq\d+z", answer.text
                )
                if found:
                    yield Observed(
                        "xss", operation.key, "stored input stands in an HTML page as it was sent"
                    )
                    return
