"""Files that a spec links to, read as if they stood in it: `[the tables](schema.sql)`.

Each is put at the spec's end as a fenced block, so that the run keeps its text with the spec's.
Only files beside or below the spec count, and only of kinds that a block may hold.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = {
    ".sql": "sql", ".ddl": "sql", ".dbml": "dbml", ".prisma": "prisma", ".mmd": "mermaid",
    ".feature": "gherkin", ".yaml": "yaml", ".yml": "yaml", ".json": "json",
}  # fmt: skip
"""Suffix -> the language of its block."""
_LINK = re.compile(r"\[[^\]\n]+\]\((?!\w+:)([^)\s#]+)\)")
_FENCE = "~~~~~~~~"


@dataclass(frozen=True)
class LinkedFile:
    """A file that was put into the spec."""

    name: str
    """As the link spells it."""
    first_line: int
    """Of its text in the whole spec."""


def with_linked_files(
    spec: str, folder: Path, read: Callable[[Path], str]
) -> tuple[str, tuple[LinkedFile, ...]]:
    """The spec with its linked files at the end, and where each of them begins.

    Args:
        spec: Markdown.
        folder: that links are relative to.
        read: gives a file's text.

    Raises:
        Whatever `read` does.
    """
    found: list[LinkedFile] = []
    for name, path in _linked(spec, folder):
        head = f"{spec.rstrip()}\n\n## Linked file {name}\n\n{_FENCE}{LANGUAGES[path.suffix]}\n"
        found.append(LinkedFile(name, head.count("\n") + 1))
        spec = f"{head}{read(path).rstrip()}\n{_FENCE}\n"
    return spec, tuple(found)


def place_of(line: int, spec_name: str, linked: tuple[LinkedFile, ...]) -> str:
    """`spec.md:3`, or `schema.sql:3` for a line of a linked file."""
    for file in reversed(linked):
        if line >= file.first_line:
            return f"{file.name}:{line - file.first_line + 1}"
    return f"{spec_name}:{line}"


def _linked(spec: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each linked file once, in order; links that leave the folder or lead nowhere do not count."""
    home = folder.resolve()
    seen: set[Path] = set()
    for match in _LINK.finditer(spec):
        path = (home / match[1]).resolve()
        known = path.suffix in LANGUAGES and path not in seen
        if known and path.is_relative_to(home) and path.is_file():
            seen.add(path)
            yield match[1], path
