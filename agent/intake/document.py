"""A Markdown file as sections of paragraphs, list items, tables and fences, with line numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)\s+(?=[^a-z\s])|(?<=。)")


@dataclass(frozen=True)
class Paragraph:
    """Running text; line breaks of the source are kept as `\\n`."""

    line: int
    text: str
    lead: str = ""
    """Bold words at its start that are a heading: `**Errors.** Unknown ids are 404.`"""

    def sentences(self) -> Iterator["Paragraph"]:
        """Its sentences, each with the line on which it starts."""
        start = 0
        for end in [*_SENTENCE_END.finditer(self.text), None]:
            text = self.text[start : end.start() if end else None]
            if text.strip():
                before = start + len(text) - len(text.lstrip())
                line = self.line + self.text.count("\n", 0, before)
                yield Paragraph(line, " ".join(text.split()))
            start = end.end() if end else start


@dataclass(frozen=True)
class Item:
    """A list item, at any depth."""

    line: int
    text: str
    lead: str = ""
    """The text of the item above that introduces it, when that ends in a colon."""


@dataclass(frozen=True)
class Row:
    """A row of a table: one text per column, markup and backticks removed."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table."""

    line: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Fence:
    """A fenced or indented block of code."""

    line: int
    language: str
    text: str

    @property
    def placed_text(self) -> str:
        """The text below as many empty lines as make its line numbers those of the file."""
        return "\n" * self.line + self.text


Block = Paragraph | Item | Table | Fence


@dataclass
class Section:
    """What stands under one heading, up to the next one of any level."""

    heading: str
    level: int
    """1 to 6; 0 for what stands before the first heading."""
    line: int
    parents: tuple["Section", ...] = ()
    """The headings it is under, outermost first."""
    blocks: list[Block] = field(default_factory=list)

    @property
    def headings(self) -> tuple[str, ...]:
        """Its own heading and those above, innermost first."""
        return (self.heading, *(parent.heading for parent in reversed(self.parents)))


@dataclass(frozen=True)
class Document:
    """A whole file."""

    front_matter: str
    """YAML text that starts on line 2; empty when there is none."""
    sections: tuple[Section, ...]


def parse_document(text: str) -> Document:
    """The file's sections in order; the first one holds what precedes any heading."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front_matter = _FRONT_MATTER.match(text)
    if front_matter:
        text = "\n" * front_matter.group(0).count("\n") + text[front_matter.end() :]
    sections = [Section("", 0, 1)]
    parser = MarkdownIt("commonmark").enable("table")
    for node in SyntaxTreeNode(parser.parse(text)).children:
        if node.type == "heading":
            sections.append(_open_section(node, sections[-1]))
        else:
            sections[-1].blocks.extend(_blocks(node))
    return Document((front_matter.group(1) or "") if front_matter else "", tuple(sections))


def _open_section(node: SyntaxTreeNode, last: Section) -> Section:
    level = int(node.tag[1:])
    above = (*last.parents, last)
    parents = tuple(section for section in above if 0 < section.level < level)
    return Section(_plain(node), level, _line(node), parents)


def _blocks(node: SyntaxTreeNode, lead: str = "") -> Iterator[Block]:
    match node.type:
        case "paragraph":
            yield _paragraph(node)
        case "bullet_list" | "ordered_list":
            for item in node.children:
                yield from _items(item, lead)
        case "table":
            yield _table(node)
        case "fence" | "code_block":
            yield Fence(_line(node), (node.info.lower().split() or [""])[0], node.content)
        case "html_block" if not node.content.lstrip().startswith("<!--"):
            yield Paragraph(_line(node), node.content.strip())
        case "blockquote":
            for child in node.children:
                yield from _blocks(child)


def _paragraph(node: SyntaxTreeNode) -> Paragraph:
    text = _plain(node)
    inline = node.children[0].children if node.children else []
    first = next((child for child in inline if child.type != "text" or child.content), None)
    lead = _inline(first).strip() if first is not None and first.type == "strong" else ""
    if not lead.endswith(".") or not text.startswith(lead) or text.strip() == lead:
        return Paragraph(_line(node), text)
    rest = text[len(lead) :]
    below = rest[: len(rest) - len(rest.lstrip())].count("\n")
    return Paragraph(_line(node) + below, rest.lstrip(), lead.rstrip("."))


def _items(node: SyntaxTreeNode, lead: str) -> Iterator[Block]:
    children = node.children
    if not children or children[0].type != "paragraph":
        for child in children:
            yield from _blocks(child, lead)
        return
    text = " ".join(_plain(children[0]).split())
    introduces = text.endswith(":") and len(children) > 1
    if not introduces and text:
        yield Item(_line(children[0]), text, lead)
    for child in children[1:]:
        yield from _blocks(child, f"{lead} {text}".strip() if introduces else lead)


def _table(node: SyntaxTreeNode) -> Table:
    rows = [
        Row(_line(row), tuple(_plain(cell).strip() for cell in row.children))
        for part in node.children
        for row in part.children
    ]
    return Table(rows[0].line, rows[0].cells, tuple(rows[1:]))


def _line(node: SyntaxTreeNode) -> int:
    return node.map[0] + 1 if node.map else 1


def _plain(node: SyntaxTreeNode) -> str:
    """The text as a reader sees it; HTML comments are left out."""
    parts = []
    for inline in node.children:
        for child in inline.children or ():
            parts.append(_inline(child))
    return "".join(parts)


def _inline(node: SyntaxTreeNode) -> str:
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type == "html_inline" and node.content.startswith("<!--"):
        return ""
    if node.children:
        text = "".join(_inline(child) for child in node.children)
        return f"<{text}>" if node.markup == "autolink" else text
    return node.content
