"""Breaks the long lines of generated Python the way `ruff format` would leave them.

Templates write a statement of unknown length on one line; here it is exploded, one element a
line with a trailing comma, which ruff keeps as it is. So ruff need not run at generation.
"""

from collections.abc import Iterator

MAX_WIDTH = 100

_OPEN = "([{"
_CLOSE = ")]}"


def lay_out(source: str) -> str:
    """`source` with no code line over MAX_WIDTH that has a bracket to break at."""
    lines: list[str] = []
    in_text = False
    for line in source.rstrip("\n").split("\n"):
        quotes = line.count('"""')
        if in_text or quotes or len(line) <= MAX_WIDTH:
            lines.append(line.rstrip())
        else:
            lines.extend(_explode(line))
        in_text ^= quotes % 2 == 1
    return "\n".join(lines) + "\n"


def _explode(line: str) -> Iterator[str]:
    """The lines that `line` becomes; itself when it fits or cannot be broken."""
    pairs = _top_level_brackets(line)
    if len(line) <= MAX_WIDTH or not pairs or line.lstrip().startswith("#"):
        yield line
        return
    start, end = pairs[0] if line.lstrip().startswith(("def ", "async def ")) else pairs[-1]
    elements = _split_elements(line[start + 1 : end])
    indent = " " * (len(line) - len(line.lstrip()))
    yield line[: start + 1]
    for element in elements:
        comma = "," if len(elements) > 1 or line[start] != "[" else ""
        yield from _explode(f"{indent}    {element}{comma}")
    yield f"{indent}{line[end:]}"


def _top_level_brackets(line: str) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    depth = start = 0
    for position in _code_positions(line):
        if line[position] in _OPEN:
            start = position if depth == 0 else start
            depth += 1
        elif line[position] in _CLOSE:
            depth -= 1
            if depth == 0 and position > start + 1:
                pairs.append((start, position))
    return pairs


def _split_elements(body: str) -> list[str]:
    elements: list[str] = []
    depth = last = 0
    for position in _code_positions(body):
        if body[position] in _OPEN:
            depth += 1
        elif body[position] in _CLOSE:
            depth -= 1
        elif body[position] == "," and depth == 0:
            elements.append(body[last:position].strip())
            last = position + 1
    return [element for element in [*elements, body[last:].strip()] if element]


def _code_positions(text: str) -> Iterator[int]:
    """Positions outside string literals."""
    quote = ""
    position = 0
    while position < len(text):
        character = text[position]
        if quote:
            position += character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        else:
            yield position
        position += 1
