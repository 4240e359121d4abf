"""What a spec states, piece by piece and in order: the pieces that become requirements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.intake.columns import ENDPOINT_COLUMNS, FIELD_COLUMNS, find_columns
from agent.intake.document import Block, Document, Fence, Item, Paragraph, Row, Section, Table

_NOTES = re.compile(
    r"(?:overview|background|introduction|intro|glossary|out of scope|non-?goals|summary|about"
    r"|purpose|context|motivation|references|changelog|open questions|table of contents)\b",
    re.IGNORECASE,
)
_TOPICS: dict[str, re.Pattern[str]] = {
    topic: re.compile(rf"(?:.*\b)?(?:{words})\b.*", re.IGNORECASE)
    for topic, words in {
        "conventions": "conventions?",
        "roles": "roles?|actors?",
        "enums": "enums?|enumerations?",
        "entities": "entit(?:y|ies)|data ?models?|resources?|models?|tables|schema|database",
    }.items()
}


@dataclass(frozen=True, eq=False)
class Statement:
    """One piece of the spec. It gets an R-id unless it turns out to be a note."""

    line: int
    text: str
    """As the requirement says it, with what introduces it."""
    section: Section
    words: str = ""
    """The piece alone, for the grammars."""
    table: Table | None = None
    """The entity table that this statement is, or the table that `row` is in."""
    row: Row | None = None
    is_item: bool = False
    fence: Fence | None = None
    parent: "Statement | None" = None
    """The table or row in one of whose cells this piece stands."""


def topic_of(section: Section) -> str | None:
    """What a section is about by its nearest telling heading: `conventions`, `roles`, ..."""
    for heading in section.headings:
        for topic, pattern in _TOPICS.items():
            if pattern.fullmatch(heading.strip()):
                return topic
    return None


def is_note(section: Section) -> bool:
    """Whether the section is background that requires nothing."""
    return any(_NOTES.match(heading.strip()) for heading in section.headings)


def is_entity_table(table: Table) -> bool:
    """Whether its rows are fields with types."""
    columns = find_columns(table, FIELD_COLUMNS)
    return "name" in columns and "type" in columns


def is_endpoint_table(table: Table) -> bool:
    """Whether its rows are endpoints with a method and a path."""
    columns = find_columns(table, ENDPOINT_COLUMNS)
    if "path" in columns and "method" in columns:
        return True
    index = columns.get("endpoint", columns.get("path"))
    return index is not None and any(
        re.match(r"(?:GET|POST|PUT|PATCH|DELETE)\s+/", row.cells[index], re.IGNORECASE)
        for row in table.rows
        if index < len(row.cells)
    )


def summarize(document: Document) -> str:
    """The text under the title, when other sections follow it; "" otherwise."""
    lead = _lead_section(document)
    texts = [block.text for block in lead.blocks if isinstance(block, Paragraph)] if lead else []
    return "\n\n".join(" ".join(text.split()) for text in texts)


def collect_statements(document: Document) -> list[Statement]:
    """Every piece of the spec that may require something, in order."""
    lead = _lead_section(document)
    statements: list[Statement] = []
    for section in document.sections:
        intro = ""
        for block in () if is_note(section) else section.blocks:
            pieces = list(_statements(section, block, intro))
            if not isinstance(block, Item):
                introduces = isinstance(block, Paragraph) and block.text.rstrip().endswith(":")
                intro = pieces.pop().words if introduces and pieces else ""
            if not (section is lead and isinstance(block, Paragraph)):
                statements.extend(pieces)
    return statements


def _lead_section(document: Document) -> Section | None:
    """The first section with content when it is a mere title and others follow."""
    sections = [s for s in document.sections if s.level or s.blocks]
    if len(sections) < 2 or sections[0].level > 1 or topic_of(sections[0]):
        return None
    return sections[0]


def _statements(section: Section, block: Block, intro: str) -> Iterator[Statement]:
    match block:
        case Paragraph():
            for sentence in block.sentences():
                yield Statement(sentence.line, sentence.text, section, sentence.text)
        case Item(line, text, lead):
            whole = " ".join(part for part in (intro, lead, text) if part)
            yield Statement(line, whole, section, text, is_item=True)
        case Fence(line, language, text):
            yield Statement(line, f"```{language}\n{text}```", section, fence=block)
        case Table() if is_entity_table(block):
            names = ", ".join(row.cells[0] for row in block.rows if row.cells)
            yield Statement(block.line, f"{section.heading}: {names}", section, table=block)
        case Table():
            for row in block.rows:
                text = " | ".join(cell for cell in row.cells if cell)
                if text:
                    yield Statement(row.line, text, section, table=block, row=row)
