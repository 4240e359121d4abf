"""Fenced `mermaid` state diagrams: the transitions of an entity's state field.

stateDiagram-v2
  [*] --> placed
  placed --> paid : pay (customer)
"""

import re
from dataclasses import dataclass, field

from agent.intake.document import Fence
from agent.intake.draft import Draft
from agent.intake.entities import entity_of
from agent.intake.statements import Statement
from agent.intake.vocabulary import enum_fields
from tools.blueprint.model import StateMachine, Transition
from tools.blueprint.words import singular, snake_case

_START = re.compile(r"\s*(?:---\n(?P<meta>.*?)\n---\s*)?stateDiagram(?:-v2)?\b", re.DOTALL)
_MOVE = re.compile(
    r"(?P<source>\[\*\]|[\w-]+)\s*-->\s*(?P<target>\[\*\]|[\w-]+)(?:\s*:\s*(?P<label>.*))?"
)
_ALIAS = re.compile(r'state\s+"(?P<text>[^"]+)"\s+as\s+(?P<name>[\w-]+)')
_IGNORED = re.compile(
    r"(?:direction\s+\w+|note\b.*|end note|style\b.*|class(?:Def)?\b.*|hide .*|---"
    r"|title:?\s.*|[\w-]+|[\w-]+\s*:.*)?"
)
_HELP = (
    "Put the diagram into the entity's section, or title it: a line "
    "`title: order.status` between `---` lines at its start."
)


@dataclass
class Chart:
    """A state diagram."""

    title: str = ""
    initial: str = ""
    moves: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Source and target, snake_case -> words in brackets of the label: the roles."""
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def states(self) -> set[str]:
        """Every state that a transition names."""
        return {state for move in self.moves for state in move}


def read_chart(fence: Fence) -> Chart | None:
    """The block's diagram, or None when it is another block."""
    start = _START.match(fence.text) if fence.language == "mermaid" else None
    if start is None:
        return None
    titled = re.search(r"^title:\s*(.+)$", start["meta"] or "", re.MULTILINE)
    chart = Chart(titled[1].strip() if titled else "")
    names: dict[str, str] = {}
    first = fence.line + 1 + fence.text.count("\n", 0, start.end())
    for number, raw in enumerate(fence.text[start.end() :].split("\n"), start=first):
        line = raw.split("%%")[0].strip()
        if alias := _ALIAS.fullmatch(line):
            names[alias["name"]] = snake_case(alias["text"])
        elif move := _MOVE.fullmatch(line):
            _add(chart, move, names)
        elif line.startswith("state ") or not _IGNORED.fullmatch(line):
            chart.problems.append((number, f"{line!r} is no transition `a --> b : words (roles)`"))
    return chart


def read_state_charts(draft: Draft, statements: list[Statement]) -> None:
    """Make a state machine of every diagram that belongs to one state field."""
    for statement in statements:
        chart = read_chart(statement.fence) if statement.fence else None
        if chart is None:
            continue
        for line, reason in chart.problems:
            draft.error(line, f"in the mermaid block: {reason}", "Correct the diagram.")
        machine = None if chart.problems else _machine(draft, statement, chart)
        if machine is not None:
            _take(draft, statement, machine)


def _take(draft: Draft, statement: Statement, machine: StateMachine) -> None:
    """Add the machine; one that the rules state already must be the same."""
    for number, rule in enumerate(draft.rules):
        same = isinstance(rule, StateMachine) and rule.entity == machine.entity
        if not same or not isinstance(rule, StateMachine) or rule.field != machine.field:
            continue
        if set(rule.transitions) != set(machine.transitions):
            reason = f"the states of `{rule.entity}.{rule.field}` differ from line {rule.line}"
            draft.error(statement.line, reason, "State them once, or make both say the same.")
        draft.satisfy("rule", str(number), statement)
        return
    draft.satisfy("rule", str(len(draft.rules)), statement)
    draft.rules.append(machine)


def _add(chart: Chart, move: re.Match[str], names: dict[str, str]) -> None:
    source, target = (
        names.get(move[side], snake_case(move[side])) for side in ("source", "target")
    )
    if move["source"] == "[*]":
        chart.initial = chart.initial or target
    elif move["target"] != "[*]":
        who = re.search(r"\(([^()]*)\)\s*$", move["label"] or "")
        words = re.split(r",|/|\bor\b", who[1]) if who else []
        roles = tuple(singular(snake_case(word)) for word in words if snake_case(word))
        chart.moves[source, target] = roles


def _machine(draft: Draft, statement: Statement, chart: Chart) -> StateMachine | None:
    found = _candidates(draft, statement, chart)
    if len(found) != 1 or not chart.moves:
        which = (
            ", ".join(f"{entity}.{name}" for entity, name in found) or "none that has its states"
        )
        draft.ask(statement.line, f"which field the state diagram is about: {which}", _HELP)
        return None
    entity, name = found[0]
    default = draft.entities[entity].field(name).default
    initial = chart.initial or (default if isinstance(default, str) else "")
    return StateMachine(
        entity=entity,
        field=name,
        initial=initial or next(iter(chart.moves))[0],
        transitions=tuple(
            Transition(source=source, target=target, roles=roles)
            for (source, target), roles in chart.moves.items()
        ),
        line=statement.line,
    )


def _candidates(draft: Draft, statement: Statement, chart: Chart) -> list[tuple[str, str]]:
    """Enum fields that have all the states, narrowed by the title or the section's entity."""
    states = chart.states | ({chart.initial} if chart.initial else set())
    fields = [
        (entity.name, name)
        for entity in draft.entities.values()
        for name in sorted(enum_fields(entity))
        if states <= {snake_case(value) for value in _values(draft, entity.name, name)}
    ]
    words = set(snake_case(chart.title).split("_")) if chart.title else set()
    here = entity_of(draft, statement.section)
    titled = [one for one in fields if words and set(one[0].split("_")) <= words]
    return titled or [one for one in fields if one[0] == here] or fields


def _values(draft: Draft, entity: str, name: str) -> tuple[str, ...]:
    enum = draft.enums.get(draft.entities[entity].field(name).enum or "")
    return enum.values if enum else ()
