"""How lists are sorted: `List loans, newest first`, `Tools are sorted by name, then by tag.`"""

import re

from agent.intake.draft import Draft
from agent.intake.statements import Statement
from agent.intake.vocabulary import find_entity, find_field
from tools.blueprint.model import Endpoint, Entity

_BY_AGE = r"(?:the )?(?:newest|latest|most recent|oldest)(?: ones?)? (?:come )?first"
_BY_FIELD = r"(?:sorted|ordered|in order of|in the order of)(?: by)? [^;]+"
ORDER = rf"(?:{_BY_AGE}|{_BY_FIELD})"
_SENTENCE = re.compile(
    r"(?:the )?(?:lists? of )?(?:all )?(?P<rows>[a-z]\w*(?: \w+)?) (?:is|are) (?:always )?"
    rf"(?:(?:listed|shown|returned|given)(?: in a list)?,? )?(?P<order>{ORDER})",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r",?\s*\(?(?P<down>desc(?:ending)?|largest first|highest first|newest first|latest first)"
    r"\)?|,?\s*\(?(?:asc(?:ending)?|smallest first|lowest first|oldest first|a to z)\)?",
    re.IGNORECASE,
)


def split_order(text: str) -> str:
    """A description with the order in it as a piece of its own: `List loans; newest first`."""
    return re.sub(rf",\s+({ORDER})(?=;|$)", r"; \1", text.strip(" ."), flags=re.IGNORECASE)


def read_order(text: str, entity: Entity) -> tuple[str, ...]:
    """The terms of `Endpoint.order`. Raises LookupError when the words say none."""
    if re.fullmatch(_BY_AGE, text, re.IGNORECASE):
        return (_age(entity, newest_first="oldest" not in text.lower()),)
    match = re.fullmatch(r"(?:sorted|ordered|in (?:the )?order of)(?: by)? (.+)", text, re.I)
    if match is None:
        raise LookupError(text)
    pieces = re.split(r",\s*(?!\s*\w+ first)(?:then|and)?(?: by)?\s|\band then\b|\band\b", match[1])
    return tuple(_term(piece.strip(), entity) for piece in pieces if piece.strip())


def says_order(statement: Statement) -> bool:
    """Whether it is about the order of a list; of which is read when endpoints are known."""
    return _SENTENCE.fullmatch(statement.words.strip(" .")) is not None


def read_list_orders(draft: Draft, statements: list[Statement]) -> None:
    """Sort the lists that sentences speak of; what is not understood stays a requirement."""
    for statement in statements:
        match = _SENTENCE.fullmatch(statement.words.strip(" ."))
        if match is None or statement in draft.understood:
            continue
        try:
            entity = find_entity(match["rows"], draft.entities)
            order = read_order(match["order"], entity)
        except LookupError:
            continue
        lists = [key for key, endpoint in draft.endpoints.items() if _lists(endpoint, entity)]
        for key in lists:
            draft.endpoints[key] = draft.endpoints[key].model_copy(update={"order": order})
            draft.satisfy("endpoint", key, statement)


def _lists(endpoint: Endpoint, entity: Entity) -> bool:
    return endpoint.operation == "list" and endpoint.entity == entity.name and not endpoint.order


def _age(entity: Entity, *, newest_first: bool) -> str:
    made = [f.name for f in entity.fields if f.type == "timestamptz" and f.generated == "now"]
    return f"{'-' if newest_first else ''}{made[0] if made else 'created_at'}"


def _term(words: str, entity: Entity) -> str:
    found = re.search(_DIRECTION.pattern + "$", words, re.IGNORECASE)
    name = words[: found.start()] if found else words
    field = find_field(re.sub(r"^(?:by|the|its|their)\s+", "", name.strip(), flags=re.I), entity)
    return f"{'-' if found and found['down'] else ''}{field.name}"
