"""What a spec states, piece by piece and in order: the pieces that become requirements."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from agent.intake.columns import is_entity_table
from agent.intake.document import Block, Document, Fence, Item, Paragraph, Row, Section, Table
from agent.intake.field_lists import join_field_lists
from agent.intake.topics import is_note, lead_section, topic_named, topic_of

_CAPTION = re.compile(r"[A-Za-z][\w -]{0,60}(?:\s*\([\w: ]+\))?:?")


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
    title: str = ""
    """What an entity table is called: its heading, or the caption above it."""
    is_item: bool = False
    parent: "Statement | None" = None
    """The table or row in one of whose cells this piece stands."""
    fence: Fence | None = None
    """The fenced block that this statement is."""

    def part(self, line: int, text: str) -> "Statement":
        """A statement of its own for one thing that a block says."""
        return Statement(line, text, self.section)


def collect_statements(document: Document) -> list[Statement]:
    """Every piece of the spec that may require something, in order."""
    lead = lead_section(document)
    statements: list[Statement] = []
    for section in document.sections:
        if is_note(section):
            continue
        blocks: Iterable[Block] = section.blocks
        if section is lead:
            blocks = [block for block in blocks if not isinstance(block, Paragraph)]
        elif topic_of(section) == "entities":
            blocks = join_field_lists(blocks)
        statements.extend(_section_statements(section, list(blocks)))
    return statements


def split_sentences(statement: Statement) -> list[Statement]:
    """A list item of several sentences as one statement each."""
    sentences = list(Paragraph(statement.line, statement.words).sentences())
    return [replace(statement, text=one.text, words=one.text) for one in sentences]


def _section_statements(section: Section, blocks: list[Block]) -> Iterator[Statement]:
    intro = ""
    for block, following in zip_longest(blocks, blocks[1:]):
        if isinstance(block, Item):
            whole = " ".join(part for part in (intro, block.lead, block.text) if part)
            yield Statement(block.line, whole, section, block.text, is_item=True)
            continue
        pieces = list(_statements(section, block, intro))
        introduces = isinstance(block, Paragraph) and (
            block.text.rstrip().endswith(":") or _is_caption(section, block, following)
        )
        intro = pieces.pop().words if introduces and pieces else ""
        yield from pieces


def _is_caption(section: Section, block: Paragraph, following: Block | None) -> bool:
    """Whether a line names the table of fields below it, where the heading does not."""
    fields = isinstance(following, Table) and is_entity_table(following)
    names = _CAPTION.fullmatch(block.text.strip()) and len(block.text.split()) <= 5
    return bool(fields and names and topic_named(section.heading))


def _statements(section: Section, block: Block, intro: str) -> Iterator[Statement]:
    match block:
        case Paragraph():
            lead = f"{block.lead}: " if block.lead else ""
            for sentence in block.sentences():
                yield Statement(sentence.line, f"{lead}{sentence.text}", section, sentence.text)
                lead = ""
        case Fence(line, language, text):
            yield Statement(line, f"```{language}\n{text}```", section, fence=block)
        case Table() if is_entity_table(block):
            title = intro.rstrip(": ") if topic_named(section.heading) else section.heading
            names = ", ".join(row.cells[0] for row in block.rows if row.cells)
            yield Statement(block.line, f"{title}: {names}", section, table=block, title=title)
        case Table():
            for row in block.rows:
                text = " | ".join(cell for cell in row.cells if cell)
                if text:
                    yield Statement(row.line, text, section, table=block, row=row)
