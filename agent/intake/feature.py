"""Gherkin text as scenarios of steps; what the steps mean is `gherkin.py`'s."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_HEAD = re.compile(
    r"\s*(?P<kind>Feature|Background|Scenario Outline|Scenario Template|Scenario|Example|Examples"
    r"|Scenarios|Rule):\s*(?P<title>.*?)\s*"
)
_STEP = re.compile(r"\s*(?:Given|When|Then|And|But|\*)\s+(?P<text>.*?)\s*")
_QUOTES = ('"""', "```")


@dataclass
class Outline:
    """A scenario as it is written."""

    title: str
    line: int
    steps: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, step, and the text between `\"\"\"` lines below it."""
    rows: list[dict[str, str]] = field(default_factory=list)
    """Of its examples: column -> text. Empty for a plain scenario."""
    outlined: bool = False


def parse_feature(text: str, first_line: int = 1) -> list[Outline]:
    """The feature's scenarios, each with the steps of its background before its own."""
    feature = _Feature()
    lines = iter(enumerate(text.split("\n"), start=first_line))
    for number, line in lines:
        if head := _HEAD.fullmatch(line):
            feature.open(head["kind"], head["title"], number)
        elif step := _STEP.fullmatch(line):
            feature.steps.append((number, step["text"], ""))
        elif line.strip().startswith(_QUOTES) and feature.steps:
            document = _doc_string(lines, line.strip()[:3])
            feature.steps[-1] = (*feature.steps[-1][:2], document)
        elif line.strip().startswith("|"):
            feature.add_row([cell.strip() for cell in line.strip().strip("|").split("|")])
    return feature.outlines


class _Feature:
    """What was read so far."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self._background: list[tuple[int, str, str]] = []
        self._header: list[str] | None = None
        self.steps = self._background

    def open(self, kind: str, title: str, line: int) -> None:
        """A line such as `Scenario: title`."""
        self._header = [] if kind in {"Examples", "Scenarios"} else None
        if kind in {"Scenario", "Example", "Scenario Outline", "Scenario Template"}:
            outline = Outline(title, line, [*self._background])
            outline.outlined = kind in {"Scenario Outline", "Scenario Template"}
            self.steps = outline.steps
            self.outlines.append(outline)

    def add_row(self, cells: list[str]) -> None:
        """A row of examples; the first names the columns."""
        if self._header is None or not self.outlines:
            return
        if self._header:
            self.outlines[-1].rows.append(dict(zip(self._header, cells, strict=False)))
        self._header = self._header or cells


def _doc_string(lines: Iterator[tuple[int, str]], quote: str) -> str:
    found = []
    for _number, line in lines:
        if line.strip() == quote:
            break
        found.append(line)
    return "\n".join(found)
