"""What the descriptions of an OpenAPI document say in words: who may call, uniqueness, order.

A sentence is read piece by piece (`admin only; changes role and active`); one that is understood
whole is satisfied by its endpoint, any other stays a requirement.
"""

import re
from collections.abc import Collection, Iterable
from contextlib import suppress

from agent.intake.access import read_access
from agent.intake.draft import Draft
from agent.intake.endpoint_qualities import read_quality, with_qualities
from agent.intake.list_order import read_order
from agent.intake.openapi import Api, Operation
from agent.intake.openapi_queries import Parameter
from agent.intake.operations import clean_path
from agent.intake.statements import Statement
from agent.intake.vocabulary import find_field
from tools.blueprint.model import Access, Endpoint, Entity, Grant
from tools.blueprint.words import singular

_LEAST = re.compile(
    r"\broles?\b.*\bbuild on (?:each other|one another)|\b(?:least|lowest|minimum) role\b"
    r"|\brole hierarchy|\bhigher roles? (?:may|can|includes?|ha(?:ve|s))",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"(?:only |for |by )?(?:the )?(?P<who>[a-z_]+(?:(?:, (?:and |or )?| and | or |/)[a-z_]+)*)"
    r"(?: only)?(?: (?:may|can)(?: .*)?)?",
    re.IGNORECASE,
)
_CHANGES = re.compile(
    r"(?:changes|sets)(?: only)? (?P<fields>[\w, ]+?)(?:, (?:never|not) [\w, ]+)?"
)
_TAKEN = re.compile(
    r"(?:the |an? )?(?P<field>\w+)(?: is| are)? (?:already )?"
    r"(?:in use|taken|used|exists|registered)(?: already)?(?:,? ?\(?in (?:whatever|any) case\)?)?"
    r"|duplicate (?P<double>\w+)",
    re.IGNORECASE,
)
_SINGLE = re.compile(
    r"(?:the |each |every )?(?P<field>\w+) (?:must be|is|are) unique", re.IGNORECASE
)
_PART_OF = re.compile(
    r"(?:case-insensitive )?(?:part of|substring of|search(?:es)? (?:in )?)(?: the)? (?P<words>.+)",
    re.IGNORECASE,
)


def read_words(draft: Draft, apis: Iterable[Api], statements: Iterable[Statement]) -> None:
    """Put what descriptions say into endpoints and fields."""
    ladder = any(_LEAST.search(one.words) for one in statements)
    for api in apis:
        for operation in api.operations:
            path = clean_path(operation.path, draft.conventions.base_path)
            key = f"{operation.method} {path}"
            if key in draft.endpoints:
                _read_told(draft, key, operation, ladder=ladder)
                _read_refusals(draft, key, operation)
                _read_search(draft, key, api.parameters(operation))


def _read_told(draft: Draft, key: str, operation: Operation, *, ladder: bool) -> None:
    for statement, sentence in operation.told:
        pieces = [piece.strip(" .") for piece in sentence.split(";") if piece.strip(" .")]
        read = [_read_piece(draft, key, piece, ladder=ladder) for piece in pieces]
        if pieces and all(read):
            draft.satisfy("endpoint", key, statement)


def _read_piece(draft: Draft, key: str, piece: str, *, ladder: bool) -> bool:
    endpoint = draft.endpoints[key]
    entity = draft.entities.get(endpoint.entity or "")
    update: dict[str, object] = {}
    if access := _access(draft.roles, piece, ladder=ladder):
        update = {} if endpoint.access.public else {"access": access}
    elif quality := read_quality(piece):
        draft.endpoints[key] = with_qualities(endpoint, quality)
        return True
    elif entity is not None and endpoint.operation == "list":
        with suppress(LookupError):
            update = {"order": read_order(piece, entity)}
    elif match := _SINGLE.fullmatch(piece):
        return bool(_make_unique(draft, endpoint, singular(match["field"].lower())))
    elif entity is not None and (match := _CHANGES.fullmatch(piece)):
        update = {"fields": _named(match["fields"], entity)}
    known = {name: value for name, value in update.items() if value}
    draft.endpoints[key] = endpoint.model_copy(update=known)
    return bool(known)


def _access(roles: Collection[str], piece: str, *, ladder: bool) -> Access | None:
    """`admin only`, `clerks and admins`; on a ladder of roles the least of them."""
    match = _WHO.fullmatch(piece)
    access, unknown = read_access(match["who"], roles) if match else (None, [])
    grants = access.grants if access else ()
    named = [grant.role for grant in grants]
    if unknown or not named or not set(named) <= set(roles):
        return None
    if ladder and len(named) == 1:
        ordered = list(roles)
        return Access(grants=tuple(Grant(role=one) for one in ordered[ordered.index(named[0]) :]))
    return access


def _named(words: str, entity: Entity) -> tuple[str, ...]:
    """The fields that the words list, () when one of them is none."""
    listed = [word for word in re.split(r",|\band\b|\bor\b", words) if word.strip()]
    try:
        return tuple(find_field(word.strip(), entity).name for word in listed)
    except LookupError:
        return ()


def _read_refusals(draft: Draft, key: str, operation: Operation) -> None:
    """`409: sku in use` makes the field unique; other refusals stay requirements."""
    endpoint = draft.endpoints[key]
    for statement, text in operation.refusals:
        match = _TAKEN.fullmatch(text.strip(" ."))
        taken = (match["field"] or match["double"]) if match else ""
        fields = _make_unique(draft, endpoint, taken) if taken else ()
        if fields and not ("case" in text and not _folds_case(draft, endpoint, fields)):
            draft.satisfy("entity", endpoint.entity or "", statement)


def _folds_case(draft: Draft, endpoint: Endpoint, names: Iterable[str]) -> bool:
    """Whether the fields are emails, which are kept in lower case."""
    entity = draft.entities[endpoint.entity or ""]
    return all(entity.field(name).format == "email" for name in names)


def _make_unique(draft: Draft, endpoint: Endpoint, words: str) -> tuple[str, ...]:
    entity = draft.entities.get(endpoint.entity or "")
    if entity is None:
        return ()
    names = _named(words, entity)
    for name in names:
        draft.put_field(entity.name, entity.field(name).model_copy(update={"unique": True}))
    return names


def _read_search(draft: Draft, key: str, parameters: Iterable[Parameter]) -> None:
    """`q`: part of some fields."""
    endpoint = draft.endpoints[key]
    entity = draft.entities.get(endpoint.entity or "")
    for one in parameters:
        match = _PART_OF.match(one.description)
        if one.name == "q" and match and entity and (names := _first_named(match["words"], entity)):
            draft.endpoints[key] = endpoint.model_copy(update={"search": names})


def _first_named(words: str, entity: Entity) -> tuple[str, ...]:
    """The fields that the words begin with, up to one that is none."""
    found: list[str] = []
    for word in re.split(r",? (?:or|and) |, |;|\. ", words):
        named = _named(word, entity)
        if not named:
            break
        found += named
    return tuple(found)
