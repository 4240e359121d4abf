"""Fenced `gherkin` features: scenarios whose steps are requests and answers.

    Given a customer                       the caller of the next requests: `a ROLE`, `nobody`
    When POST /books with {"title": "A"}   a request; `the customer sends GET /books` works too
    Then the status is 201                 what its answer must be
    And title is "A"                       a value in the JSON answer
    And id is saved as book                used later: `GET /books/{{book}}`

A scenario with any other step stays a requirement. Outlines become one scenario a row.
"""

import json
import re
from collections.abc import Iterator

from pydantic import JsonValue

from agent.intake.draft import Draft
from agent.intake.feature import Outline, parse_feature
from agent.intake.statements import Statement
from tools.blueprint.model import Scenario, Step
from tools.blueprint.words import snake_case

_ACTOR = re.compile(
    r"(?:(?:I am|there is|the caller is)\s+)?(?:(?:logged|signed) in as\s+)?(?:an?|the|another)\s+"
    r"(?:logged[- ]in\s+)?(?P<role>\w+)(?:\s+[\"']?(?P<label>\w+)[\"']?)?(?:\s+is logged in)?",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:nobody is logged in|no (?:login|token)|an? anonymous (?:caller|user))", re.I
)
_REQUEST = re.compile(
    r"(?:(?:I|they|(?:an?|the)\s+(?P<role>\w+)(?:\s+[\"']?(?P<label>\w+)[\"']?)?)\s+"
    r"(?:sends?|requests?|calls?)\s+)?"
    r"(?P<method>GET|POST|PUT|PATCH|DELETE)\s+[\"']?(?P<path>/[^\s\"']*)[\"']?"
    r"(?:\s+with(?: body)?\s*:?\s*(?P<body>.+)?)?",
)
_STATUS = re.compile(
    r"(?:the )?(?:response |answer )?(?:status(?: code)?|answer|response)(?: is| should be|:)?"
    r"(?: with)?\s+(?P<status>\d{3})(?:\s+[A-Z][\w ]*)?",
    re.IGNORECASE,
)
_SAVE = re.compile(
    r"(?:the )?[\"'`]?(?P<path>[\w.]+)[\"'`]? is saved as [\"'`]?(?P<name>\w+)[\"'`]?"
)
_VALUE = re.compile(
    r"(?:the )?(?:field |value of )?[\"'`]?(?P<path>[\w.]+)[\"'`]?"
    r"(?: in the (?:answer|response))?\s+(?:is|equals|should be)\s+(?P<value>.+)"
)


_UNSAID = 0
"""Status of a request whose answer no step has named."""


def read_features(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """Every feature block as one statement a scenario; those that are requests become tests."""
    return [part for statement in statements for part in _read(draft, statement)]


def _read(draft: Draft, statement: Statement) -> Iterator[Statement]:
    fence = statement.fence
    if fence is None or fence.language not in {"gherkin", "feature", "cucumber"}:
        yield statement
        return
    outlines = parse_feature(fence.text, fence.line + 1)
    if not outlines:
        yield statement
    for outline in outlines:
        words = "; ".join(text for _line, text, _doc in outline.steps)
        part = statement.part(outline.line, f"{outline.title or 'Scenario'}: {words}")
        yield part
        for scenario in _scenarios(draft, outline):
            draft.scenarios[scenario.name] = scenario
            draft.satisfy("scenario", scenario.name, part)


def _scenarios(draft: Draft, outline: Outline) -> list[Scenario]:
    """One scenario, or one a row of its examples; none when a step is not in the grammar."""
    base = snake_case(outline.title)[:50] or f"scenario_{outline.line}"
    rows = outline.rows if outline.outlined else [{}]
    found: list[Scenario] = []
    for number, row in enumerate(rows, start=1):
        steps = _steps(draft, [(_filled(a, row), _filled(b, row)) for _line, a, b in outline.steps])
        if not steps:
            return []
        name = base if len(rows) == 1 else f"{base}_{number}"
        if name in draft.scenarios:
            name = f"{base}_line_{outline.line}_{number}"
        found.append(
            Scenario(name=name, description=outline.title, steps=tuple(steps), line=outline.line)
        )
    return found


def _filled(text: str, row: dict[str, str]) -> str:
    return re.sub(r"<([^<>]+)>", lambda match: row.get(match[1], match[0]), text)


def _steps(draft: Draft, texts: list[tuple[str, str]]) -> list[Step]:
    """The requests; empty when a step is not in the grammar or a request has no status."""
    actor: str | None = None
    steps: list[Step] = []
    for text, document in texts:
        if _NOBODY.fullmatch(text):
            actor = None
        elif request := _REQUEST.fullmatch(text):
            if request["role"]:
                actor = _actor(draft, request)
            body = _body(request["body"] or document)
            if isinstance(body, _Unread) or (request["role"] and actor is None):
                return []
            said = {"method": request["method"], "path": request["path"], "status": _UNSAID}
            steps.append(Step.model_validate({"actor": actor, "body": body, **said}))
        elif steps and (changed := _answer(steps[-1], text)):
            steps[-1] = changed
        elif (one := _ACTOR.fullmatch(text)) and _actor(draft, one):
            actor = _actor(draft, one)
        else:
            return []
    return steps if all(step.status != _UNSAID for step in steps) else []


def _actor(draft: Draft, match: re.Match[str]) -> str | None:
    role = snake_case(match["role"])
    if draft.roles and role not in draft.roles:
        return None
    return f"{role}:{match['label'].lower()}" if match["label"] else role


class _Unread:
    """A body that is not JSON."""


def _body(text: str) -> JsonValue | _Unread:
    if not text.strip():
        return None
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return _Unread()
    return value


def _answer(step: Step, text: str) -> Step | None:
    """The step with what its answer must be, or None for another sentence."""
    if match := _STATUS.fullmatch(text):
        return step.model_copy(update={"status": int(match["status"])})
    if match := _SAVE.fullmatch(text):
        return step.model_copy(update={"save": {**step.save, match["name"]: match["path"]}})
    if match := _VALUE.fullmatch(text):
        value = _body(match["value"])
        if not isinstance(value, _Unread):
            return step.model_copy(update={"expect": {**step.expect, match["path"]: value}})
    return None
