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
    indent = " " * (len(line) - len(line.lstrip()))
    body = line[start + 1 : end]
    elements = _elements(body, MAX_WIDTH - len(indent) - 4)
    comma = "" if _only_groups(line, start, body) else _comma(line[start], elements)
    yield line[: start + 1]
    for element in elements:
        yield from _explode(f"{indent}    {element}{comma}")
    yield f"{indent}{line[end:]}"


def _only_groups(line: str, start: int, body: str) -> bool:
    """Whether the bracket holds one expression together: a comma would make it a tuple."""
    called = start > 0 and (line[start - 1].isalnum() or line[start - 1] in "_)]")
    has_comma = len(_split(f"{body}.", ",")) > 1  # the dot stands for what a last comma precedes
    return line[start] == "(" and not called and not has_comma


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


def _elements(body: str, width: int) -> list[str]:
    """What stands on lines of its own; a comprehension stays whole when it fits."""
    clauses = _split(body, " for ")
    if len(clauses) == 1:
        return _split(body, ",")
    return [body] if len(body) <= width else clauses


def _comma(bracket: str, elements: list[str]) -> str:
    """A comma after each element, but not in a comprehension, nor after a lone subscript."""
    if _split(elements[-1], " for ")[1:] or elements[-1].startswith("for "):
        return ""
    return "," if len(elements) > 1 or bracket != "[" else ""


def _split(body: str, separator: str) -> list[str]:
    """The parts between separators outside brackets; a comprehension's keep their `for`."""
    parts: list[str] = []
    depth = last = 0
    for position in _code_positions(body):
        if body[position] in _OPEN:
            depth += 1
        elif body[position] in _CLOSE:
            depth -= 1
        elif depth == 0 and body.startswith(separator, position):
            parts.append(body[last:position])
            last = position + (1 if separator == "," else 0)
    return [part.strip() for part in [*parts, body[last:]] if part.strip()]


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
