"""Numbers the statements and puts the draft together as a Blueprint."""

from collections.abc import Mapping
from typing import TypeVar

from agent.intake.document import Document
from agent.intake.draft import Draft
from agent.intake.front_matter import FrontMatter
from agent.intake.statements import Statement
from agent.intake.topics import lead_paragraphs
from tools.blueprint.model import Blueprint, OutboundService, Requirement, Traced
from tools.blueprint.words import snake_case

TracedT = TypeVar("TracedT", bound=Traced)


def build_blueprint(
    draft: Draft, document: Document, front: FrontMatter, statements: list[Statement]
) -> Blueprint:
    """The Blueprint of the draft; every statement that is no note is a numbered requirement."""
    numbered = [statement for statement in statements if statement not in draft.notes]
    ids = {statement: f"R{number}" for number, statement in enumerate(numbered, start=1)}
    heading = next((s.heading for s in document.sections if s.heading), "Backend")
    title = front.title or heading
    summary = "\n\n".join(" ".join(one.text.split()) for one in lead_paragraphs(document))
    return Blueprint(
        name=front.name or snake_case(title) or "backend",
        title=title,
        summary=front.summary or summary,
        conventions=draft.conventions,
        given=draft.database,
        enums=_traced(draft, "enum", draft.enums, ids),
        entities=_traced(draft, "entity", draft.entities, ids),
        roles=_traced(draft, "role", draft.roles, ids),
        auth=draft.auth,
        endpoints=_traced(draft, "endpoint", draft.endpoints, ids),
        rules=_traced(draft, "rule", {str(i): rule for i, rule in enumerate(draft.rules)}, ids),
        outbound=tuple(
            OutboundService(name=name, base_url_env=service.url, timeout_s=service.timeout_s)
            for name, service in front.services.items()
        ),
        scenarios=_traced(draft, "scenario", draft.scenarios, ids),
        requirements=tuple(Requirement(id=ids[s], text=s.text, line=s.line) for s in numbered),
        assumptions=tuple(draft.assumptions),
    )


def _traced(
    draft: Draft, kind: str, parts: Mapping[str, TracedT], ids: dict[Statement, str]
) -> tuple[TracedT, ...]:
    """The parts with the ids of the statements that each one satisfies."""
    result = []
    for name, part in parts.items():
        sources = draft.sources.get((kind, name), [])
        known = dict.fromkeys(ids[source] for source in sources if source in ids)
        result.append(part.model_copy(update={"requirements": tuple(known)}))
    return tuple(result)
