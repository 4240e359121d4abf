"""Cuts long text to what a model should pay for, and says what was left out."""

from collections.abc import Sequence


def cut_middle(text: str, max_chars: int, hint: str = "ask for less at a time") -> str:
    """The head and tail of a long text, cut at line ends, with a line that counts the rest."""
    if len(text) <= max_chars:
        return text
    head = _whole_lines(text[: max_chars // 2])
    tail = text[-(max_chars - max_chars // 2) :]
    if "\n" in tail[:200]:
        tail = tail[tail.index("\n") + 1 :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n[... {left_out} characters left out: {hint} ...]\n{tail}"


def cut_line(line: str, max_chars: int = 200) -> str:
    """One line, shortened at its end."""
    return line if len(line) <= max_chars else f"{line[:max_chars]}... ({len(line)} characters)"


def number_lines(lines: Sequence[str], first: int = 1) -> str:
    """The lines behind their numbers, `first` being that of the first."""
    width = len(str(first + len(lines) - 1))
    return "\n".join(f"{first + i:>{width}}  {line}" for i, line in enumerate(lines))


def count_of(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _whole_lines(head: str) -> str:
    end = head.rfind("\n", max(0, len(head) - 200))
    return head if end < 0 else head[:end]
