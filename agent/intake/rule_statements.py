"""Tries every sentence, list item and left-over piece of a cell against the grammar of rules."""

from collections.abc import Iterator

from agent.intake.draft import Draft
from agent.intake.entities import describe, entity_of
from agent.intake.list_order import says_order
from agent.intake.rules import EntityChange, Reading, read_rule
from agent.intake.statements import Statement, split_sentences
from agent.intake.vocabulary import Known


def read_rules(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """Add the rules to the draft; returns all statements, with pieces and split items."""
    statements = with_pieces(draft, statements)
    statements = [part for statement in statements for part in _parts(draft, statement)]
    for statement in statements:
        if not statement.words or statement in draft.understood:
            continue
        reading = _read(draft, statement)
        if reading is None and not says_order(statement):
            describe(draft, statement)
        elif reading is not None:
            _take(draft, statement, reading)
    return statements


def with_pieces(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """The statements with each waiting piece after the statement whose cell it stands in."""
    waiting: dict[Statement | None, list[Statement]] = {}
    for piece in draft.pieces:
        waiting.setdefault(piece.parent, []).append(piece)
    draft.pieces = []
    return [one for statement in statements for one in (statement, *waiting.get(statement, ()))]


def _parts(draft: Draft, statement: Statement) -> Iterator[Statement]:
    """The sentences of an item when one of them is a rule, else the item as it is."""
    whole = not statement.is_item or statement in draft.understood or _read(draft, statement)
    sentences = [] if whole else split_sentences(statement)
    if any(_read(draft, sentence) for sentence in sentences):
        yield from sentences
    else:
        yield statement


def _read(draft: Draft, statement: Statement) -> Reading | None:
    context = entity_of(draft, statement.section)
    enums = {name: enum.values for name, enum in draft.enums.items()}
    return read_rule(statement.words, draft.entities, context, Known(enums, draft.roles))


def _take(draft: Draft, statement: Statement, reading: Reading) -> None:
    """A rule from a cell is part of what its table states; any other satisfies its sentence."""
    source = statement.parent or statement
    if isinstance(reading, EntityChange):
        entity = draft.entities[reading.entity]
        draft.entities[reading.entity] = reading.change(entity)
        draft.satisfy("entity", reading.entity, source)
    else:
        draft.satisfy("rule", str(len(draft.rules)), source)
        draft.rules.append(reading.model_copy(update={"line": statement.line}))
    if statement.parent:
        draft.note(statement)
