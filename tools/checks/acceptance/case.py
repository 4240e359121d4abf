"""What an acceptance test is about, before anything runs: known from the Blueprint alone.

The host computes the cases to know which results it must see; inside the verifier's machine the
tests are parametrized by the same cases. `create[POST /books]` runs in `test_create`.
"""

from dataclasses import dataclass

from tools.blueprint.model import (
    Comparison,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    Rule,
    Scenario,
    Transition,
)

ALLOWED_ORIGIN = "https://frontend.example"
"""The verifier starts the backend with this one CORS origin."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test to be."""

    kind: str
    """The test function, without `test_`."""
    subject: str
    """What a reader sees in the brackets."""
    requirements: tuple[str, ...] = ()
    """R-ids that the case bears on: failing refutes them, passing shows them."""

    @property
    def id(self) -> str:
        """`kind[subject]`, unique in a suite."""
        return f"{self.kind}[{self.subject}]"


@dataclass(frozen=True, kw_only=True)
class EndpointCase(Case):
    """About one endpoint, called by one role (None: without a token)."""

    endpoint: Endpoint
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class FieldCase(EndpointCase):
    """About one field of an endpoint's body or query."""

    field: EntityField


@dataclass(frozen=True, kw_only=True)
class ComparisonCase(FieldCase):
    """About a filter that compares otherwise than for equality."""

    comparison: Comparison


@dataclass(frozen=True, kw_only=True)
class FlawCase(FieldCase):
    """A body with one thing wrong in it."""

    flaw: str
    """A key of `payloads.flaws`, `missing` or `no_such_row`."""
    embed: Embed | None = None
    """Where the field is when it belongs to a child inside the body."""


@dataclass(frozen=True, kw_only=True)
class EmbedCase(EndpointCase):
    """About the children inside a body."""

    embed: Embed


@dataclass(frozen=True, kw_only=True)
class TogetherCase(EndpointCase):
    """About fields that are unique together."""

    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntityCase(Case):
    """About a table, or one of its columns."""

    entity: Entity


@dataclass(frozen=True, kw_only=True)
class RuleCase(EndpointCase):
    """About a rule, seen through one endpoint."""

    rule: Rule


@dataclass(frozen=True, kw_only=True)
class MoveCase(RuleCase):
    """About one move of a state machine, allowed or not."""

    move: Transition


@dataclass(frozen=True, kw_only=True)
class ScenarioCase(Case):
    """A conversation that the Blueprint spells out."""

    scenario: Scenario
