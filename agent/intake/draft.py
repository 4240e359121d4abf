"""The Blueprint while it is being read: parts by name, where each comes from, what was found."""

from dataclasses import dataclass, field

from agent.intake.problem import Problem
from agent.intake.statements import Statement
from tools.blueprint.conventions import Conventions
from tools.blueprint.model import (
    Auth,
    Endpoint,
    Entity,
    EntityField,
    Enum,
    GivenDatabase,
    Role,
    Rule,
    Scenario,
)

PartKey = tuple[str, str]
"""Kind of a part (`entity`, `endpoint`, `rule`, `role`, `enum`, `scenario`) and its name."""


@dataclass
class Draft:
    """What the reading steps fill, one after the other."""

    conventions: Conventions = field(default_factory=Conventions)
    auth: Auth | None = None
    auth_refused: bool = False
    """The front matter says `auth: false`."""
    roles: dict[str, Role] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    """`METHOD /path` -> endpoint, in spec order."""
    rules: list[Rule] = field(default_factory=list)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    """Entities whose tables the Database Agent owns: nothing is added to them."""
    database: GivenDatabase | None = None
    untyped: set[tuple[str, str]] = field(default_factory=set)
    """Entity and field of references that take the type of the key they point to."""
    assumptions: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sources: dict[PartKey, list[Statement]] = field(default_factory=dict)
    """Part -> the statements that it satisfies."""
    understood: set[Statement] = field(default_factory=set)
    """Statements that a part satisfies, or that require nothing by themselves."""
    notes: set[Statement] = field(default_factory=set)
    """Statements that get no number: settings and descriptions."""
    pieces: list[Statement] = field(default_factory=list)
    """Pieces of table cells that are not about one column, for the rules grammar."""

    def error(self, line: int, reason: str, remedy: str) -> None:
        """Report that the spec contradicts itself or cannot be read there."""
        self.problems.append(Problem(line, reason, remedy))

    def ask(self, line: int, reason: str, remedy: str) -> None:
        """Report that the spec leaves something open there."""
        self.problems.append(Problem(line, reason, remedy, "question"))

    def assume(self, text: str) -> None:
        """Record, once, how something open was decided."""
        if text not in self.assumptions:
            self.assumptions.append(text)

    def satisfy(self, kind: str, name: str, statement: Statement) -> None:
        """Record that a part satisfies a statement."""
        self.sources.setdefault((kind, name), []).append(statement)
        self.understood.add(statement)

    def note(self, statement: Statement) -> None:
        """Record that a statement requires nothing by itself."""
        self.understood.add(statement)
        self.notes.add(statement)

    def put_field(self, entity: str, new: EntityField) -> None:
        """Replace the entity's field of that name, or add it at the end."""
        old = self.entities[entity]
        fields = {one.name: one for one in old.fields} | {new.name: new}
        self.entities[entity] = old.model_copy(update={"fields": tuple(fields.values())})

    def name_enum(self, entity: str, field_name: str, values: tuple[str, ...], line: int) -> str:
        """The name of the enum `entity_field` with those values, made when it is missing."""
        name = f"{entity}_{field_name}"[:63]
        self.enums.setdefault(name, Enum(name=name, values=values, line=line))
        return name
